"""What this room offers to the roof."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from idp.kernel.contracts import Alert, Feature, Holding, Sweep, Undo
from idp.kernel.holdings import rows
from idp.signin import cases
from idp.signin.finish import advance
from idp.signin.methods import PASSWORD
from idp.signin.models import RecoveryCase
from idp.signin.views import (
    choose,
    confirm,
    held,
    new_password,
    not_me,
    other_ways,
    password_step,
    recover,
    recover_slowly,
    second_way,
    sign_in,
    sign_out,
    sign_up,
    turn_back,
    wait,
)
from idp.signin.views.hall import signin

VIEWS = (
    *(choose, confirm, held, not_me, other_ways, password_step, second_way, sign_in, sign_out, sign_up, turn_back),
    *(new_password, recover, recover_slowly, wait),
)
"""Importing a view puts it on the blueprint."""

CASES = Holding("recovery_cases", cases.quarantine, rows("recovery_cases", RecoveryCase).erase)


def _start_recovery(account_id: str) -> int:
    return cases.begin(account_id, "").ready_at


FEATURE = Feature(
    name="signin",
    blueprints=(signin,),
    methods=(PASSWORD,),
    sweeps=(Sweep("recoveries", cases.sweep),),
    alerts=(Alert(cases.alert, "signin.recovery_waiting", _l("See or stop it")),),
    holdings=(CASES,),
    undos=(Undo(cases.ABOUT, _l("Stop this recovery"), cases.stop),),
    advance=advance,
    start_recovery=_start_recovery,
)
