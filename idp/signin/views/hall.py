"""The hall's blueprint, and what its views share."""

from __future__ import annotations

from flask import Blueprint, request

from idp.sessions import parked
from idp.sessions.parked import Parked
from idp.web.redirects import own_path

signin = Blueprint("signin", "idp.signin", template_folder="templates")


def waiting(request_id: str | None) -> Parked | None:
    """The parked request that a page serves, if it serves one. Raises ``RequestGone``."""
    return parked.load(request_id) if request_id else None


def return_to() -> str | None:
    """The page of our own that sent the browser here."""
    return own_path(request.args.get("return_to"))
