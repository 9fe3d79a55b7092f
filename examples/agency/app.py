"""A small agency app that signs residents in with Beacon. Copy it: this is all that an app needs.

It uses Flask and Authlib's client. Authlib makes state, nonce and the PKCE verifier, and checks the ID token's
signature, issuer, audience, nonce and times. What Authlib leaves to the app stands here, marked "Check".
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
from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response

SCOPE = "openid profile email residency"
AAL = "http://idmanagement.gov/ns/assurance/aal/"
TWO_FACTORS = AAL + "2"
STRONG = {TWO_FACTORS, AAL + "2?phishing_resistant=true", AAL + "3"}
FRESH_FOR = 5 * 60
CLOCKS_DIFFER = 30
VISIT_LASTS = 60 * 60
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self' {issuer}"  # the sign-out form leads there, and browsers check redirects too
)

TROUBLES = {
    "access_denied": "You chose not to share your details, so we could not sign you in. Nothing was sent to us.",
    "login_required": "You are not signed in any more.",
    "unmet_authentication_requirements": "Your account has no way to sign in that is strong enough for this.",
    "wrong_answer": "The answer did not come from a sign-in that you started here, so we did not use it.",
    "too_weak": "You did not confirm who you are with two steps in the last few minutes, so your bank account is safe "
    "from changes. Turn on two-step sign-in in your account, then try again.",
    "unreachable": "We cannot reach the sign-in service at the moment. Please try again in a minute.",
}
OTHER_TROUBLE = "The sign-in did not work. It is not your fault."

agency = Blueprint("agency", __name__)


class Trouble(Exception):
    """Something to explain to the resident. ``code`` is one of :data:`TROUBLES` or an OAuth error."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


class Memory:
    """What the server remembers between requests. In this process only: a real app would use its database."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Any]] = {}

    def get(self, key: str) -> Any:
        until, value = self._kept.get(key, (0.0, None))
        return value if until > time.time() else None

    def set(self, key: str, value: Any, seconds: int) -> None:
        for old in [name for name, (until, _) in list(self._kept.items()) if until < time.time()]:
            self.delete(old)
        self._kept[key] = (time.time() + seconds, value)

    def delete(self, key: str) -> None:
        self._kept.pop(key, None)


@dataclass(frozen=True)
class Visit:
    """A signed-in resident: the claims they shared, and what the ID token says about the sign-in."""

    claims: Mapping[str, Any]
    proof: Mapping[str, Any]
    id_token: str

    @property
    def strong_and_fresh(self) -> bool:
        """Check: two factors (acr), proven a moment ago (auth_time). Asking for it proves nothing; the answer does."""
        at = self.proof.get("auth_time")
        age = time.time() - at if isinstance(at, int) else float("inf")
        return self.proof.get("acr") in STRONG and -CLOCKS_DIFFER <= age <= FRESH_FOR + CLOCKS_DIFFER


@agency.get("/")
def home() -> ResponseReturnValue:
    return render_template("home.html")


@agency.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    return _ask("application")


@agency.get("/create-account")
def create_account() -> ResponseReturnValue:
    return _ask("application", prompt="create")


@agency.get("/confirm")
def confirm() -> ResponseReturnValue:
    """Step up: the same resident (id_token_hint), two factors (acr_values), at most five minutes ago (max_age)."""
    visit = _demand_visit()
    return _ask("bank_account", acr_values=TWO_FACTORS, max_age=FRESH_FOR, id_token_hint=visit.id_token)


@agency.get("/callback")
def callback() -> ResponseReturnValue:
    """Where Beacon sends the browser back, with a code or an error."""
    if request.args.get("iss") != current_app.config["ISSUER"]:
        raise Trouble("wrong_answer")  # Check: the answer is from the issuer we asked (RFC 9207).
    beacon = current_app.extensions["beacon"]
    expected = {"iss": {"essential": True, "value": current_app.config["ISSUER"]},
                "aud": {"essential": True, "value": beacon.client_id}}  # fmt: skip
    token = beacon.authorize_access_token(claims_options=expected, leeway=CLOCKS_DIFFER)
    proof = token.get("userinfo")
    if proof is None:
        raise Trouble("wrong_answer")  # Check: there was an ID token at all.
    claims = beacon.userinfo(token=token)
    if claims.get("sub") != proof["sub"]:
        raise Trouble("wrong_answer")  # Check: both answers speak of the same resident (OIDC Core 5.3.2).
    visit = Visit(claims, proof, token["id_token"])
    goal = session.pop("goal", "application")
    _remember(visit)
    if goal == "bank_account" and not visit.strong_and_fresh:
        raise Trouble("too_weak", 403)
    return redirect(url_for(f"agency.{goal}"), 303)


@agency.get("/application")
def application() -> ResponseReturnValue:
    return render_template("application.html", visit=_demand_visit())


@agency.route("/bank-account", methods=["GET", "POST"])
def bank_account() -> ResponseReturnValue:
    """A page that needs a strong and recent sign-in. Forged posts carry no cookie, for it is SameSite=Lax."""
    visit = _demand_visit()
    if not visit.strong_and_fresh:
        return render_template("confirm.html"), 403
    return render_template("bank_account.html", visit=visit, saved=request.method == "POST")


@agency.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the visit here, then at Beacon (RP-Initiated Logout), which sends the browser back to /signed-out."""
    visit = _visit()
    _memory().delete(session.pop("visit", ""))
    if visit is None:
        return redirect(url_for("agency.signed_out"), 303)
    back = current_app.config["ORIGIN"] + url_for("agency.signed_out")
    answer: Response = current_app.extensions["beacon"].logout_redirect(back, visit.id_token)
    return answer


@agency.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    try:
        current_app.extensions["beacon"].validate_logout_response()  # Check: the state of our own sign-out came back.
    except OAuthError:
        return redirect(url_for("agency.home"), 303)
    return render_template("signed_out.html")


@agency.app_errorhandler(Trouble)
def trouble(error: Trouble) -> ResponseReturnValue:
    """Explain in our own words; what stands in the address is never repeated, for anybody can write it."""
    words = TROUBLES.get(error.code, OTHER_TROUBLE)
    return render_template("trouble.html", code=error.code if error.code in TROUBLES else "", words=words), error.status


@agency.app_errorhandler(OAuthError)
def refused(error: OAuthError) -> ResponseReturnValue:
    return trouble(Trouble("wrong_answer" if error.error == "mismatching_state" else error.error))


@agency.app_errorhandler(JoseError)
def forged(_error: JoseError) -> ResponseReturnValue:
    return trouble(Trouble("wrong_answer"))


@agency.app_errorhandler(RequestException)
def unreachable(_error: RequestException) -> ResponseReturnValue:
    return trouble(Trouble("unreachable", 503))


def _ask(goal: str, **wishes: Any) -> Response:
    """Send the browser to Beacon. ``goal`` is the page of ours to show afterwards."""
    session["goal"] = goal
    back = current_app.config["ORIGIN"] + url_for("agency.callback")
    answer: Response = current_app.extensions["beacon"].authorize_redirect(back, **wishes)
    return answer


def _remember(visit: Visit) -> None:
    """Keep claims and tokens on the server; the cookie holds a new unguessable name for them."""
    _memory().delete(session.pop("visit", ""))
    session["visit"] = secrets.token_urlsafe(32)
    _memory().set(session["visit"], visit, VISIT_LASTS)


def _visit() -> Visit | None:
    found = _memory().get(session.get("visit", ""))
    return found if isinstance(found, Visit) else None


def _demand_visit() -> Visit:
    if (visit := _visit()) is None:
        raise Trouble("login_required", 401)
    return visit


def _memory() -> Memory:
    memory: Memory = current_app.extensions["memory"]
    return memory


def _dress(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY.format(issuer=current_app.config["ISSUER"])
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The app. Beacon need not be up yet: its endpoints and keys are looked up when first needed (discovery)."""
    app = Flask(__name__)
    issuer = environ.get("BEACON_ISSUER", "http://localhost:8000")
    app.config.update(
        ISSUER=issuer,
        ORIGIN=f"http://localhost:{environ.get('AGENCY_PORT', '8001')}",
        SECRET_KEY=environ.get("AGENCY_SECRET_KEY") or secrets.token_hex(32),
        SESSION_COOKIE_NAME="dta-visit",
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.extensions["memory"] = memory = Memory()
    app.extensions["beacon"] = OAuth(app, cache=memory).register(
        "beacon",
        client_id=environ["CLIENT_ID"],
        client_secret=environ["CLIENT_SECRET"],
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "default_timeout": 10},
    )
    app.context_processor(lambda: {"issuer": issuer, "client_id": environ["CLIENT_ID"], "visitor": _visit()})
    app.add_template_filter(lambda at: time.strftime("%d %B %Y, %H:%M", time.localtime(at)), "when")
    app.register_blueprint(agency)
    app.after_request(_dress)
    return app


if __name__ == "__main__":
    if not (os.environ.get("CLIENT_ID") and os.environ.get("CLIENT_SECRET")):
        sys.exit("Set CLIENT_ID and CLIENT_SECRET to what `beacon client add` printed. See examples/agency/README.md.")
    create_app().run(port=int(os.environ.get("AGENCY_PORT", "8001")))
