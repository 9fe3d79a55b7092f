"""What this room offers to the roof."""

from __future__ import annotations

from flask import Blueprint

from idp.accounts import codes, notices
from idp.accounts.claims import SOURCE
from idp.accounts.cli import resident
from idp.kernel.contracts import Feature, Sweep

LETTERS = Blueprint("accounts", "idp.accounts", template_folder="templates")
"""No page of its own, only the templates of its letters."""

FEATURE = Feature(
    name="accounts",
    blueprints=(LETTERS,),
    commands=(resident,),
    claim_sources=(SOURCE,),
    sweeps=(Sweep("one-time-codes", codes.sweep), Sweep("notices", notices.sweep)),
)
