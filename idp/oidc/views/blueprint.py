"""The blueprint of the protocol, its error answers, and which origins may read its answers."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import MultiDict

from idp.oidc import dpop
from idp.oidc.errors import ProtocolError
from idp.oidc.message import is_plain_form
from idp.oidc.presented import TokenRefused

oidc = Blueprint("oidc", __name__, template_folder="../templates")


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


def resent(form: MultiDict[str, str]) -> str:
    """A form's fields as a query, doubled ones still doubled."""
    return urlencode(list(form.items(multi=True)))
