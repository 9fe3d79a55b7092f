"""A small API that Beacon's access tokens open. Copy it: this is all that an API needs.

It reads tokens in one of two ways. It asks Beacon about each (introspection): then a token that was revoked is worth
nothing within a second. Or it verifies tokens that are JWTs by itself: then it asks nobody, and a revoked token lives
out its ten minutes. What an API must check by itself is marked "Check".
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import requests
from flask import Blueprint, Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

TWO_FACTORS = "http://idmanagement.gov/ns/assurance/aal/2"
STRONG = {TWO_FACTORS, TWO_FACTORS + "?phishing_resistant=true", "http://idmanagement.gov/ns/assurance/aal/3"}
FRESH_FOR = 5 * 60
CLOCKS_DIFFER = 30
TIMEOUT = 10
ALGORITHMS = ["ES256", "PS256", "EdDSA", "RS256"]
BENEFITS = {"program": "Fuel assistance", "state": "approved"}

http = requests.Session()
api = Blueprint("api", __name__)

Facts = Mapping[str, Any]


class Refused(Exception):
    """A refusal with its challenge (RFC 6750 section 3)."""

    def __init__(self, status: int, error: str = "", **challenge: str) -> None:
        super().__init__(error)
        self.status = status
        self.members = ({"error": error} if error else {}) | challenge


class Beacon:
    """The authorization server, as an API needs it. ``name`` is what this API is registered as (``resource``)."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.issuer = environ.get("BEACON_ISSUER", "http://localhost:8000")
        self.name = environ.get("API_RESOURCE", "http://localhost:8002/")
        self.credentials = (environ["CLIENT_ID"], environ["CLIENT_SECRET"])
        self.read = self.verified if environ.get("API_TOKENS") == "jwt" else self.introspected
        self._found: dict[str, Any] = {}
        self._keys: KeySet | None = None

    def introspected(self, token: str) -> Facts | None:
        """What Beacon says of a token now (RFC 7662)."""
        endpoint = self._metadata()["introspection_endpoint"]
        answer = http.post(endpoint, data={"token": token}, auth=self.credentials, timeout=TIMEOUT)
        answer.raise_for_status()
        facts: Facts = answer.json()
        return facts if facts["active"] and facts["aud"] == self.name else None  # Check: it is meant for this API.

    def verified(self, token: str) -> Facts | None:
        """What a JWT access token says of itself, once it is beyond doubt (RFC 9068 section 4)."""
        try:
            read = self._decoded(token)
        except (JoseError, ValueError, TypeError):
            return None
        facts = read.claims
        right = {
            read.header.get("typ") == "at+jwt",  # Check: it is an access token and no other JWT of Beacon's.
            facts.get("iss") == self.issuer,
            facts.get("aud") == self.name,  # Check: it is meant for this API.
            facts.get("exp", 0) > time.time() - CLOCKS_DIFFER,
        }
        return facts if right == {True} else None

    def _decoded(self, token: str) -> jwt.Token:
        """The token, verified with a published key; the keys are fetched again when a new one signed."""
        if self._keys is not None:
            try:
                return jwt.decode(token, self._keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                pass
        self._keys = KeySet.import_key_set(http.get(self._metadata()["jwks_uri"], timeout=TIMEOUT).json())
        return jwt.decode(token, self._keys, algorithms=ALGORITHMS)

    def _metadata(self) -> dict[str, Any]:
        if not self._found:
            self._found = http.get(f"{self.issuer}/.well-known/openid-configuration", timeout=TIMEOUT).json()
        return self._found


def demand(scope: str) -> Facts:
    """What is known of the token that came with this request, which must have ``scope``."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused(401)
    facts: Facts | None = current_app.extensions["beacon"].read(token)
    if facts is None or "cnf" in facts:  # Check: a token bound to a key (cnf) is for those who check the proof.
        raise Refused(401, "invalid_token")
    if scope not in facts.get("scope", "").split():
        raise Refused(403, "insufficient_scope", scope=scope)
    return facts


def demand_strong_and_fresh(facts: Facts) -> None:
    """Two factors, proven a moment ago; or say what is missing, so that the app can ask for it (RFC 9470)."""
    age = time.time() - facts.get("auth_time", 0)
    if facts.get("acr") not in STRONG or age > FRESH_FOR + CLOCKS_DIFFER:
        raise Refused(
            401,
            "insufficient_user_authentication",
            error_description="Two factors are needed, proven in the last five minutes.",
            acr_values=TWO_FACTORS,
            max_age=str(FRESH_FOR),
        )


@api.get("/benefits")
def benefits() -> ResponseReturnValue:
    """What the resident gets. ``sub`` is how our own agency knows them, whichever app asks."""
    facts = demand("benefits.read")
    return jsonify(BENEFITS | {"resident": facts["sub"], "asked_by": facts["client_id"]})


@api.post("/bank-account")
def bank_account() -> ResponseReturnValue:
    """Where the money goes: nothing to change with a sign-in of this morning."""
    facts = demand("benefits.write")
    demand_strong_and_fresh(facts)
    return jsonify(saved=True, resident=facts["sub"])


@api.app_errorhandler(Refused)
def refused(refusal: Refused) -> ResponseReturnValue:
    members = {"realm": "benefits"} | refusal.members
    challenge = ", ".join(f'{name}="{value}"' for name, value in members.items())
    return jsonify(refusal.members), refusal.status, {"WWW-Authenticate": f"Bearer {challenge}"}


@api.app_errorhandler(requests.RequestException)
def unreachable(_error: requests.RequestException) -> ResponseReturnValue:
    return jsonify(error="temporarily_unavailable"), 503


def create_app(environ: Mapping[str, str] = os.environ) -> Flask:
    """The API. Beacon need not be up yet: its endpoints and keys are looked up when first needed."""
    app = Flask(__name__)
    app.extensions["beacon"] = Beacon(environ)
    app.register_blueprint(api)
    return app


if __name__ == "__main__":
    if not (os.environ.get("CLIENT_ID") and os.environ.get("CLIENT_SECRET")):
        sys.exit(
            "Set CLIENT_ID and CLIENT_SECRET to what `beacon client add` printed. See the README beside this file."
        )
    create_app().run(port=int(os.environ.get("API_PORT", "8002")))
