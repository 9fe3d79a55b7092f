"""The backend of a single-page app. Copy it: the script in the browser has a cookie, and never sees a token.

It uses Flask and Authlib's client, as `examples/agency` does. The script calls `/api/…`; the backend keeps the tokens,
renews them and asks Beacon. What Authlib leaves to the app is marked "Check".
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Blueprint, Flask, abort, current_app, jsonify, redirect, request, session
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from requests import HTTPError, RequestException
from werkzeug.wrappers import Response

SCOPE = "openid profile email"
CLOCKS_DIFFER = 30
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
POLICY = "default-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

bff = Blueprint("bff", __name__)


@dataclass
class Visit:
    """A signed-in resident. ``token`` is what Beacon gave; ``proof`` what the ID token says."""

    token: dict[str, Any]
    proof: Mapping[str, Any]


class Visits:
    """Who is here, by an unguessable name. In this process only: a real app would use its database."""

    def __init__(self) -> None:
        self._kept: dict[str, Visit] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def here(self) -> Visit | None:
        """The visit that this browser's cookie names."""
        return self._kept.get(session.get("visit", ""))

    def begin(self, visit: Visit) -> None:
        """Open a visit under a new name."""
        self.end()
        session["visit"] = secrets.token_urlsafe(32)
        self._kept[session["visit"]] = visit

    def end(self) -> Visit | None:
        """Close the visit of this browser."""
        return self._kept.pop(session.pop("visit", ""), None)

    def end_all_of(self, sid: str) -> None:
        """Close what began with one sign-in at Beacon."""
        for name in [name for name, visit in self._kept.items() if visit.proof["sid"] == sid]:
            del self._kept[name]


@bff.get("/")
def page() -> ResponseReturnValue:
    return current_app.send_static_file("index.html")


@bff.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    answer: Response = _beacon().authorize_redirect(current_app.config["ORIGIN"] + "/callback")
    return answer


@bff.get("/callback")
def callback() -> ResponseReturnValue:
    """Where Beacon sends the browser back. The code becomes tokens here, and the browser gets a cookie."""
    if request.args.get("iss") != current_app.config["ISSUER"]:
        abort(400)  # Check: the answer is from the issuer we asked (RFC 9207).
    expected = {"iss": {"essential": True, "value": current_app.config["ISSUER"]},
                "aud": {"essential": True, "value": _beacon().client_id}}  # fmt: skip
    token = _beacon().authorize_access_token(claims_options=expected, leeway=CLOCKS_DIFFER)
    if "userinfo" not in token:
        abort(400)  # Check: there was an ID token at all.
    _visits().begin(Visit(token, token["userinfo"]))
    return redirect("/", 303)


@bff.before_request
def demand_own_script() -> None:
    """Check: calls come from our own script. No other site can send this header without asking us first (CORS)."""
    if request.path.startswith("/api/") and request.headers.get("X-Own-Script") != "1":
        abort(403)


@bff.get("/api/me")
def me() -> ResponseReturnValue:
    """The claims, as they stand now. Authlib renews the access token first when its time is nearly over."""
    visit = _visits().here()
    if visit is None:
        return jsonify(error="login_required"), 401
    claims = _beacon().userinfo(token=visit.token)
    if claims.get("sub") != visit.proof["sub"]:
        abort(502)  # Check: both answers speak of the same resident (OIDC Core 5.3.2).
    return jsonify(claims)


@bff.post("/api/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the visit here, and tell the script where to go so that it ends at Beacon, too."""
    visit = _visits().end()
    if visit is None:
        return jsonify(go="/")
    back = current_app.config["ORIGIN"] + "/"
    return jsonify(go=_beacon().create_logout_url(back, visit.token["id_token"])["url"])


@bff.post("/backchannel-logout")
def backchannel_logout() -> ResponseReturnValue:
    """Beacon says that a session has ended elsewhere: close its visits (OpenID Connect Back-Channel Logout 1.0)."""
    said = _read_logout_token(request.form.get("logout_token", ""))
    if said is None:
        return jsonify(error="invalid_request"), 400
    _visits().end_all_of(said["sid"])
    return "", 200, {"Cache-Control": "no-store"}


def _read_logout_token(text: str) -> Mapping[str, Any] | None:
    """Check: Beacon signed it, for us, a moment ago, and it is no ID token (section 2.6)."""
    try:
        read = _signed(text)
    except (JoseError, ValueError):
        return None
    said = read.claims
    right = {
        read.header.get("typ") == "logout+jwt",
        said.get("iss") == current_app.config["ISSUER"],
        said.get("aud") == _beacon().client_id,
        said.get("exp", 0) > time.time() - CLOCKS_DIFFER,
        LOGOUT in said.get("events", {}),
        "nonce" not in said,
        isinstance(said.get("sid"), str),
    }
    return said if right == {True} else None


def _signed(text: str) -> jwt.Token:
    """A token that a published key signed; the keys are fetched again when it names one that is new to us."""
    try:
        return jwt.decode(text, KeySet.import_key_set(_beacon().fetch_jwk_set()), algorithms=["ES256"])
    except InvalidKeyIdError:
        renewed = KeySet.import_key_set(_beacon().fetch_jwk_set(force=True))
        return jwt.decode(text, renewed, algorithms=["ES256"])


def _renewed(token: dict[str, Any], **_old: Any) -> None:
    """Keep what came in the place of tokens that ran out; the ID token of the sign-in stays the one for sign-out."""
    if visit := _visits().here():
        visit.token = {"id_token": visit.token["id_token"]} | token


@bff.app_errorhandler(HTTPError)
@bff.app_errorhandler(OAuthError)
def over(_error: Exception) -> ResponseReturnValue:
    """Beacon refuses our tokens, or the answer that came: the resident signed out, took a consent back, or said no."""
    _visits().end()
    return (jsonify(error="login_required"), 401) if request.path.startswith("/api/") else redirect("/?again", 303)


@bff.app_errorhandler(JoseError)
def forged(_error: JoseError) -> ResponseReturnValue:
    return redirect("/?again", 303)


@bff.app_errorhandler(RequestException)
def unreachable(_error: RequestException) -> ResponseReturnValue:
    return jsonify(error="temporarily_unavailable"), 503


def _beacon() -> Any:
    return current_app.extensions["beacon"]


def _visits() -> Visits:
    visits: Visits = current_app.extensions["visits"]
    return visits


def _dress(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The backend. Beacon need not be up yet: its endpoints and keys are looked up when first needed (discovery)."""
    app = Flask(__name__)
    issuer = environ.get("BEACON_ISSUER", "http://localhost:8000")
    app.config.update(
        ISSUER=issuer,
        ORIGIN=f"http://localhost:{environ.get('SPA_PORT', '8003')}",
        SECRET_KEY=environ.get("SPA_SECRET_KEY") or secrets.token_hex(32),
        SESSION_COOKIE_NAME="spa-visit",
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.extensions["visits"] = Visits()
    app.extensions["beacon"] = OAuth(app).register(
        "beacon",
        client_id=environ["CLIENT_ID"],
        client_secret=environ["CLIENT_SECRET"],
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "default_timeout": 10},
        update_token=_renewed,
    )
    app.register_blueprint(bff)
    app.after_request(_dress)
    return app


if __name__ == "__main__":
    if not (os.environ.get("CLIENT_ID") and os.environ.get("CLIENT_SECRET")):
        sys.exit(
            "Set CLIENT_ID and CLIENT_SECRET to what `beacon client add` printed. See the README beside this file."
        )
    create_app().run(port=int(os.environ.get("SPA_PORT", "8003")))
