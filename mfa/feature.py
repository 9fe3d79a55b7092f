"""What this room offers to the roof."""

from __future__ import annotations

from collections.abc import Mapping

import click
from flask_babel import lazy_gettext as _l

from idp.kernel.contracts import Alert, Feature, Holding, ResidentOption, Sweep, Undo
from mfa import codes, passkey_challenges, passkeys, service
from mfa.lost import retire
from mfa.methods import METHODS
from mfa.passkey_methods import PASSKEYS
from mfa.phone import METHODS as PHONES
from mfa.suggestion import suggestion
from mfa.views import challenge, enrol, manage, passkey_set_up, passkey_sign_in, phones, recovery_codes, step_up
from mfa.views import passkeys as passkey_pages
from mfa.views.blueprint import mfa

VIEWS = (challenge, enrol, manage, passkey_pages, passkey_set_up, passkey_sign_in, phones, recovery_codes, step_up)


def _add_app(account_id: str, _wanted: object) -> Mapping[str, str]:
    return {"totp_secret": service.add_totp_for_operator(account_id)}


WITH_APP = ResidentOption(
    option=click.Option(["--totp"], is_flag=True, help="Set up an authenticator app, and print its key once."),
    apply=_add_app,
)

FEATURE = Feature(
    name="mfa",
    blueprints=(mfa,),
    methods=(*PASSKEYS, *METHODS, *PHONES),
    sweeps=(
        Sweep("authenticator-apps", service.sweep),
        Sweep("passkeys", passkeys.sweep),
        Sweep("passkey-challenges", passkey_challenges.sweep),
    ),
    alerts=(Alert(suggestion, "mfa.passkey_add", _l("Create a passkey")),),
    resident_options=(WITH_APP,),
    holdings=(
        Holding("passkeys", passkeys.quarantine, passkeys.erase),
        Holding("authenticator apps", service.quarantine, service.erase),
        Holding("recovery codes", codes.quarantine, codes.erase),
    ),
    undos=(
        Undo(passkeys.ABOUT, _l("Keep this passkey"), passkeys.stop_removal),
        Undo(service.TOTP, _l("Keep this app"), service.stop_removal),
    ),
    retire=retire,
)
