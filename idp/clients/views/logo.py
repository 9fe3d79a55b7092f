"""The pictures of apps."""

from __future__ import annotations

from flask import Blueprint, abort, make_response
from werkzeug.wrappers import Response

from idp.clients import logos
from idp.kernel.clock import DAY
from idp.sessions.guards import open_to_all

blueprint = Blueprint("clients", __name__)


@blueprint.get("/apps/<client_id>/logo.png")
@open_to_all
def logo(client_id: str) -> Response:
    """An app's picture. Pages name it with the time at which it was made, so a new one has a new address."""
    if (png := logos.of(client_id)) is None:
        abort(404)
    response = make_response(png)
    response.content_type = "image/png"
    response.headers["Cache-Control"] = f"public, max-age={DAY}, immutable"
    return response
