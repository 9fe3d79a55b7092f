"""What a resident does with their email addresses, and the apps that hear of it (RISC Profile 1.0 section 2)."""

from __future__ import annotations

from idp import lifecycle
from idp.accounts import addresses, new_addresses, vetoes
from idp.audit.actor import acting
from idp.kernel.contracts import SessionView
from idp.kernel.db import transaction


def add(here: SessionView, handle: str, code: str, *, network: str) -> None:
    """Take the mailed code, and add the address that it proves.

    Raises what :func:`idp.accounts.new_addresses.prove` and :func:`~idp.accounts.new_addresses.add` raise.
    """
    with acting("resident"):
        address = new_addresses.prove(here.id, handle, code, network=network)
        with transaction():
            new_addresses.add(here.account_id, address)
            lifecycle.tell_apps(here.account_id, "recovery-information-changed")


def make_main(account_id: str, address_id: str) -> None:
    """Make an address the main one. Raises ``NoSuchAddress`` and ``AddressNotUsable``."""
    with acting("resident"), transaction():
        addresses.make_main(account_id, address_id)
        lifecycle.tell_apps(account_id, "identifier-changed")


def remove(account_id: str, address_id: str) -> None:
    """Let an address go. Raises ``NoSuchAddress`` and ``StillMain``."""
    with acting("resident"), transaction():
        addresses.remove(account_id, address_id)
        lifecycle.tell_apps(account_id, "recovery-information-changed")


def keep(account_id: str, address_id: str) -> None:
    """Let a removed address stay after all. Raises ``NoSuchAddress``."""
    with acting("resident"), transaction():
        vetoes.keep(account_id, address_id)
        lifecycle.tell_apps(account_id, "recovery-information-changed")
