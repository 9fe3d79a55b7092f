"""The one writer of authorization responses: success and error, in every mode, always with ``iss`` (RFC 9207).

In the modes of JARM all fields are inside one signed JWT, whose ``iss`` is ours and whose ``aud`` is the app.
"""

from __future__ import annotations

from flask import redirect
from werkzeug.wrappers import Response

from idp.clients import service as clients
from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.settings import settings
from idp.oidc import jose
from idp.oidc.checks import RESPONSE_MODES, is_web_address
from idp.oidc.errors import UnknownApp
from idp.oidc.message import Message
from idp.web.headers import allow_form_to, script_nonce
from idp.web.pages import render
from idp.web.redirects import extended

JWT_LIFETIME = 5 * MINUTE
"""How long a response JWT is good for; JARM section 2.1 allows ten minutes."""


def write(message: Message, fields: dict[str, str]) -> Response:
    """Send ``fields`` to the proven redirect URI of ``message``, with ``state`` byte for byte and ``iss``."""
    complete = fields | {"iss": settings().issuer}
    if "state" in message.payload.data and len(message.payload.datalist["state"]) == 1:
        complete["state"] = message.get("state")
    target, mode = message.get("redirect_uri"), _mode(message)
    if mode.endswith("jwt"):
        complete = {"response": _as_jwt(message, complete)}
    return _form_post(target, complete) if mode.startswith("form_post") else _query(target, complete)


def write_error(message: Message, error: str, description: str = "") -> Response:
    """Send an error (OIDC Core section 3.1.2.6)."""
    return write(message, {"error": error} | ({"error_description": description} if description else {}))


def _query(target: str, fields: dict[str, str]) -> Response:
    response = redirect(extended(target, fields), 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def _form_post(target: str, fields: dict[str, str]) -> Response:
    """OAuth 2.0 Form Post Response Mode; a visible button where there is no script."""
    allow_form_to(target)
    return render("oidc/form_post.html", target=target, fields=fields, nonce=script_nonce())


def _as_jwt(message: Message, fields: dict[str, str]) -> str:
    """JWT Secured Authorization Response Mode (JARM) section 2."""
    client = clients.find(message.get("client_id"))
    if client is None:
        raise UnknownApp
    claims = fields | {"aud": client.id, "exp": clock.now() + JWT_LIFETIME}
    return jose.signed(claims, client.metadata.authorization_signed_response_alg or client.id_token_alg)


def _mode(message: Message) -> str:
    """The asked mode, also for an error; what cannot be posted goes by query."""
    mode = message.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        return "query"
    return mode if is_web_address(message.get("redirect_uri")) else mode.replace("form_post", "query")
