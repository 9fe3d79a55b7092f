"""What this room offers to the roof."""

from __future__ import annotations

from idp.kernel.contracts import Feature, Sweep
from idp.sessions import attempt, cookie, parked, service
from idp.sessions.cli import session

FEATURE = Feature(
    name="sessions",
    commands=(session,),
    sweeps=(
        Sweep("attempts", attempt.sweep),
        Sweep("parked-requests", parked.sweep),
        Sweep("sessions", service.sweep),
    ),
    start=cookie.start,
)
