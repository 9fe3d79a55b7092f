"""The authorization endpoint, and the way back to it."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from idp.oidc import device_request
from idp.oidc.authorization import begin, proceed
from idp.oidc.checks import LONGEST_REQUEST
from idp.oidc.errors import BadAuthorizationRequest
from idp.oidc.message import Message
from idp.oidc.views.blueprint import is_form, oidc, resent
from idp.sessions import parked
from idp.sessions.guards import open_to_all, protocol


@oidc.get("/authorize")
@open_to_all
def authorize() -> Response:
    """OIDC Core section 3.1.2.1."""
    if len(request.query_string) > LONGEST_REQUEST:
        raise BadAuthorizationRequest(detail="too long")
    return begin(Message.received(request))


@oidc.post("/authorize")
@protocol
def authorize_by_post() -> Response:
    """The same request as a form: sent on as a GET, because a cross-site POST carries no session cookie."""
    size = request.content_length or 0
    if not is_form() or size > LONGEST_REQUEST:
        raise BadAuthorizationRequest(detail="not a form, or too long")
    return redirect(f"{url_for('oidc.authorize')}?{resent(request.form)}", 303)


@oidc.get("/authorize/<string:request_id>")
@open_to_all
def resume(request_id: str) -> Response:
    """Back from a page: the parked request is validated and walks the gates again."""
    waiting = parked.load(request_id)
    if waiting.device is not None:
        return device_request.proceed(waiting, waiting.device)
    return proceed(Message.kept(waiting.parameters, waiting.pushed), waiting)
