"""Style, script and pictures."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, request
from werkzeug.wrappers import Response

from idp.kernel.clock import YEAR
from idp.sessions.guards import open_to_all
from idp.web import assets

files = Blueprint("files", "idp.web")


@files.get("/static/<version>/<name>")
@open_to_all
def file(version: str, name: str) -> Response:
    """One file. An address with an old version, from a page of another release, gets the present file for once."""
    asset = assets.find(name)
    if asset is None:
        abort(404)
    squeeze = asset.squeezed is not None and request.accept_encodings["gzip"] > 0
    response = make_response(asset.squeezed if squeeze else asset.body)
    response.content_type = f"{asset.kind}; charset=utf-8"
    if squeeze:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if version == asset.version else "no-cache"
    response.set_etag(asset.version + "-gz" * squeeze)
    return response.make_conditional(request)
