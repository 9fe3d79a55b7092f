"""Resource indicators at the token endpoint (RFC 8707 section 2.2): one token, one API, none that was not granted."""

from __future__ import annotations

import pytest
from flask import Flask

from idp.clients import service as clients
from tests.factories import Person
from tests.support.apis import READ, RESOURCE, calling, serving
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, granted, refused, signed_in

OTHER = "https://records.example/"
SCOPE = f"openid email offline_access {READ} records.read"


@pytest.fixture
def api(app: Flask) -> Party:
    return serving(app)


@pytest.fixture
def caller(app: Flask, api: Party, resident: Person) -> Party:
    serving(app, OTHER, ("records.read",), name="Records", agency="Department of Records")
    caller = calling(app, scopes=tuple(SCOPE.split()))
    agree(resident, caller.registered)
    return caller


@pytest.fixture
def home(browser: Browser, resident: Person) -> Browser:
    return signed_in(browser, resident)


def test_a_token_for_an_api_opens_that_api_alone(home: Browser, caller: Party, api: Party) -> None:
    body = granted(caller.redeem(caller.code(home, resource=[RESOURCE, OTHER]), resource=RESOURCE))

    assert body["scope"] == READ
    assert api.introspect(body["access_token"])["aud"] == RESOURCE
    assert caller.userinfo(body["access_token"]).status_code == 401
    assert caller.read(body["id_token"])["sub"] == caller.introspect(body["access_token"])["sub"]


def test_a_refresh_token_gets_tokens_for_each_api_and_for_beacon(home: Browser, caller: Party, api: Party) -> None:
    body = granted(caller.redeem(caller.code(home, resource=[RESOURCE, OTHER])))
    assert caller.userinfo(body["access_token"]).status_code == 200
    assert api.introspect(body["access_token"]) == {"active": False}

    for resource, scope in ((RESOURCE, READ), (OTHER, "records.read")):
        body = granted(caller.refresh(body["refresh_token"], resource=resource))
        assert (body["scope"], caller.introspect(body["access_token"])["aud"]) == (scope, resource)
    assert caller.userinfo(granted(caller.refresh(body["refresh_token"]))["access_token"]).status_code == 200


def test_each_api_knows_the_resident_by_a_subject_of_its_own(home: Browser, caller: Party, api: Party) -> None:
    body = granted(caller.redeem(caller.code(home, resource=[RESOURCE, OTHER]), resource=RESOURCE))
    again = granted(caller.refresh(body["refresh_token"], resource=RESOURCE))
    first, second = (api.introspect(one["access_token"])["sub"] for one in (body, again))

    assert first == second != caller.read(body["id_token"])["sub"]


def test_a_resource_that_was_not_granted_cannot_be_had(home: Browser, caller: Party, subtests: pytest.Subtests) -> None:
    with subtests.test("with a code"):
        refused(caller.redeem(caller.code(home), resource=RESOURCE), "invalid_target")
        refused(caller.redeem(caller.code(home, resource=RESOURCE), resource=OTHER), "invalid_target")
    refresh_token = caller.tokens(home, resource=RESOURCE)["refresh_token"]
    for resource in (OTHER, RESOURCE + "/", RESOURCE.upper(), "not a uri", [RESOURCE, OTHER]):
        with subtests.test(str(resource)):
            refused(caller.refresh(refresh_token, resource=resource), "invalid_target")
    granted(caller.refresh(refresh_token, resource=RESOURCE))


def test_an_api_is_not_granted_by_its_name_alone(home: Browser, caller: Party) -> None:
    code = caller.code(home, scope="openid email", resource=RESOURCE)

    refused(caller.redeem(code, resource=RESOURCE), "invalid_target")


def test_without_openid_the_one_api_goes_without_saying(home: Browser, caller: Party, api: Party) -> None:
    body = granted(caller.redeem(caller.code(home, scope=READ, resource=RESOURCE)))

    assert "id_token" not in body
    assert api.introspect(body["access_token"])["scope"] == READ


def test_an_api_that_was_switched_off_gets_no_more_tokens(
    home: Browser, caller: Party, api: Party, clock: Clock
) -> None:
    refresh_token = caller.tokens(home, resource=RESOURCE)["refresh_token"]
    clients.disable(api.id)
    clock.advance(2)

    refused(caller.refresh(refresh_token, resource=RESOURCE), "invalid_target")
    granted(caller.refresh(refresh_token))
