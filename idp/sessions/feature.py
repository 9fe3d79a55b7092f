"""What this room offers to the roof."""

from __future__ import annotations

from idp import lifecycle
from idp.kernel import holdings
from idp.kernel.contracts import Feature, Holding, Sweep
from idp.sessions import attempt, claims, cookie, erasing, parked, pushed, service
from idp.sessions.cli import session
from idp.sessions.views.staying import sessions

FEATURE = Feature(
    name="sessions",
    blueprints=(sessions,),
    commands=(session,),
    claim_sources=(claims.SOURCE,),
    sweeps=(
        Sweep("attempts", attempt.sweep),
        Sweep("parked-requests", parked.sweep),
        Sweep("pushed-requests", pushed.sweep),
        Sweep("overdue-sessions", lifecycle.end_overdue),
        Sweep("sessions", service.sweep),
    ),
    holdings=(Holding("sessions", holdings.nothing_added, erasing.erase),),
    start=cookie.start,
)
