"""Resource indicators at the authorization request (RFC 8707 section 2); tokens for them are in
``test_resource_indicators_at_token.py``."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from idp.clients import service as clients
from idp.kernel.db import db
from tests.factories import Person
from tests.support.apis import READ, RESOURCE, WRITE, calling, serving
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, granted, refused, signed_in, told
from tests.support.requests import push, pushing, visit
from tests.support.statements import recorded

OTHER = "https://api.records.example/"


@pytest.fixture
def api(app: Flask) -> Party:
    """The app that serves the first API."""
    serving(app, OTHER, ("records.read",), name="Records API")
    return serving(app)


@pytest.fixture
def caller(app: Flask, api: Party, browser: Browser, resident: Person) -> Party:
    """An app that calls it, agreed to by the resident in the browser."""
    party = calling(app)
    agree(resident, party.registered)
    signed_in(browser, resident)
    return party


def redeem(party: Party, browser: Browser, resource: str) -> Any:
    return party.redeem(browser.answer["code"], resource=resource)


def test_a_code_is_good_for_the_apis_that_were_named(browser: Browser, caller: Party) -> None:
    caller.authorize(browser, resource=[RESOURCE, OTHER])
    assert "access_token" in granted(redeem(caller, browser, RESOURCE))

    caller.authorize(browser, resource=OTHER)
    refused(redeem(caller, browser, RESOURCE), "invalid_target")


def test_which_apis_there_are_is_known_for_a_second(browser: Browser, caller: Party, clock: Clock) -> None:
    def asked_for_apis() -> int:
        with recorded(db.engine) as statements:
            caller.code(browser, resource=RESOURCE)
        return sum("clients.extra" in line and "IS NOT NULL" in line for line in statements)

    assert [asked_for_apis(), asked_for_apis()] == [1, 0]
    serving(caller.app, "https://new.example/", ("new.read",), name="New")
    clock.advance(2)
    caller.code(browser, resource="https://new.example/")


def test_it_can_be_pushed_and_waits_with_the_request(browser: Browser, caller: Party, resident: Person) -> None:
    visit(caller, browser, push(caller, resource=[RESOURCE, OTHER], prompt="login")).follow()
    browser.sign_in(resident, path=None)

    assert "access_token" in granted(redeem(caller, browser, RESOURCE))


def test_what_is_no_api_of_ours_is_no_target(
    browser: Browser, caller: Party, api: Party, clock: Clock, subtests: pytest.Subtests
) -> None:
    wrong: list[Any] = [
        "https://nowhere.example/", RESOURCE + "/", RESOURCE + "#part", RESOURCE.upper(), RESOURCE + "?x=1", "/v1",
        "not a uri", [RESOURCE, "https://nowhere.example/"], [RESOURCE] * 11,
    ]  # fmt: skip
    for resource in wrong:
        with subtests.test(str(resource)[:50]):
            told(caller.authorize(browser, resource=resource), caller, "invalid_target")
            refused(pushing(caller, resource=resource), "invalid_target")

    assert "code" in caller.authorize(browser, resource=RESOURCE).answer
    clients.disable(api.id)
    clock.advance(2)
    told(caller.authorize(browser, resource=RESOURCE), caller, "invalid_target")


def test_scopes_of_an_api_are_granted_to_whom_they_are_registered(browser: Browser, caller: Party) -> None:
    assert caller.tokens(browser, scope=f"openid {READ} {WRITE}")["scope"].split() == [READ, "openid"]
