"""What this room offers to the roof."""

from __future__ import annotations

from flask import Blueprint, Flask, g
from werkzeug.wrappers import Response

from idp.kernel import holdings
from idp.kernel.contracts import Feature, Sweep
from idp.risk import service, sightings
from idp.risk.cli import risk
from idp.risk.models import AssessmentRow, Sighting
from idp.risk.signals import Signals

LETTERS = Blueprint("risk", "idp.risk", template_folder="templates")
"""No page of its own, only the templates of its letter."""


def start(app: Flask) -> None:
    """Assess sessions that drift. :mod:`idp.sessions.finding` notes on ``g`` that one did, once."""
    app.after_request(_assess_drift)


def _assess_drift(response: Response) -> Response:
    if drifted := g.pop("drifted", None):
        session_id, account_id = drifted
        service.assess("session", Signals(drifted=True), attempt_id=session_id, account_id=account_id)
    return response


FEATURE = Feature(
    name="risk",
    blueprints=(LETTERS,),
    commands=(risk,),
    sweeps=(
        Sweep("new-browsers", sightings.tell),
        Sweep("sightings", sightings.sweep),
        Sweep("assessments", service.sweep),
    ),
    holdings=(holdings.rows("risk", Sighting, AssessmentRow),),
    start=start,
)
