"""Access tokens bound to the certificate of an app (RFC 8705 section 3), which a trusted proxy passes on."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.dpop import Prover
from tests.support.elsewhere import Certificate, certificate
from tests.support.party import Party, agree, granted, refused, visitor
from tests.support.requests import pushing, visit

HEADER = "Client-Cert"

pytestmark = [
    pytest.mark.only_on("sqlite"),
    pytest.mark.settings(client_cert_header=HEADER, trusted_proxies="127.0.0.0/8"),
]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("own"), "app.example")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("other"), "other.example")


@pytest.fixture
def party(app: Flask, make_client: Callable[..., App]) -> Party:
    """An app that wants its tokens bound to its certificate, and proves itself by a secret."""
    scopes = ("openid", "email", "offline_access")
    return Party(app, make_client(scopes=scopes, tls_client_certificate_bound_access_tokens=True))


def shown(one: Certificate | None) -> dict[str, str]:
    """What a proxy says of a connection with this certificate (RFC 9440)."""
    return {HEADER: f":{base64.b64encode(one.der).decode()}:"} if one else {}


def by(party: Party, one: Certificate | None) -> dict[str, str]:
    return party.credentials()[0] | shown(one)


def thumbprint(one: Certificate) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(one.der).digest()).decode().rstrip("=")


def read(party: Party, token: str, one: Certificate | None, scheme: str = "Bearer", **more: str) -> TestResponse:
    return visitor(party.app).get("/userinfo", headers={"Authorization": f"{scheme} {token}"} | shown(one) | more)


@pytest.fixture
def tokens(at_home: Browser, party: Party, own: Certificate) -> dict[str, Any]:
    return granted(party.redeem(party.code(at_home), by(party, own)))


def test_a_token_is_bound_to_the_certificate_and_stays_a_bearer_token(
    party: Party, tokens: dict[str, Any], own: Certificate
) -> None:
    assert tokens["token_type"] == "Bearer"
    assert read(party, tokens["access_token"], own).get_json()["email"]
    assert party.introspect(tokens["access_token"])["cnf"] == {"x5t#S256": thumbprint(own)}
    form = visitor(party.app).post("/userinfo", headers=shown(own), data={"access_token": tokens["access_token"]})
    assert form.status_code == 200


def test_another_certificate_or_none_is_refused(
    party: Party, tokens: dict[str, Any], own: Certificate, other: Certificate
) -> None:
    token = tokens["access_token"]
    answers = [
        read(party, token, other),
        read(party, token, None),
        read(party, token, own, "DPoP"),
        read(party, token, None, "DPoP", DPoP=Prover(party).proof("/userinfo", "GET", token)),
    ]

    for answer in answers:
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert read(party, token, own).status_code == 200


def test_the_word_of_anybody_but_a_trusted_proxy_does_not_count(
    party: Party, tokens: dict[str, Any], own: Certificate
) -> None:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"} | shown(own)
    stranger = visitor(party.app).get("/userinfo", headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})

    assert stranger.status_code == 401


def test_an_app_that_wants_bound_tokens_gets_no_others(at_home: Browser, party: Party, own: Certificate) -> None:
    code = party.code(at_home)
    refused(party.redeem(code), "invalid_request")
    granted(party.redeem(code, by(party, own)))
    refused(party.refresh("a.b"), "invalid_request")


def test_a_refresh_token_stays_and_takes_a_new_certificate(
    party: Party, tokens: dict[str, Any], own: Certificate, other: Certificate
) -> None:
    body = granted(party.refresh(tokens["refresh_token"], by(party, other)))

    assert body["refresh_token"] == tokens["refresh_token"]
    assert read(party, body["access_token"], other).status_code == 200
    assert read(party, body["access_token"], own).status_code == 401
    assert read(party, tokens["access_token"], own).status_code == 200


def test_a_proof_goes_before_the_certificate(at_home: Browser, party: Party, own: Certificate) -> None:
    prover = Prover(party)
    body = granted(party.redeem(party.code(at_home), prover.headers() | shown(own)))

    assert body["token_type"] == "DPoP"
    assert prover.userinfo(body["access_token"]).status_code == 200
    assert read(party, body["access_token"], own).status_code == 401


def test_an_app_without_need_is_not_bound_by_a_certificate_that_happens_to_be_there(
    at_home: Browser, another: Party, resident: Person, own: Certificate
) -> None:
    agree(resident, another.registered)
    body = granted(another.redeem(another.code(at_home), by(another, own)))

    assert read(another, body["access_token"], None).status_code == 200
    assert "cnf" not in another.introspect(body["access_token"])


def test_an_app_of_a_strict_profile_is_bound_by_the_certificate_that_proves_it(
    at_home: Browser, app: Flask, make_client: Callable[..., App], resident: Person, own: Certificate
) -> None:
    facts = {"auth_method": "tls_client_auth", "tls_client_auth_san_dns": "app.example", "profile": "high"}
    party = Party(app, make_client(scopes=("openid", "email"), **facts))
    agree(resident, party.registered)
    pushed = pushing(party, shown(own), client_id=party.id).get_json()["request_uri"]
    code = visit(party, at_home, pushed).answer["code"]
    body = granted(party.redeem(code, shown(own), client_id=party.id))

    assert read(party, body["access_token"], own).status_code == 200
    assert read(party, body["access_token"], None).status_code == 401
