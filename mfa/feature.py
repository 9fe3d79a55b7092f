"""What this room offers to the roof."""

from __future__ import annotations

from collections.abc import Mapping

import click

from idp.kernel.contracts import Feature, ResidentOption
from mfa import service
from mfa.methods import METHODS
from mfa.views import challenge, enrol, manage, step_up
from mfa.views.blueprint import mfa

VIEWS = (challenge, enrol, manage, step_up)


def _add_app(account_id: str, _wanted: object) -> Mapping[str, str]:
    return {"totp_secret": service.add_totp_for_operator(account_id)}


WITH_APP = ResidentOption(
    option=click.Option(["--totp"], is_flag=True, help="Set up an authenticator app, and print its key once."),
    apply=_add_app,
)

FEATURE = Feature(name="mfa", blueprints=(mfa,), methods=METHODS, resident_options=(WITH_APP,))
