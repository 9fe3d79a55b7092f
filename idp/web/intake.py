"""What comes in must be text: a path, query or form with bytes that are not UTF-8, or with NUL, is refused."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import Flask, request
from werkzeug.exceptions import BadRequest

FORM = "application/x-www-form-urlencoded"


def start(app: Flask) -> None:
    """Check every request of ``app`` before anything reads it."""
    app.before_request(_demand_text)


def _demand_text() -> None:
    path = request.environ.get("PATH_INFO", "").encode("latin-1", "replace")
    if not (_is_text(path) and _is_text(unquote_to_bytes(request.query_string))):
        raise BadRequest
    if request.mimetype == FORM:
        if not _is_text(unquote_to_bytes(request.get_data(cache=True))):
            raise BadRequest
    elif any("\0" in key or "\0" in value for key, value in request.form.items(multi=True)):
        raise BadRequest


def _is_text(raw: bytes) -> bool:
    if b"\0" in raw:
        return False
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
