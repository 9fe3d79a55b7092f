"""What this room offers to the roof."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from idp import lifecycle
from idp.accounts import addresses, browsers, codes, notices, phones, service, status, vetoes
from idp.accounts.claims import SOURCE
from idp.accounts.cli import resident
from idp.accounts.models import Notice, Password
from idp.kernel import holdings
from idp.kernel.clock import HOUR
from idp.kernel.contracts import Feature, Holding, Sweep, Undo
from idp.kernel.db import transaction

LETTERS = Blueprint("accounts", "idp.accounts", template_folder="templates")
"""No page of its own, only the templates of its letters."""


def _keep_open(account_id: str, _subject: str | None) -> None:
    lifecycle.keep_open(account_id)


def _undo_email(account_id: str, address_id: str | None) -> None:
    with transaction():
        vetoes.stop(account_id, address_id)
        lifecycle.tell_apps(account_id, "identifier-changed")


FEATURE = Feature(
    name="accounts",
    blueprints=(LETTERS,),
    commands=(resident,),
    claim_sources=(SOURCE,),
    sweeps=(
        Sweep("one-time-codes", codes.sweep),
        Sweep("notices", notices.sweep),
        Sweep("removed-addresses", addresses.sweep),
        Sweep("removed-phones", phones.sweep),
        Sweep("closing-reminders", lifecycle.remind, HOUR),
        Sweep("closed-accounts", lifecycle.erase_due),
    ),
    holdings=(
        Holding("addresses", vetoes.quarantine, vetoes.erase),
        Holding("phones", phones.quarantine, phones.erase),
        Holding("passwords", service.quarantine_password, holdings.rows("passwords", Password).erase),
        browsers.HOLDING,
        holdings.rows("notices", Notice),
    ),
    undos=(
        Undo(addresses.ABOUT, _l("Undo the change of email address"), _undo_email),
        Undo(phones.ABOUT, _l("Keep this phone"), phones.restore),
        Undo(status.ABOUT_CLOSING, _l("Keep my account"), _keep_open),
    ),
)
