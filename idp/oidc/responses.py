"""The one writer of authorization responses: success and error, in every mode, always with ``iss`` (RFC 9207)."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import redirect
from werkzeug.wrappers import Response

from idp.kernel.settings import settings
from idp.oidc.checks import RESPONSE_MODES
from idp.oidc.message import Message
from idp.web.headers import allow_form_to, script_nonce
from idp.web.pages import render


def write(message: Message, fields: dict[str, str]) -> Response:
    """Send ``fields`` to the proven redirect URI of ``message``, with ``state`` byte for byte and ``iss``."""
    complete = fields | {"iss": settings().issuer}
    if "state" in message.payload.data and len(message.payload.datalist["state"]) == 1:
        complete["state"] = message.get("state")
    target = message.get("redirect_uri")
    return _form_post(target, complete) if _mode(message) == "form_post" else _query(target, complete)


def write_error(message: Message, error: str, description: str = "") -> Response:
    """Send an error (OIDC Core section 3.1.2.6)."""
    return write(message, {"error": error} | ({"error_description": description} if description else {}))


def extended(target: str, fields: dict[str, str]) -> str:
    """A registered address with ``fields`` added to its query, and not a byte of it changed."""
    return f"{target}{'&' if '?' in target else '?'}{urlencode(fields)}" if fields else target


def _query(target: str, fields: dict[str, str]) -> Response:
    response = redirect(extended(target, fields), 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def _form_post(target: str, fields: dict[str, str]) -> Response:
    """OAuth 2.0 Form Post Response Mode; a visible button where there is no script."""
    allow_form_to(target)
    return render("oidc/form_post.html", target=target, fields=fields, nonce=script_nonce())


def _mode(message: Message) -> str:
    mode = message.get("response_mode", "query")
    return mode if mode in RESPONSE_MODES and message.get("redirect_uri").startswith("http") else "query"
