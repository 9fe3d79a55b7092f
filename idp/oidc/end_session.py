"""Sign-out asked by an app (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oidc.rpinitiated import EndSessionEndpoint, EndSessionRequest
from flask import url_for
from joserfc.jwk import KeySet

from idp import lifecycle
from idp.kernel.contracts import SessionView
from idp.keys import service as keys
from idp.oidc.errors import BadSignOutRequest
from idp.oidc.id_token import read_hint
from idp.oidc.message import Message
from idp.sessions.current import session
from idp.tokens.visits import Visit, sid_for
from idp.web.farewell import farewell
from idp.web.redirects import extended


class EndSession(EndSessionEndpoint):  # type: ignore[misc]
    """Redirects only with a hint that we signed for this very app, and an address it registered."""

    def validate_request(self, request: Message) -> EndSessionRequest:
        try:
            asked = super().validate_request(request)
        except OAuth2Error:
            raise BadSignOutRequest from None
        if asked.redirect_uri is not None:
            state = request.get("state")
            asked.redirect_uri = extended(request.get("post_logout_redirect_uri"), {"state": state} if state else {})
        return asked

    def get_server_jwks(self) -> KeySet:
        return keys.verification_keys()

    def _validate_id_token_hint(self, id_token_hint: str) -> dict[str, Any]:
        if (claims := read_hint(id_token_hint)) is None:
            raise BadSignOutRequest
        return claims

    def create_response(self, validated_request: Any) -> tuple[int, Any, list[tuple[str, str]]]:
        frames = [visit.frame for visit in self.end_session(validated_request) if visit.frame]
        ours = url_for("signin.signed_out", **way_back(validated_request))
        answer = farewell(frames, validated_request.redirect_uri or ours)
        return answer.status_code, answer.get_data(), list(answer.headers)

    def end_session(self, end_session_request: Any) -> tuple[Visit, ...]:
        """End the session that the hint names, when it is the one in this browser, and those beside it."""
        here = session()
        if here is None or not names_session(end_session_request.id_token_claims, here):
            return ()
        return lifecycle.leave(here.id, here.account_id)


def names_session(claims: dict[str, Any] | None, here: SessionView) -> bool:
    """Whether an ID token speaks of this very session."""
    return claims is not None and claims["sid"] == sid_for(here.id, claims["aud"])


def way_back(asked: EndSessionRequest) -> dict[str, Any]:
    """What our own page may offer as a link: an address of the app, which no proof is needed for if nobody is sent."""
    message: Message = asked.request
    wanted = {name: message.get(name) for name in ("post_logout_redirect_uri", "state") if message.get(name)}
    known = asked.client.client.post_logout_redirect_uris if asked.client else ()
    return wanted | {"client_id": asked.client.id} if wanted.get("post_logout_redirect_uri") in known else {}


def return_address_refused(asked: str, claims: dict[str, Any] | None, granted: str | None) -> bool:
    """Whether an app that proved itself asked for an address that it did not register.

    Without a hint no address counts, so the resident is asked as if none had been sent.
    """
    return bool(asked) and granted is None and claims is not None
