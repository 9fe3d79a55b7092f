"""Dynamic registration: RFC 7591, and OpenID Connect Dynamic Client Registration 1.0."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey

from idp.audit.service import search
from idp.clients import registration
from idp.clients import service as clients
from idp.clients.document import STANDARD_SCOPES
from idp.kernel.clock import DAY, HOUR
from idp.kernel.settings import Settings
from idp.limits.policy import LIMITS, Budget
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.party import refused, visitor
from tests.support.registration import CALLBACK, Developer, with_token

OPEN = pytest.mark.settings(registration="open")
TOKEN = pytest.mark.settings(registration="token")
SQLITE = pytest.mark.only_on("sqlite")


def register_with(app: Flask, token: str) -> int:
    """One of many who use the same token."""
    return Developer(app, token).register().status_code


EC = ECKey.generate_key("P-256").as_dict(private=False)
PUBLIC = {"keys": [{name: value for name, value in EC.items() if name != "kid"}]}


class TestWhoMay:
    @SQLITE
    def test_nobody_where_it_is_closed(self, app: Flask) -> None:
        refused(Developer(app).register(), "not_found", 404)
        assert "registration_endpoint" not in visitor(app).get("/.well-known/openid-configuration").get_json()

    @TOKEN
    def test_whoever_has_a_token_once(self, app: Flask) -> None:
        developer = with_token(app)
        told = developer.registered()

        answer = refused(developer.register(), "invalid_token", 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert [app.id for app in clients.every()] == [told["client_id"]]
        assert visitor(app).get("/.well-known/openid-configuration").get_json()["registration_endpoint"] == (
            "http://localhost:8000/register"
        )

    @TOKEN
    def test_a_refused_document_spends_no_token(self, app: Flask) -> None:
        developer = with_token(app)
        refused(developer.register(redirect_uris=["http://newcomer.example/cb"]), "invalid_redirect_uri")

        developer.registered()

    @TOKEN
    @SQLITE
    def test_no_token_expired_token_other_token(self, app: Flask, clock: Clock) -> None:
        developer = with_token(app)
        clock.advance(DAY)
        for token in (developer.token, None, "made-up", ""):
            refused(Developer(app, token).register(), "invalid_token", 401)
        assert registration.sweep(10) == 1

    @TOKEN
    @pytest.mark.only_on("postgresql")
    def test_fifty_at_once_with_one_token_make_one_app(self, app: Flask, settings: Settings, clock: Clock) -> None:
        answers = at_once(register_with, settings, clock.now, with_token(app).token)

        assert sorted(answers) == [201, *[401] * (CROWD - 1)]
        assert len(clients.every()) == 1

    @OPEN
    @SQLITE
    def test_anybody_where_it_is_open_though_not_without_end(self, app: Flask) -> None:
        answers = [Developer(app).register().status_code for _ in range(21)]

        assert set(answers[:20]) == {201} and answers[20] == 429

    @OPEN
    @SQLITE
    def test_all_strangers_together_have_an_end_too(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        few = replace(LIMITS["registration"], account=Budget(3, HOUR))
        monkeypatch.setitem(LIMITS, "registration", few)

        def register_from(network: int) -> int:
            sent = {"redirect_uris": [CALLBACK], "client_name": f"Newcomer {network}"}
            address = {"REMOTE_ADDR": f"203.0.{network}.9"}
            return visitor(app).post("/register", json=sent, environ_overrides=address).status_code

        assert [register_from(network) for network in range(4)] == [201, 201, 201, 429]


class TestAnswer:
    @OPEN
    def test_tells_all_that_was_stored(self, app: Flask) -> None:
        answer = Developer(app).register()
        told = answer.get_json()

        assert answer.mimetype == "application/json" and answer.headers["Cache-Control"] == "no-store"
        assert told["client_secret"] and told["client_secret_expires_at"] == 0 and told["client_id_issued_at"]
        assert told["registration_client_uri"] == f"http://localhost:8000/register/{told['client_id']}"
        assert {name: told[name] for name in told if not name.startswith(("client_", "registration_"))} | {
            "scope": set(told["scope"].split())
        } == {
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "scope": set(STANDARD_SCOPES),
            "subject_type": "pairwise",
            "id_token_signed_response_alg": "RS256",
            "application_type": "web",
            **dict.fromkeys(FLAGS, False),
        }

    @OPEN
    def test_the_app_is_a_third_party_and_on_record(self, app: Flask) -> None:
        told = Developer(app).registered()
        client = clients.demand(told["client_id"])

        assert client.self_registered and not client.first_party and client.agency is None
        assert client.holds_secret(told["client_secret"]) and client.sector == "newcomer.example"
        (event,) = search(kind="client.registered")
        assert (event.client_id, event.actor) == (client.id, "app")
        assert told["client_secret"] not in str(event) and told["registration_access_token"] not in str(event)

    @OPEN
    def test_every_known_member_is_kept(self, app: Flask) -> None:
        wanted = {
            "client_uri": "https://newcomer.example/",
            "policy_uri": "https://newcomer.example/privacy",
            "tos_uri": "https://newcomer.example/terms",
            "logo_uri": "https://newcomer.example/logo.png",
            "contacts": ["staff@newcomer.example"],
            "grant_types": ["authorization_code", "refresh_token"],
            "post_logout_redirect_uris": ["https://newcomer.example/bye"],
            "backchannel_logout_uri": "https://newcomer.example/logout",
            "backchannel_logout_session_required": True,
            "frontchannel_logout_uri": "https://newcomer.example/logout-page",
            "initiate_login_uri": "https://newcomer.example/start",
            "request_uris": ["https://newcomer.example/request.jwt#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"],
            "default_max_age": 300,
            "require_auth_time": True,
            "userinfo_signed_response_alg": "RS256",
            "id_token_signed_response_alg": "ES256",
            "id_token_encrypted_response_alg": "ECDH-ES",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks": PUBLIC,
            "software_id": "one",
            "dpop_bound_access_tokens": True,
        }
        told = Developer(app).registered(**wanted)

        assert {name: told.get(name) for name in wanted} == wanted
        assert told["id_token_encrypted_response_enc"] == "A256GCM" and "client_secret" not in told

    @OPEN
    @SQLITE
    def test_what_an_operator_decides_is_ignored(self, app: Flask) -> None:
        told = Developer(app).registered(
            scope="email residency bogus", resource="https://api.example/", profile="fapi2", isolated=True, bogus=1
        )

        assert set(told["scope"].split()) == {"openid", "email"}
        assert not {"resource", "profile", "isolated", "bogus"} & set(told)

    @OPEN
    def test_residents_are_always_asked_and_told_that_nobody_checked_it(
        self, app: Flask, browser: Browser, make_account: Callable[..., Person]
    ) -> None:
        told = Developer(app).registered(
            policy_uri="https://newcomer.example/privacy", tos_uri="https://newcomer.example/terms"
        )
        ask = {"client_id": told["client_id"], "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid"}
        pkce = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
        browser.get("/authorize", query_string=ask | pkce, follow=True)

        words = browser.text
        assert "Newcomer" in words and "newcomer.example" in words and "registered itself" in words
        assert "https://newcomer.example/privacy" in browser.body and "https://newcomer.example/terms" in browser.body


FLAGS = (
    "require_auth_time",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "backchannel_logout_session_required",
    "frontchannel_logout_session_required",
)


@OPEN
@SQLITE
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": [CALLBACK + "#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": ["com.example.app:/cb"]}, "invalid_redirect_uri"),
        ({"post_logout_redirect_uris": ["https://newcomer.example/bye#"]}, "invalid_redirect_uri"),
        ({"initiate_login_uri": "http://newcomer.example/start"}, "invalid_client_metadata"),
        ({"initiate_login_uri": "http://localhost/start"}, "invalid_client_metadata"),
        ({"response_types": ["code", "id_token"]}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"subject_type": "public"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "HS256"}, "invalid_client_metadata"),
        ({"request_object_signing_alg": "none", "jwks": PUBLIC}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"jwks": PUBLIC, "jwks_uri": "https://newcomer.example/keys"}, "invalid_client_metadata"),
        ({"jwks_uri": "http://newcomer.example/keys"}, "invalid_client_metadata"),
        ({"frontchannel_logout_uri": "https://elsewhere.example/bye"}, "invalid_client_metadata"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_is_refused(app: Flask, changes: dict[str, Any], error: str) -> None:
    refused(Developer(app).register(**changes), error)
    assert clients.every() == []


@OPEN
@SQLITE
def test_an_app_may_use_its_own_scheme_when_it_is_native(app: Flask) -> None:
    told = Developer(app).registered(
        redirect_uris=["com.example.app:/cb"], application_type="native", token_endpoint_auth_method="none"
    )
    assert "client_secret" not in told and "client_secret_expires_at" not in told


@OPEN
@SQLITE
def test_keys_need_no_kid(app: Flask) -> None:
    rsa = {name: value for name, value in RSAKey.generate_key(2048).as_dict(private=False).items() if name != "kid"}
    Developer(app).registered(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [*PUBLIC["keys"], rsa]})


@OPEN
@SQLITE
def test_only_json_is_read(app: Flask) -> None:
    text = json.dumps({"redirect_uris": [CALLBACK]})
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = visitor(app).post("/register", data=text, content_type=content_type)
        refused(answer, "invalid_request", 415)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    "redirect_uris client_name scope grant_types response_types jwks jwks_uri contacts software_statement subject_type "
    "logo_uri default_max_age request_uris token_endpoint_auth_method application_type sector_identifier_uri "
    "post_logout_redirect_uris require_auth_time id_token_encrypted_response_alg client_uri".split()
)
KEY = st.dictionaries(
    st.sampled_from("kty crv x y kid n e use alg".split()), JSON | st.sampled_from("EC RSA OKP oct P-256 AQAB".split())
)
KEYS = st.fixed_dictionaries({"keys": JSON | st.lists(KEY, max_size=2)})


@pytest.mark.settings(registration="open", limits_exempt="127.0.0.0/8")
@SQLITE
def test_any_json_is_answered_below_500(app: Flask) -> None:
    @given(JSON | st.dictionaries(NAMES, JSON | KEYS).map(lambda odd: {"redirect_uris": [CALLBACK]} | odd))
    def answered(body: Any) -> None:
        raw = json.dumps(body).encode()
        answer = Developer(app).post(raw)
        assert answer.status_code in {201, 400}, raw

    answered()
