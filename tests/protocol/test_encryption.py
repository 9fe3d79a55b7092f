"""Encrypted answers (OIDC Core section 10.2, RFC 7516): to the app's own key, signed first."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey, Key, OKPKey

from idp.clients import metadata
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, agree, granted, refused, signed_in
from tests.support.sealed import EC, KEYS, RSA, SIGNING, header_of, opened, published

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

ENC = "A256GCM"


@pytest.fixture
def enrol(browser: Browser, resident: Person, make_client: Callable[..., App]) -> Callable[..., Party]:
    """``enrol(key, …, id_token_encrypted_response_alg=…)`` is an app with these keys that the resident agreed to."""

    def make(*keys: Key, **facts: Any) -> Party:
        party = Party(
            browser.app,
            make_client(scopes=("openid", "profile", "email", "offline_access"), jwks=published(*keys), **facts),
        )
        agree(resident, party.registered)
        signed_in(browser, resident)
        return party

    return make


@pytest.mark.parametrize("kind", KEYS)
def test_an_id_token_is_signed_and_then_encrypted(browser: Browser, enrol: Callable[..., Party], kind: str) -> None:
    alg, key = KEYS[kind]
    party = enrol(SIGNING, key, id_token_encrypted_response_alg=alg, id_token_encrypted_response_enc=ENC)
    tokens = party.tokens(browser)
    header, inside = opened(tokens["id_token"], key)

    assert {name: header[name] for name in ("alg", "enc", "cty", "kid")} == {
        "alg": alg, "enc": ENC, "cty": "JWT", "kid": key.kid,
    }  # fmt: skip
    assert "zip" not in header
    claims = party.read(inside)
    assert (claims["aud"], claims["nonce"]) == (party.id, "N1")
    again = granted(party.refresh(tokens["refresh_token"]))["id_token"]
    assert party.read(opened(again, key)[1])["sub"] == claims["sub"]


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("signed", [True, False], ids=["signed first", "encrypted alone"])
def test_userinfo_is_encrypted(browser: Browser, enrol: Callable[..., Party], kind: str, *, signed: bool) -> None:
    alg, key = KEYS[kind]
    facts = {"userinfo_signed_response_alg": "PS256"} if signed else {}
    party = enrol(key, userinfo_encrypted_response_alg=alg, userinfo_encrypted_response_enc=ENC, **facts)
    answer = party.userinfo(party.tokens(browser)["access_token"])

    assert answer.content_type == "application/jwt" and answer.headers["Cache-Control"] == "no-store"
    header, inside = opened(answer.get_data(as_text=True), key)
    assert header.get("cty") == ("JWT" if signed else None)
    claims = party.read(inside) if signed else json.loads(inside)
    assert claims["given_name"] == "Marisol"
    assert (claims.get("iss"), claims.get("aud")) == ((party.issuer, party.id) if signed else (None, None))


def test_the_key_is_one_that_the_app_means_for_encryption(browser: Browser, enrol: Callable[..., Party]) -> None:
    plain, other = ECKey.generate_key("P-256", {"kid": "any use"}), ECKey.generate_key("P-256", {"kid": "later"})
    chosen = [
        (SIGNING, plain, EC, RSA),
        (EC, SIGNING, plain),
        (RSA, SIGNING, plain, other),
    ]
    for keys, right in zip(chosen, (EC, EC, plain), strict=True):
        party = enrol(*keys, id_token_encrypted_response_alg="ECDH-ES")
        header, _ = opened(party.tokens(browser)["id_token"], right)
        assert (header["kid"], header["enc"]) == (right.kid, ENC)


def test_a_key_without_a_name_is_not_given_one(browser: Browser, enrol: Callable[..., Party]) -> None:
    nameless = ECKey.generate_key("P-256")
    party = enrol(nameless, id_token_encrypted_response_alg="ECDH-ES")

    assert "kid" not in opened(party.tokens(browser)["id_token"], nameless)[0]


def test_without_a_fitting_key_nothing_is_told(browser: Browser, enrol: Callable[..., Party]) -> None:
    curve = ECKey.generate_key("secp256k1", {"kid": "unknown curve"})
    for keys in ((SIGNING,), (RSA,), (curve,)):
        party = enrol(*keys, id_token_encrypted_response_alg="ECDH-ES")
        refused(party.redeem(party.code(browser)), "invalid_request")
    party = enrol(SIGNING, userinfo_encrypted_response_alg="RSA-OAEP-256")
    refused(party.userinfo(party.tokens(browser)["access_token"]), "invalid_request")


def test_a_key_that_turns_out_useless_is_as_none_and_the_code_stays_burnt(
    browser: Browser, enrol: Callable[..., Party], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "demand_public", lambda _: None)  # a key from before it was looked at so closely
    small_order = OKPKey.import_key({"kty": "OKP", "crv": "X25519", "x": "A" * 43, "kid": "zero", "use": "enc"})
    party = enrol(small_order, id_token_encrypted_response_alg="ECDH-ES")
    code = party.code(browser)
    refused(party.redeem(code), "invalid_request")
    refused(party.redeem(code), "invalid_grant")

    party = enrol(small_order, userinfo_encrypted_response_alg="ECDH-ES")
    refused(party.userinfo(party.tokens(browser)["access_token"]), "invalid_request")


def test_an_encrypted_hint_is_no_hint(browser: Browser, enrol: Callable[..., Party]) -> None:
    party = enrol(RSA, id_token_encrypted_response_alg="RSA-OAEP-256")
    hint = party.tokens(browser)["id_token"]

    assert header_of(hint)["alg"] == "RSA-OAEP-256"
    assert party.authorize(browser, prompt="none", id_token_hint=hint).answer["error"] == "login_required"
    assert browser.get("/end-session", query_string={"id_token_hint": hint}).status == 400
    inside = opened(hint, RSA)[1]
    assert "code" in party.authorize(browser, prompt="none", id_token_hint=inside).answer
