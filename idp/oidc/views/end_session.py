"""The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from idp.oidc.end_session import names_session, return_address_refused, way_back
from idp.oidc.errors import BadSignOutRequest
from idp.oidc.message import Message
from idp.oidc.server import server
from idp.oidc.views.blueprint import is_form, oidc, resent
from idp.sessions.current import session
from idp.sessions.guards import open_to_all, protocol
from idp.web.pages import render


@oidc.get("/end-session")
@open_to_all
def end_session() -> Response:
    """Sign out at once with a hint of this very session; ask first without one; never redirect on doubt."""
    message = Message.received(request)
    if message.payload.duplicates or message.payload.unprintable:
        raise BadSignOutRequest
    asked = server().validate_endpoint_request("end_session", message)
    g.asking = asked.client.client if asked.client else None
    g.asked_locales = message.get("ui_locales")[:200]
    if return_address_refused(message.get("post_logout_redirect_uri"), asked.id_token_claims, asked.redirect_uri):
        raise BadSignOutRequest
    here = session()
    if here is not None and not names_session(asked.id_token_claims, here):
        return render("oidc/confirm_sign_out.html", way_back=way_back(asked))
    return server().create_endpoint_response("end_session", asked)  # type: ignore[no-any-return]


@oidc.post("/end-session")
@protocol
def end_session_by_post() -> Response:
    """The same request as a form: sent on as a GET, because a cross-site POST carries no session cookie."""
    if not is_form():
        raise BadSignOutRequest
    return redirect(f"{url_for('oidc.end_session')}?{resent(request.form)}", 303)
