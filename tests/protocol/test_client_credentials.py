"""Client credentials (RFC 6749 section 4.4): an app's own token, for an API, with nobody behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from idp.audit.service import search
from idp.clients import service as clients
from idp.clients.errors import BadMetadata
from idp.kernel.clock import MINUTE
from idp.tokens import machine
from idp.tokens import service as tokens
from tests.support.apis import EXCHANGE, READ, RESOURCE, WRITE, by_itself, calling, serving
from tests.support.clock import START, Clock
from tests.support.dpop import Prover
from tests.support.party import Party, granted, refused

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

INACTIVE = {"active": False}


@pytest.fixture
def api(app: Flask) -> Party:
    return serving(app)


@pytest.fixture
def caller(app: Flask, api: Party) -> Party:
    return calling(app)


def test_an_app_gets_a_token_of_its_own_for_an_api(caller: Party, api: Party) -> None:
    body = granted(by_itself(caller, resource=RESOURCE, scope=READ))

    assert {name: body[name] for name in body if name != "access_token"} == {
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": READ,
    }
    assert api.introspect(body["access_token"]) == {
        "active": True,
        "iss": caller.issuer,
        "aud": RESOURCE,
        "client_id": caller.id,
        "sub": caller.id,
        "scope": READ,
        "token_type": "Bearer",
        "iat": START,
        "exp": START + 600,
    }
    event = search(kind="client.token_issued")[0]
    assert (event.client_id, event.account_id) == (caller.id, None)


def test_the_registered_scopes_go_without_saying_and_a_scope_names_its_api(caller: Party, api: Party) -> None:
    assert granted(by_itself(caller, resource=RESOURCE))["scope"] == READ
    named = granted(by_itself(caller, scope=READ))

    assert api.introspect(named["access_token"])["aud"] == RESOURCE
    assert api.introspect(granted(by_itself(caller))["access_token"]) == INACTIVE


def test_what_it_is_not_registered_for_it_does_not_get(caller: Party, subtests: pytest.Subtests) -> None:
    for scope in ("openid", "email", "offline_access", WRITE, f"{READ} {WRITE}", f"{READ} openid", "admin", "*"):
        for where in ({}, {"resource": RESOURCE}):
            with subtests.test(scope, **where):
                refused(by_itself(caller, scope=scope, **where), "invalid_scope")
    serving(caller.app, "https://another.example/", ("other.read",), name="Another", agency=None)
    for resource in (
        "https://unknown.example/",
        "https://another.example/",
        "x" * 5000,
        [RESOURCE, "https://another.example/"],
    ):
        with subtests.test(str(resource)[:30]):
            refused(by_itself(caller, resource=resource), "invalid_target")


def test_a_token_without_an_api_has_no_scope_and_stands_for_the_app_alone(caller: Party) -> None:
    body = granted(by_itself(caller))

    assert body.keys() == {"access_token", "token_type", "expires_in"}
    assert caller.introspect(body["access_token"])["aud"] == caller.issuer
    assert caller.userinfo(body["access_token"]).get_json() == {"sub": caller.id}
    aimed = granted(by_itself(caller, resource=RESOURCE))["access_token"]
    assert caller.userinfo(aimed).status_code == 401


def test_only_an_app_with_this_grant_that_proves_itself(
    app: Flask, api: Party, caller: Party, make_client: Callable[..., Any]
) -> None:
    without = calling(app, grants=("authorization_code",))
    public = Party(app, make_client(auth_method="none"))

    refused(by_itself(without, resource=RESOURCE), "unauthorized_client")
    refused(by_itself(public), "unauthorized_client")
    refused(caller.call("/token", {}, grant_type="client_credentials", client_id=caller.id), "invalid_client")
    for grant in ("client_credentials", EXCHANGE):
        with pytest.raises(BadMetadata):
            make_client(auth_method="none", grants=("authorization_code", grant))


def test_it_ends_after_ten_minutes_and_is_swept(caller: Party, api: Party, clock: Clock) -> None:
    token = granted(by_itself(caller, resource=RESOURCE))["access_token"]
    clock.advance(10 * MINUTE - 1)
    assert api.introspect(token)["active"]
    clock.advance(2)

    assert api.introspect(token) == INACTIVE
    assert machine.sweep(10) == 1


def test_it_ends_with_its_app(caller: Party, api: Party, clock: Clock) -> None:
    first, second = (granted(by_itself(caller, resource=RESOURCE))["access_token"] for _ in range(2))
    clients.disable(caller.id)
    assert api.introspect(first) == INACTIVE
    clock.advance(2)
    refused(by_itself(caller), "invalid_client", 401)
    tokens.revoke_of_client(caller.id)
    clients.enable(caller.id)
    clock.advance(2)

    assert api.introspect(second) == INACTIVE
    granted(by_itself(caller))


def test_an_api_that_is_switched_off_is_unknown(caller: Party, api: Party, clock: Clock) -> None:
    clients.disable(api.id)
    clock.advance(2)

    refused(by_itself(caller, resource=RESOURCE), "invalid_target")


@pytest.mark.only_on("sqlite")
def test_it_is_bound_to_the_key_that_asked(caller: Party, api: Party) -> None:
    prover = Prover(caller)
    body = granted(prover.call("/token", grant_type="client_credentials", resource=RESOURCE))
    told = api.introspect(body["access_token"])

    assert body["token_type"] == told["token_type"] == "DPoP"
    assert told["cnf"] == {"jkt": prover.thumbprint}


def test_an_app_that_must_bind_its_tokens_gets_none_without_a_key(app: Flask, api: Party) -> None:
    refused(by_itself(calling(app, dpop_bound_access_tokens=True), resource=RESOURCE), "invalid_dpop_proof")


def test_a_resource_has_one_server_and_scopes_of_its_own(app: Flask, api: Party) -> None:
    with pytest.raises(BadMetadata):
        serving(app, name="Thief")
    for scopes in (("openid",), ("email", "new.read"), (READ,), ("new.read", WRITE)):
        with pytest.raises(BadMetadata):
            serving(app, "https://another.example/", scopes)
    other = serving(app, "https://another.example/", ("new.read",))
    with pytest.raises(BadMetadata):
        clients.change(other.id, resource_scopes=["new.read", READ])
    with pytest.raises(BadMetadata):
        serving(app, None, ("new.read",), grants=("authorization_code",), redirect_uris=("https://a.example/cb",))  # type: ignore[arg-type]
    with pytest.raises(BadMetadata):
        calling(app, scopes=("openid", "unknown.read"))
    assert clients.change(api.id, resource=RESOURCE, resource_scopes=[READ]).metadata.resource == RESOURCE
