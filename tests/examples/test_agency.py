"""The demonstration agency app refuses what an app must refuse. The provider here is a pretence."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask, jsonify, request
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from werkzeug.serving import make_server

APP = Path(__file__).resolve().parents[2] / "examples" / "agency" / "app.py"
AAL = "http://idmanagement.gov/ns/assurance/aal/"


class Provider:
    """A provider on loopback that says what a test wants it to say."""

    def __init__(self) -> None:
        self.app = Flask("provider")
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.key = ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256", "use": "sig"})
        self.asked: dict[str, str] = {}
        self.says: dict[str, Any] = {}
        self.shares: dict[str, Any] = {"sub": "resident-1", "given_name": "Marisol", "name": "Marisol Reyes"}
        self.app.add_url_rule("/.well-known/openid-configuration", view_func=self.discovery)
        self.app.add_url_rule(
            "/jwks", view_func=lambda: jsonify(KeySet([self.key]).as_dict(private=False)), endpoint="jwks"
        )
        self.app.add_url_rule("/token", view_func=self.token, methods=["POST"])
        self.app.add_url_rule("/userinfo", view_func=lambda: jsonify(self.shares), endpoint="userinfo")

    def discovery(self) -> Any:
        return jsonify(
            issuer=self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            userinfo_endpoint=f"{self.issuer}/userinfo",
            jwks_uri=f"{self.issuer}/jwks",
            end_session_endpoint=f"{self.issuer}/end-session",
            id_token_signing_alg_values_supported=["ES256"],
        )

    def token(self) -> Any:
        if create_s256_code_challenge(request.form["code_verifier"]) != self.asked["code_challenge"]:
            return jsonify(error="invalid_grant"), 400
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": "dta", "sub": "resident-1", "iat": now, "exp": now + 300,
            "nonce": self.asked["nonce"], "auth_time": now, "acr": AAL + "2", "amr": ["pwd", "otp", "mfa"], "sid": "s",
        } | self.says  # fmt: skip
        signed = jwt.encode({"alg": "ES256", "kid": "one"}, claims, self.key)
        return jsonify(access_token="a-token", token_type="Bearer", expires_in=600, id_token=signed)


@pytest.fixture
def provider() -> Iterator[Provider]:
    pretend = Provider()
    thread = threading.Thread(target=pretend.server.serve_forever, daemon=True)
    thread.start()
    yield pretend
    pretend.server.shutdown()
    thread.join()
    pretend.server.server_close()


@pytest.fixture
def agency(provider: Provider) -> FlaskClient:
    return _agency(provider.issuer)


def _agency(issuer: str) -> FlaskClient:
    spec = importlib.util.spec_from_file_location("agency_example", APP)
    assert spec
    assert spec.loader
    module = sys.modules["agency_example"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    environ = {"BEACON_ISSUER": issuer, "CLIENT_ID": "dta", "CLIENT_SECRET": "secret"}
    return module.create_app(environ).test_client()  # type: ignore[no-any-return]


def ask(agency: FlaskClient, provider: Provider, path: str = "/sign-in") -> dict[str, str]:
    """Open ``path``, and return what the app asks the provider for."""
    provider.asked = dict(parse_qsl(urlsplit(agency.get(path).headers["Location"]).query))
    return provider.asked


def answer(agency: FlaskClient, provider: Provider, **instead: str) -> Any:
    """Send the browser back to the app with a good answer, except for what is given ``instead``."""
    good = {"code": "c", "state": provider.asked["state"], "iss": provider.issuer}
    return agency.get("/callback", query_string=good | instead, follow_redirects=True)


def test_it_starts_before_the_provider_is_there():
    lonely = _agency("http://127.0.0.1:9")
    assert lonely.get("/").status_code == 200
    page = lonely.get("/sign-in")
    assert page.status_code == 503
    assert 'data-error="unreachable"' in page.text


def test_it_asks_with_pkce_state_and_nonce(agency, provider):
    asked = ask(agency, provider)
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["redirect_uri"] == "http://localhost:8001/callback"
    assert ask(agency, provider, "/create-account")["prompt"] == "create"


def test_it_shows_what_was_shared_and_what_was_not(agency, provider):
    ask(agency, provider)
    page = answer(agency, provider)
    assert 'data-page="application"' in page.text
    assert "Marisol Reyes" in page.text
    assert "Not shared with us" in page.text


def test_two_tabs_finish_where_each_began(agency, provider):
    first = ask(agency, provider)
    second = ask(agency, provider)
    assert 'data-page="application"' in answer(agency, provider).text
    provider.asked = first
    assert first["state"] != second["state"]
    assert 'data-page="application"' in answer(agency, provider).text


@pytest.mark.parametrize("instead", [{"state": "another"}, {"iss": "https://other.example"}, {"iss": ""}])
def test_it_refuses_an_answer_that_it_did_not_ask_for(agency, provider, instead):
    ask(agency, provider)
    page = answer(agency, provider, **instead)
    assert page.status_code == 400
    assert 'data-error="wrong_answer"' in page.text
    assert agency.get("/application").status_code == 401


@pytest.mark.parametrize(
    "says",
    [
        {"iss": "https://other.example"},
        {"aud": "another"},
        {"aud": "another", "azp": "dta"},
        {"nonce": "old"},
        {"exp": 1},
    ],
)
def test_it_refuses_an_id_token_that_is_not_for_it(agency, provider, says):
    ask(agency, provider)
    provider.says = says
    page = answer(agency, provider)
    assert page.status_code == 400
    assert 'data-error="wrong_answer"' in page.text


def test_it_refuses_claims_of_another_resident(agency, provider):
    ask(agency, provider)
    provider.shares["sub"] = "resident-2"
    assert 'data-error="wrong_answer"' in answer(agency, provider).text


def test_it_explains_a_no_and_repeats_nothing_from_the_address(agency, provider):
    ask(agency, provider)
    refused = {"error": "access_denied", "error_description": "Call 555-0100 now", "iss": provider.issuer}
    page = agency.get("/callback", query_string=refused)
    assert 'data-error="access_denied"' in page.text
    assert "Try again" in page.text
    assert "555-0100" not in page.text


def test_the_bank_account_opens_after_two_fresh_factors(agency, provider):
    ask(agency, provider)
    answer(agency, provider)
    assert 'data-page="bank-account"' in agency.get("/bank-account").text
    assert agency.post("/bank-account").status_code == 200


@pytest.mark.parametrize(
    "weak", [{"acr": AAL + "1"}, {"acr": None}, {"auth_time": int(time.time()) - 3600}, {"auth_time": None}]
)
def test_the_bank_account_stays_closed_without_them(agency, provider, weak):
    ask(agency, provider)
    provider.says = weak
    answer(agency, provider)
    assert agency.get("/bank-account").status_code == 403
    assert agency.post("/bank-account").status_code == 403


def test_asking_for_strength_is_not_enough_when_the_answer_is_weak(agency, provider):
    ask(agency, provider)
    provider.says = {"acr": AAL + "1"}
    answer(agency, provider)
    asked = ask(agency, provider, "/confirm")
    assert (asked["acr_values"], asked["max_age"]) == (AAL + "2", "300")
    assert asked["id_token_hint"]
    page = answer(agency, provider)
    assert page.status_code == 403
    assert 'data-error="too_weak"' in page.text
    ask(agency, provider, "/confirm")
    provider.says = {}
    assert 'data-page="bank-account"' in answer(agency, provider).text


def test_sign_out_ends_the_visit_here_and_asks_the_provider(agency, provider):
    ask(agency, provider)
    answer(agency, provider)
    gone = urlsplit(agency.post("/sign-out").headers["Location"])
    sent = dict(parse_qsl(gone.query))
    assert gone.path == "/end-session"
    assert sent["id_token_hint"]
    assert sent["post_logout_redirect_uri"] == "http://localhost:8001/signed-out"
    assert agency.get("/application").status_code == 401
    assert agency.get("/signed-out", query_string={"state": "forged"}).status_code == 303
    assert 'data-page="signed-out"' in agency.get("/signed-out", query_string={"state": sent["state"]}).text
