"""What this room offers to the roof."""

from __future__ import annotations

from idp import lifecycle
from idp.kernel.contracts import Feature, Sweep
from idp.sessions import attempt, cookie, parked, pushed, service
from idp.sessions.cli import session

FEATURE = Feature(
    name="sessions",
    commands=(session,),
    sweeps=(
        Sweep("attempts", attempt.sweep),
        Sweep("parked-requests", parked.sweep),
        Sweep("pushed-requests", pushed.sweep),
        Sweep("overdue-sessions", lifecycle.end_overdue),
        Sweep("sessions", service.sweep),
    ),
    start=cookie.start,
)
