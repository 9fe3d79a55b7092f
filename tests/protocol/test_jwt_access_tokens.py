"""JWT access tokens (RFC 9068): where an API wants to read tokens by itself, and only there."""

from __future__ import annotations

import pytest
from flask import Flask

from idp.sessions.assurance import AAL2
from tests.factories import Person
from tests.support.apis import READ, RESOURCE, by_itself, calling, decoded, passed_on, serving
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.dpop import Prover
from tests.support.party import Party, agree, granted, signed_in

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

ONLINE = f"openid {READ}"


@pytest.fixture
def api(app: Flask) -> Party:
    return serving(app, token_format="jwt")


@pytest.fixture
def caller(app: Flask, api: Party, resident: Person) -> Party:
    caller = calling(app)
    agree(resident, caller.registered)
    return caller


@pytest.fixture
def home(browser: Browser, resident: Person) -> Browser:
    return signed_in(browser, resident)


def test_a_token_for_an_api_that_reads_jwts_is_one(home: Browser, caller: Party, api: Party) -> None:
    body = granted(caller.redeem(caller.code(home, scope=ONLINE, resource=RESOURCE), resource=RESOURCE))
    token = decoded(caller, body["access_token"])
    jti, sub = token.claims.pop("jti"), token.claims.pop("sub")

    assert token.header == {"typ": "at+jwt", "alg": "ES256", "kid": token.header["kid"]}
    assert token.claims == {
        "iss": caller.issuer,
        "aud": RESOURCE,
        "client_id": caller.id,
        "iat": START,
        "exp": START + 600,
        "scope": READ,
        "auth_time": START,
        "acr": AAL2,
        "amr": ["pwd", "otp", "mfa"],
    }
    assert jti
    assert sub == api.introspect(body["access_token"])["sub"] != caller.read(body["id_token"])["sub"]


def test_the_format_follows_whoever_reads_the_token(app: Flask, home: Browser, caller: Party, resident: Person) -> None:
    own = calling(app, token_format="jwt")
    agree(resident, own.registered)
    plain, for_itself = caller.tokens(home)["access_token"], own.tokens(home)["access_token"]

    assert "." not in plain
    assert decoded(own, for_itself).claims["aud"] == own.issuer
    assert own.userinfo(for_itself).get_json() == own.userinfo(for_itself).get_json() | {"email": resident.email}
    refreshed = granted(own.refresh(own.tokens(home)["refresh_token"]))["access_token"]
    assert decoded(own, refreshed).header["typ"] == "at+jwt"


@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "EdDSA"])
def test_it_is_signed_as_the_api_registered(app: Flask, alg: str) -> None:
    serving(app, token_format="jwt", id_token_alg=alg)

    assert decoded(caller := calling(app), granted(by_itself(caller, scope=READ))["access_token"]).header["alg"] == alg


def test_an_apps_own_token_names_the_app(app: Flask, api: Party) -> None:
    caller = calling(app)
    claims = decoded(caller, granted(by_itself(caller, scope=READ))["access_token"]).claims

    assert (claims["sub"], claims["client_id"], claims["aud"]) == (caller.id, caller.id, RESOURCE)
    assert claims.keys() == {"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "scope"}


def test_it_says_what_it_is_bound_to_and_who_passes_it_on(home: Browser, caller: Party) -> None:
    prover = Prover(caller)
    bound = granted(prover.redeem(caller.code(home, scope=ONLINE, resource=RESOURCE), resource=RESOURCE))
    passed = granted(passed_on(caller, caller.tokens(home)["access_token"]))

    assert decoded(caller, bound["access_token"]).claims["cnf"] == {"jkt": prover.thumbprint}
    assert decoded(caller, passed["access_token"]).claims["act"] == {"sub": caller.id, "client_id": caller.id}


def test_it_is_revoked_and_looked_up_like_any_other(home: Browser, caller: Party, api: Party, clock: Clock) -> None:
    first, second = (
        granted(caller.redeem(caller.code(home, scope=ONLINE, resource=RESOURCE), resource=RESOURCE))["access_token"]
        for _ in range(2)
    )
    assert first != second
    assert api.introspect(first)["active"]
    caller.revoke(first)
    assert api.introspect(first) == {"active": False}
    clock.advance(600)
    assert api.introspect(second) == {"active": False}


def test_a_changed_one_is_worth_nothing(app: Flask, home: Browser, resident: Person) -> None:
    own = calling(app, token_format="jwt", scopes=("openid", "email"))
    agree(resident, own.registered)
    head, payload, signature = own.tokens(home)["access_token"].split(".")

    for text in (f"{head}.{payload}.", f"{head}.{payload}.{signature[:-4]}AAAA", f"{head}.{payload}.{signature}="):
        assert own.userinfo(text).status_code == 401
        assert own.introspect(text) == {"active": False}
