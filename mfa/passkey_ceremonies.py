"""Passkey ceremonies as pages begin and end them. Each is for one purpose and one holder, as its challenge says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from idp.accounts import service as accounts
from idp.kernel.crypto import base64url
from idp.kernel.registry import registry
from idp.limits import service as limits
from idp.sessions.assurance import raises
from idp.sessions.attempt import Attempt
from idp.web.device import device, in_words
from idp.web.origin import client_network
from mfa import passkey_challenges, passkeys, webauthn
from mfa.access import account_of
from mfa.enrolled import named
from mfa.errors import PasskeyRefused
from mfa.passkeys import Passed, PasskeyView
from mfa.webauthn import PLUGGED_IN, Made

SIGN_IN, CHECK, SET_UP, SIGN_UP, ADD = "sign_in", "check", "set_up", "sign_up", "add"
KEY = "key"
"""The kind that is made for a second step alone; any other is a passkey that opens the account by itself."""


def options_to_sign_in(holder: str) -> dict[str, Any]:
    """Options for whoever signs in: the same for everybody. Raises ``Throttled``."""
    return webauthn.request_options(_challenge(SIGN_IN, holder))


def options_to_check(attempt: Attempt) -> dict[str, Any]:
    """Options that name the passkeys of the attempt's account. Raises ``Throttled``.

    Their holder must be verified where only that is enough, and need not be where it adds nothing.
    """
    offered = useful(attempt)
    verify = not named(attempt.methods) and all(one.user_verified for one in offered)
    return webauthn.request_options(_challenge(CHECK, attempt.id), known=(one.known for one in offered), verify=verify)


def options_to_make(
    purpose: str, holder: str, account_id: str, kind: str, *, name: str, existing: Iterable[PasskeyView] = ()
) -> dict[str, Any]:
    """Options for a new passkey or security key; devices will list it under ``name``. Raises ``Throttled``."""
    return webauthn.creation_options(
        _challenge(purpose, holder),
        account_id=account_id,
        name=name,
        existing=(one.known for one in existing),
        resident=kind != KEY,
    )


def options_to_add(purpose: str, holder: str, account_id: str, kind: str) -> dict[str, Any]:
    """Options for a further passkey of an account that there is. Raises ``Throttled``."""
    name, existing = accounts.main_email(account_id), passkeys.passkeys_of(account_id)
    return options_to_make(purpose, holder, account_id, kind, name=name, existing=existing)


def useful(attempt: Attempt) -> list[PasskeyView]:
    """The passkeys of the attempt's account that would raise what it has passed, or else all that work."""
    mine, done = passkeys.usable_of(account_of(attempt)), named(attempt.methods)
    return [one for one in mine if raises(done, registry().methods[one.method])] or mine


def sign_in(text: str, holder: str) -> Passed:
    """Whose passkey this is, and what it proves. Raises :class:`PasskeyRefused` and ``Throttled``."""
    limits.spend("passkey", network=client_network())
    return passkeys.prove(text, purpose=SIGN_IN, holder=holder)


def check(text: str, attempt: Attempt) -> str:
    """The method that a passkey of the attempt's account proves. Raises :class:`PasskeyRefused` and ``Throttled``."""
    limits.spend("passkey", network=client_network())
    return passkeys.prove(text, purpose=CHECK, holder=attempt.id, account_id=account_of(attempt)).method


def add(text: str, purpose: str, holder: str, account_id: str, *, first: bool = False) -> str:
    """Keep what was made, and return the method that it serves as. ``first`` is whether it must be the account's first
    second factor. Raises :class:`PasskeyRefused`, ``SetUpClosed`` and ``Throttled``."""
    made = receive(text, purpose, holder)
    return passkeys.keep(account_id, made, first_name(made), first=first)


def receive(text: str, purpose: str, holder: str) -> Made:
    """What was made, not kept yet. Raises :class:`PasskeyRefused` and ``Throttled``."""
    limits.spend("passkey", network=client_network())
    return passkeys.receive(text, purpose=purpose, holder=holder)


def receive_alone(text: str, purpose: str, holder: str) -> Made:
    """The same for a passkey that opens an account without a password: its holder must have been verified."""
    made = receive(text, purpose, holder)
    if not made.user_verified:
        raise PasskeyRefused("not verified")
    return made


def first_name(made: Made) -> str:
    """What a passkey is called until its resident says otherwise: where it was made."""
    if made.transports and PLUGGED_IN.issuperset(made.transports):
        return str(_("Security key"))
    where = device()
    return in_words(where) if where else str(_("Passkey"))


def accepted(account_id: str, name: str) -> dict[str, dict[str, Any]]:
    """What browsers that listen are told of an account's passkeys, so that they offer no others (section 5.1.10)."""
    who = {"rpId": webauthn.rp_id(), "userId": base64url(account_id.encode())}
    ids = [base64url(one.credential_id) for one in passkeys.passkeys_of(account_id)]
    return {
        "signalAllAcceptedCredentials": who | {"allAcceptedCredentialIds": ids},
        "signalCurrentUserDetails": who | {"name": name, "displayName": name},
    }


def unknown(error: PasskeyRefused) -> dict[str, dict[str, str]]:
    """What browsers that listen are told of a passkey that Beacon does not have."""
    if error.unknown is None:
        return {}
    return {"signalUnknownCredential": {"rpId": webauthn.rp_id(), "credentialId": error.unknown}}


def _challenge(purpose: str, holder: str) -> str:
    limits.spend("passkey", network=client_network())
    return passkey_challenges.issue(purpose, holder)
