"""The blueprint of the protocol, what its machine endpoints share, and which origins may read their answers."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import MultiDict

from idp.limits import service as limits
from idp.oidc import dpop
from idp.oidc.client_auth import basic_credentials
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message, is_plain_form
from idp.oidc.presented import TokenRefused
from idp.web.origin import client_network

oidc = Blueprint("oidc", __name__, template_folder="../templates")

FAILED_AUTHENTICATION = {400, 401}
ACTING_ON_GET = {"oidc.authorize", "oidc.resume", "oidc.end_session"}


@oidc.before_request
def only_look() -> Response | None:
    """HEAD asks whether an address is there. It takes no step of a protocol whose GET does."""
    return Response(status=204) if request.method == "HEAD" and request.endpoint in ACTING_ON_GET else None


@oidc.after_request
def renew_nonce(response: Response) -> Response:
    """Whoever sends DPoP proofs always has a fresh nonce for the next one (RFC 9449 section 8.2)."""
    if "DPoP" in request.headers:
        response.headers["DPoP-Nonce"] = dpop.nonce()
    return response


@oidc.errorhandler(TokenRefused)
def challenge(refusal: TokenRefused) -> Response:
    """What is wrong with the access token that was presented (RFC 6750 section 3)."""
    headers = {"WWW-Authenticate": refusal.challenge}
    return readable_anywhere(machine_error(refusal.error, refusal.status_code, refusal.description, headers))


@oidc.errorhandler(ProtocolError)
def refuse(refusal: ProtocolError) -> Response:
    """What is wrong with a program's request, where its endpoint left it to us to say."""
    return readable_anywhere(machine_error(refusal.error, refusal.status_code, refusal.description))


def answer_app(answer: Callable[[Message], Response]) -> Response:
    """Answer a form that an app posts, as every endpoint does that apps prove themselves to.

    Any origin may ask and read, since no cookie counts here; and an app that fails to prove itself is counted.
    """
    if request.method == "OPTIONS":
        return preflight()
    if not is_form() or request.args:
        return machine_error("invalid_request", 400, "Send a form, and nothing in the query.")
    message = Message.received(request)
    response = answer(message)
    _count_failed_client(message, response)
    return readable_anywhere(response)


def machine_error(error: str, status: int, description: str = "", headers: dict[str, str] | None = None) -> Response:
    """An error for a program: JSON, never stored."""
    response = jsonify({"error": error} | ({"error_description": description} if description else {}))
    response.status_code = status
    response.headers.update({"Cache-Control": "no-store"} | (headers or {}))
    return response


def readable_anywhere(response: Response) -> Response:
    """Let a page of any origin read this answer; no cookie is ever involved (Fetch standard, CORS)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "DPoP-Nonce, WWW-Authenticate"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def preflight() -> Response:
    """Answer a browser's question whether a script may call this endpoint."""
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, DPoP"
    response.headers["Access-Control-Max-Age"] = "3600"
    return readable_anywhere(response)


def is_form() -> bool:
    """Whether the request body is a plain form."""
    return is_plain_form(request)


def _count_failed_client(message: Message, response: Response) -> None:
    """Spend the limit of failed client authentications; a client that knows its secret is never slowed."""
    if response.status_code in FAILED_AUTHENTICATION and b'"invalid_client"' in response.get_data():
        client_id = basic_credentials(message)[0] or message.get("client_id")
        limits.spend("client_auth", account=client_id or "nobody", network=client_network())


def resent(form: MultiDict[str, str]) -> str:
    """A form's fields as a query, doubled ones still doubled."""
    return urlencode(list(form.items(multi=True)))
