"""What comes in must be text: a path, query or form with bytes that are not UTF-8, or with NUL, is refused."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import Flask, request
from werkzeug.exceptions import BadRequest

FORM = "application/x-www-form-urlencoded"
FORM_IN_PARTS = "multipart/form-data"


def start(app: Flask) -> None:
    """Check every request of ``app`` before anything reads it."""
    app.before_request(_demand_text)


def _demand_text() -> None:
    path = request.environ.get("PATH_INFO", "").encode("latin-1", "replace")
    if not (_is_text(path) and _is_text(unquote_to_bytes(request.query_string))):
        request.query_string = b""  # so that not even the error page tries to read it
        raise BadRequest
    if not _form_is_text():
        raise BadRequest


def _form_is_text() -> bool:
    if request.mimetype == FORM:
        return _is_text(unquote_to_bytes(request.get_data(cache=True)))
    if request.mimetype == FORM_IN_PARTS:
        return not any("\0" in key or "\0" in value for key, value in request.form.items(multi=True))
    return True


def _is_text(raw: bytes) -> bool:
    try:
        return "\0" not in raw.decode()
    except UnicodeDecodeError:
        return False
