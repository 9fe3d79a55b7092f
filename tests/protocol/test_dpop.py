"""DPoP (RFC 9449): a token works only for whoever proves, at each request anew, that they hold its key."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, RSAKey
from werkzeug.test import TestResponse

from idp.kernel import clock as kernel_clock
from idp.oidc.dpop import ALGS
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.dpop import EC, OKP, OTHER_EC, RSA, Prover
from tests.support.party import Party, agree, granted, refused, signed_in, visitor

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SecurityWarning)
    SMALL_RSA = RSAKey.generate_key(1024)
P384 = ECKey.generate_key("P-384")
OCT = OctKey.generate_key(256)
HOUR = 3600

pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")


def public(key: Key) -> dict[str, Any]:
    return key.as_dict(private=False)


BENT: dict[str, dict[str, Any]] = {
    "no typ": {"header": {"typ": None}},
    "typ JWT": {"header": {"typ": "JWT"}},
    "typ in capitals": {"header": {"typ": "DPOP+JWT"}},
    "typ with application": {"header": {"typ": "application/dpop+jwt"}},
    "no alg": {"header": {"alg": None}},
    "alg none": {"header": {"alg": "none"}},
    "alg RS256": {"header": {"alg": "RS256", "jwk": public(RSA)}, "signer": RSA},
    "alg ES384": {"header": {"alg": "ES384", "jwk": public(P384)}, "signer": P384},
    "alg HS256": {"header": {"alg": "HS256", "jwk": OCT.as_dict()}, "signer": OCT},
    "alg of the wrong type": {"header": {"alg": ["ES256"]}},
    "no jwk": {"header": {"jwk": None}},
    "kid for jwk": {"header": {"jwk": None, "kid": "1"}},
    "jwk that is a text": {"header": {"jwk": "key"}},
    "jwk that is empty": {"header": {"jwk": {}}},
    "private jwk": {"header": {"jwk": EC.as_dict(private=True)}},
    "symmetric jwk": {"header": {"jwk": OCT.as_dict()}},
    "jwk of another kind": {"header": {"jwk": public(OKP)}},
    "jwk of another curve": {"header": {"jwk": public(P384)}},
    "jwk off its curve": {"header": {"jwk": public(EC) | {"x": public(OTHER_EC)["x"]}}},
    "jwk of somebody else": {"header": {"jwk": public(OTHER_EC)}},
    "small RSA key": {"header": {"alg": "PS256", "jwk": public(SMALL_RSA)}, "signer": SMALL_RSA},
    "crit": {"header": {"crit": ["exp"], "exp": 1}},
    "crit unknown": {"header": {"crit": ["b65"], "b65": True}},
    "bad signature": {"signer": OTHER_EC},
    **{f"no {name}": {name: None} for name in ("jti", "htm", "htu", "iat")},
    **{f"{name} is a number": {name: 7} for name in ("jti", "htm", "htu")},
    **{f"{name} is a list": {name: ["x"]} for name in ("jti", "htm", "htu", "iat")},
    "jti empty": {"jti": ""},
    "jti endless": {"jti": "j" * 300},
    "htm PATCH": {"htm": "PATCH"},
    "htm in small letters": {"htm": "post"},
    "iat an hour ago": {"iat": -HOUR},
    "iat in an hour": {"iat": HOUR},
    "iat as text": {"iat": "now"},
    "iat true": {"iat": True},
    "iat endless": {"iat": float("inf")},
    "iat beyond counting": {"iat": 10**400},
    "expired": {"exp": -HOUR},
    "not yet valid": {"nbf": HOUR},
}
"""Proofs that must not hold. A time of this table is added to the present one."""

WRONG_HTU = (
    "https://elsewhere.example/token",
    "https://localhost:8000/token",
    "http://localhost:8001/token",
    "http://localhost:8000/token/",
    "http://localhost:8000/TOKEN",
    "http://localhost:8000//token",
    "http://localhost:8000/authorize",
    "http://app@localhost:8000/token",
    "http://localhost.:8000/token",
    "http://localhost:8000/%74oken",
    "http://localhost:8000/tok\ten",
    " http://localhost:8000/token",
    "http://localhost:bad/token",
    "http://[::1/token",
    "//localhost:8000/token",
    "/token",
    "token",
    "urn:token",
)


def bent(prover: Prover, path: str, case: dict[str, Any], token: str | None = None, method: str = "POST") -> str:
    now = kernel_clock.now()
    times = {
        name: now + value
        for name, value in case.items()
        if name in {"iat", "exp", "nbf"} and type(value) is int and abs(value) == HOUR
    }
    return prover.proof(path, method, token, **case | times)


def challenged(answer: TestResponse, error: str) -> None:
    """Check for a refusal with the challenge of RFC 9449 section 7.1."""
    assert answer.status_code == 401, answer.get_data(as_text=True)
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge == f'DPoP algs="{" ".join(ALGS)}", error="{error}"'
    assert answer.get_json()["error"] == error


@pytest.fixture
def prover(party: Party) -> Prover:
    return Prover(party)


@pytest.fixture
def public_party(app: Flask, make_client: Callable[..., App], resident: Person) -> Party:
    party = Party(
        app, make_client(name="On the phone", auth_method="none", scopes=("openid", "email", "offline_access"))
    )
    agree(resident, party.registered)
    return party


@pytest.fixture
def bound(at_home: Browser, party: Party, prover: Prover) -> str:
    """An access token that is bound to the prover's key."""
    return str(granted(prover.redeem(party.code(at_home)))["access_token"])


@pytest.mark.parametrize(("key", "alg"), [(EC, "ES256"), (RSA, "PS256"), (OKP, "EdDSA"), (OKP, "Ed25519")])
def test_a_token_asked_for_with_a_proof_is_bound_to_its_key(at_home: Browser, party: Party, key: Key, alg: str) -> None:
    prover = Prover(party, key, alg)
    body = granted(prover.redeem(party.code(at_home)))

    assert body["token_type"] == "DPoP"
    answer = prover.userinfo(body["access_token"])
    assert answer.status_code == 200 and answer.get_json()["email"]
    assert party.introspect(body["access_token"])["cnf"] == {"jkt": prover.thumbprint}


def test_without_a_proof_it_is_a_bearer_token(at_home: Browser, party: Party, prover: Prover) -> None:
    body = party.tokens(at_home)

    assert body["token_type"] == "Bearer"
    assert party.userinfo(body["access_token"]).status_code == 200
    challenged(prover.userinfo(body["access_token"]), "invalid_token")


@pytest.mark.only_on("sqlite")
def test_the_token_endpoint_refuses_a_proof_that_does_not_hold(
    at_home: Browser, party: Party, prover: Prover, subtests: pytest.Subtests
) -> None:
    code = party.code(at_home)
    for name, case in BENT.items():
        with subtests.test(name):
            refused(prover.redeem(code, bent(prover, "/token", case)), "invalid_dpop_proof")
    for text in ("", "x", "x.y.z", "a.b", "..", "a" * 9000, f"{prover.proof('/token')}, {prover.proof('/token')}"):
        with subtests.test(text[:10]):
            refused(prover.redeem(code, text or " "), "invalid_dpop_proof")
    for htu in WRONG_HTU:
        with subtests.test(htu):
            refused(prover.redeem(code, prover.proof("/token", htu=htu)), "invalid_dpop_proof")

    granted(prover.redeem(code))


@pytest.mark.only_on("sqlite")
def test_a_resource_refuses_a_proof_that_does_not_hold(prover: Prover, bound: str, subtests: pytest.Subtests) -> None:
    for name, case in BENT.items():
        with subtests.test(name):
            challenged(prover.userinfo(bound, bent(prover, "/userinfo", case, bound, "GET")), "invalid_dpop_proof")
    for name, ath in {"no ath": None, "ath of another token": "x" * 43, "ath in clear": bound}.items():
        with subtests.test(name):
            challenged(prover.userinfo(bound, prover.proof("/userinfo", "GET", ath=ath)), "invalid_dpop_proof")
    two = f"{prover.proof('/userinfo', 'GET', bound)},{prover.proof('/userinfo', 'GET', bound)}"
    challenged(prover.userinfo(bound, two), "invalid_dpop_proof")
    challenged(prover.userinfo(bound, prover.proof("/userinfo", "POST", bound)), "invalid_dpop_proof")
    challenged(prover.userinfo(bound, prover.proof("/token", "GET", bound)), "invalid_dpop_proof")

    assert prover.userinfo(bound).status_code == 200


@pytest.mark.only_on("sqlite")
def test_a_resource_accepts_every_proof_that_holds(
    party: Party, prover: Prover, bound: str, clock: Clock, subtests: pytest.Subtests
) -> None:
    now = clock.now
    good: dict[str, dict[str, Any]] = {
        "ten seconds ago": {"iat": now - 10},
        "in ten seconds": {"iat": now + 10},
        "a fraction of a second": {"iat": now + 0.5},
        "with exp and nbf": {"exp": now + 60, "nbf": now - 60},
        "with a query": {"htu": f"{party.issuer}/userinfo?a=b"},
        "with a fragment": {"htu": f"{party.issuer}/userinfo#top"},
        "with a host in capitals": {"htu": "HTTP://LOCALHOST:8000/userinfo"},
        "with unknown claims": {"iss": "me", "custom": {"deep": [1]}},
        "with unknown header members": {"header": {"custom": "x", "kid": "1"}},
        "with unknown members of the key": {"header": {"jwk": public(EC) | {"use": "enc", "kid": "9", "x-y": 1}}},
    }
    for name, case in good.items():
        with subtests.test(name):
            proof = prover.proof("/userinfo", "GET", bound, **case)
            assert prover.userinfo(bound, proof).status_code == 200
    for scheme in ("dpop", "DPOP", "DpOp"):
        with subtests.test(scheme):
            assert prover.userinfo(bound, scheme=scheme).status_code == 200
    assert prover.userinfo(bound, method="POST").status_code == 200


@pytest.mark.only_on("sqlite")
@pytest.mark.settings(issuer="https://id.state.example", mtls_origin="https://mtls.state.example")
def test_default_port_and_the_second_origin_are_ours(prover: Prover, subtests: pytest.Subtests) -> None:
    for origin in ("https://id.state.example:443", "https://ID.State.example", "https://mtls.state.example"):
        with subtests.test(origin):
            refused(prover.refresh("a.b", prover.proof("/token", htu=f"{origin}/token")), "invalid_grant")
    for origin in ("https://id.state.example:80", "http://id.state.example", "https://state.example"):
        with subtests.test(origin):
            refused(prover.refresh("a.b", prover.proof("/token", htu=f"{origin}/token")), "invalid_dpop_proof")


def test_a_proof_works_for_a_minute_and_a_token_endpoint_takes_ten_seconds_either_way(
    at_home: Browser, party: Party, prover: Prover, clock: Clock
) -> None:
    for offset in (-10, 10):
        proof = prover.proof("/token", iat=clock.now + offset)
        assert granted(prover.redeem(party.code(at_home), proof))["token_type"] == "DPoP"
    proof = prover.proof("/token")
    clock.advance(61)
    refused(prover.refresh("a.b", proof), "invalid_dpop_proof")


def test_every_answer_to_a_proof_brings_a_nonce_which_may_be_used(
    at_home: Browser, party: Party, prover: Prover, bound: str, clock: Clock
) -> None:
    assert prover.nonce
    assert "DPoP-Nonce" not in party.userinfo("x").headers
    assert prover.userinfo(bound).status_code == 200
    granted(prover.redeem(party.code(at_home)))
    for answer in (prover.userinfo("unknown"), prover.redeem("unknown"), prover.redeem("x", "bad")):
        assert answer.headers["DPoP-Nonce"]

    for wrong in (7, ["x"], ""):
        challenged(prover.userinfo(bound, prover.proof("/userinfo", "GET", bound, nonce=wrong)), "use_dpop_nonce")
    prover.nonce = "made-up"
    challenged(answer := prover.userinfo(bound), "use_dpop_nonce")
    assert answer.headers["DPoP-Nonce"] == prover.nonce
    assert prover.userinfo(bound).status_code == 200


def test_a_nonce_lasts_for_five_minutes_at_least_and_ten_at_most(party: Party, prover: Prover, clock: Clock) -> None:
    prover.refresh("a.b")
    old = prover.nonce
    clock.advance(300)
    refused(prover.refresh("a.b", prover.proof("/token", nonce=old)), "invalid_grant")
    clock.advance(300)
    refused(prover.refresh("a.b", prover.proof("/token", nonce=old)), "use_dpop_nonce")
    assert prover.nonce != old


def test_a_public_client_shows_by_a_nonce_that_its_proof_is_fresh(
    browser: Browser, resident: Person, public_party: Party
) -> None:
    prover = Prover(public_party)
    code = public_party.code(signed_in(browser, resident))
    first = refused(prover.redeem(code), "use_dpop_nonce")

    assert first.headers["DPoP-Nonce"] == prover.nonce
    body = granted(prover.redeem(code))
    assert body["token_type"] == "DPoP"
    looked = prover.proof("/userinfo", "GET", body["access_token"], nonce=None)
    assert prover.userinfo(body["access_token"], looked).status_code == 200
    granted(prover.refresh(body["refresh_token"]))


def test_a_code_bound_to_a_key_is_redeemed_with_it_alone(at_home: Browser, party: Party, prover: Prover) -> None:
    code = party.code(at_home, dpop_jkt=prover.thumbprint)
    assert granted(prover.redeem(code))["token_type"] == "DPoP"

    for wrong in (Prover(party, OTHER_EC), None):
        code = party.code(at_home, dpop_jkt=prover.thumbprint)
        refused(wrong.redeem(code) if wrong else party.redeem(code), "invalid_grant")
        refused(prover.redeem(code), "invalid_grant")


@pytest.mark.parametrize("demanding", [{"dpop_bound_access_tokens": True}, {"profile": "high"}])
def test_an_app_that_must_prove_gets_nothing_without(
    at_home: Browser, app: Flask, make_client: Callable[..., App], resident: Person, demanding: dict[str, Any]
) -> None:
    jwks = {"keys": [public(EC)]}
    registered = make_client(auth_method="private_key_jwt", jwks=jwks, scopes=("openid", "email"), **demanding)
    party = Party(app, registered, EC)
    agree(resident, party.registered)
    code = party.code(at_home) if "profile" not in demanding else "unknown"
    error = "invalid_request" if "profile" in demanding else "invalid_dpop_proof"

    refused(party.redeem(code), error)
    refused(party.refresh("a.b"), error)
    if code != "unknown":
        assert granted(Prover(party).redeem(code))["token_type"] == "DPoP"


def test_a_page_may_send_proofs_and_read_nonces(party: Party) -> None:
    for path in ("/token", "/userinfo"):
        answer = visitor(party.app).options(path, headers={"Origin": "https://spa.example"})
        assert "DPoP" in answer.headers["Access-Control-Allow-Headers"]
        assert "DPoP-Nonce" in answer.headers["Access-Control-Expose-Headers"]
        assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


def test_what_a_proof_may_be_signed_with_is_published(party: Party) -> None:
    document = visitor(party.app).get("/.well-known/openid-configuration").get_json()

    assert document["dpop_signing_alg_values_supported"] == list(ALGS)


def test_without_a_token_both_schemes_are_offered(party: Party) -> None:
    challenge = visitor(party.app).get("/userinfo").headers["WWW-Authenticate"]

    assert challenge == f'Bearer realm="beacon", DPoP algs="{" ".join(ALGS)}"'
