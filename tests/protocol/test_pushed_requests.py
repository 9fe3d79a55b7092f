"""Pushed authorization requests (RFC 9126): sent ahead by the app itself, and answered once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey
from sqlalchemy import select

from idp.clients import service as clients
from idp.kernel.clock import MINUTE
from idp.kernel.crypto import digest
from idp.kernel.db import execute
from idp.limits.policy import LIMITS, Budget
from idp.sessions import pushed
from idp.sessions.models import PushedRequestRow
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.dpop import OTHER_EC, Prover
from tests.support.party import Party, agree, granted, refused, signed_in, stopped, told, visitor
from tests.support.requests import JWKS, KEY, PUSHED, push, pushing, request_object, visit

WRONG = "invalid_request_uri"


@pytest.fixture
def signer(app: Flask, make_client: Callable[..., App]) -> Party:
    """An app with a key of its own."""
    return Party(app, make_client(auth_method="private_key_jwt", jwks=JWKS, scopes=("openid", "email")), KEY)


def test_a_push_is_answered_with_a_name_and_its_time(party: Party) -> None:
    response = pushing(party)
    body = response.get_json()

    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store" and response.mimetype == "application/json"
    assert body.keys() == {"request_uri", "expires_in"} and 5 <= body["expires_in"] <= 600
    assert body["request_uri"].startswith(PUSHED) and len(body["request_uri"].removeprefix(PUSHED)) >= 43


def test_the_browser_brings_the_name_alone_and_the_pushed_request_is_answered(at_home: Browser, party: Party) -> None:
    visit(party, at_home, push(party, state="pushed", nonce="inside"))
    assert at_home.answer.keys() == {"code", "state", "iss"} and at_home.answer["state"] == "pushed"

    claims = party.read(granted(party.redeem(at_home.answer["code"]))["id_token"])
    assert claims["nonce"] == "inside"


def test_nothing_beside_the_name_counts(at_home: Browser, party: Party) -> None:
    outside = {
        "state": "outside",
        "nonce": "x",
        "prompt": "login",
        "redirect_uri": "https://evil.example/",
        "request": "x",
    }
    visit(party, at_home, push(party, state=None), **outside, scope=["openid", "email"])

    assert at_home.answer.keys() == {"code", "iss"}
    assert (at_home.location or "").startswith(party.registered.redirect_uri)


def test_every_client_authentication_of_the_token_endpoint_works_here(
    app: Flask, party: Party, signer: Party, make_client: Callable[..., App], subtests: pytest.Subtests
) -> None:
    apps = {
        "client_secret_basic": party,
        "client_secret_post": Party(app, make_client(auth_method="client_secret_post")),
        "private_key_jwt": signer,
        "none": Party(app, make_client(auth_method="none")),
    }
    for name, one in apps.items():
        with subtests.test(name):
            assert push(one)


def test_nobody_pushes_in_the_name_of_another(
    party: Party, another: Party, signer: Party, subtests: pytest.Subtests
) -> None:
    stranger = ECKey.generate_key("P-256")
    wrong: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
        "nothing": ({}, {}),
        "another's secret": (another.credentials()[0], {}),
        "a foreign key": ({}, {"client_id": signer.id, "client_assertion": signer.assertion(key=stranger)}),
    }
    for name, (headers, changes) in wrong.items():
        with subtests.test(name):
            response = pushing(party, headers, **changes)
            assert response.status_code in {400, 401} and response.get_json()["error"] == "invalid_client"


def test_the_whole_request_is_checked_now(party: Party, subtests: pytest.Subtests) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"request_uri": PUSHED + "x"}, "invalid_request"),
        ({"request_uri": ""}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "bogus"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"resource": "https://nowhere.example/"}, "invalid_target"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"dpop_jkt": "x"}, "invalid_request"),
        ({"state": ["one", "two"]}, "invalid_request"),
    ]
    for changes, error in wrong:
        with subtests.test(str(changes)):
            refused(pushing(party, **changes), error)
    assert push(party)


def test_only_a_form_of_reasonable_size_by_post(party: Party) -> None:
    headers, form = party.credentials()
    caller = visitor(party.app)

    for method in ("GET", "PUT", "DELETE"):
        assert caller.open("/par", method=method).status_code == 405
    refused(caller.post("/par", headers=headers, json=party.request()), "invalid_request")
    refused(caller.post("/par?scope=openid", headers=headers, data=party.request() | form), "invalid_request")
    refused(pushing(party, login_hint="x" * 70_000), "invalid_request")
    assert caller.options("/par").status_code == 204


def test_what_is_kept_is_no_longer_than_a_query_may_be(party: Party, signer: Party) -> None:
    long = {"login_hint": "x" * 16_000}
    many = {"state": "é" * 4_000, "login_hint": "é" * 4_000}
    for changes in (long, many):
        refused(pushing(party, **changes), "invalid_request")
        refused(pushing(signer, request=request_object(signer, **changes)), "invalid_request")
    fits = {"login_hint": "x" * 15_000}
    assert push(party, **fits, unknown="x" * 20_000) and push(signer, request=request_object(signer, **fits))


def test_pushes_that_anybody_can_send_are_counted_by_network(
    app: Flask, party: Party, make_client: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "public_push", replace(LIMITS["public_push"], network=Budget(3, MINUTE)))
    public = [Party(app, make_client(auth_method="none")) for _ in range(2)]
    for one in (*public, public[0]):
        assert push(one)

    answer = pushing(public[1])
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert push(party)


def test_a_name_works_until_its_time_is_over(at_home: Browser, party: Party, clock: Clock) -> None:
    first, second = push(party), push(party)
    clock.advance(pushed.LIFETIME - 1)
    assert "code" in visit(party, at_home, first).answer

    clock.advance(1)
    stopped(visit(party, at_home, second), WRONG)


def test_a_name_is_looked_at_as_often_as_one_likes_and_answered_once(
    browser: Browser, party: Party, resident: Person
) -> None:
    agree(resident, party.registered)
    name = push(party)
    visit(party, browser, name)
    earlier = browser.location
    visit(party, browser, name).follow()
    browser.sign_in(resident, path=None)
    assert "code" in browser.answer

    stopped(visit(party, browser, name), WRONG)
    stopped(
        browser.get(earlier, follow=False).get((earlier or "").replace("sign-in", "authorize"), follow=False), WRONG
    )


def test_a_sign_in_may_last_longer_than_the_name(
    browser: Browser, party: Party, resident: Person, clock: Clock
) -> None:
    agree(resident, party.registered)
    visit(party, browser, push(party)).follow()
    clock.advance(1800)
    pushed.sweep(100)
    browser.sign_in(resident, path=None)

    assert "code" in browser.answer


def test_an_error_answers_it_too(at_home: Browser, party: Party) -> None:
    name = push(party, prompt="none", max_age="0")
    told(visit(party, at_home, name), party, "login_required")

    stopped(visit(party, at_home, name), WRONG)


def test_a_no_answers_it_too(at_home: Browser, party: Party) -> None:
    name = push(party, prompt="consent")
    visit(party, at_home, name).follow()
    at_home.submit("decline")
    told(at_home, party, "access_denied")

    stopped(visit(party, at_home, name), WRONG)


def test_a_name_is_good_for_its_app_alone(at_home: Browser, party: Party, another: Party, resident: Person) -> None:
    agree(resident, another.registered)
    name = push(party)

    stopped(visit(another, at_home, name), WRONG)
    stopped(visit(party, at_home, name + "x"), WRONG)
    stopped(visit(party, at_home, name, client_id=None), "unknown_client")
    stopped(visit(party, at_home, name, client_id=[party.id, another.id]))
    doubled = {"client_id": party.id, "request_uri": [name, push(party)]}
    stopped(at_home.get("/authorize", query_string=doubled, follow=False), WRONG)
    assert "code" in visit(party, at_home, name).answer


def test_an_app_that_must_push_is_not_heard_otherwise(
    browser: Browser, resident: Person, make_client: Callable[..., App], subtests: pytest.Subtests
) -> None:
    strict = [
        make_client(require_pushed_authorization_requests=True, auth_method="private_key_jwt", jwks=JWKS),
        make_client(profile="fapi2", auth_method="private_key_jwt", jwks=JWKS),
    ]
    for registered in strict:
        with subtests.test(registered.client.metadata.profile):
            party = Party(browser.app, registered, KEY)
            agree(resident, registered)
            signed_in(browser, resident)
            told(party.authorize(browser), party, "invalid_request")
            told(party.authorize(browser, request=request_object(party)), party, "invalid_request")
            assert "code" in visit(party, browser, push(party)).answer


def test_what_an_app_registered_as_default_holds_for_pushed_requests_too(
    at_home: Browser, party: Party, clock: Clock
) -> None:
    clients.change(party.id, default_max_age=60)
    clock.advance(61)
    visit(party, at_home, push(party))
    assert (at_home.location or "").startswith("/sign-in/")

    assert "code" in visit(party, at_home, push(party, max_age="3600")).answer


def test_a_proof_beside_the_push_binds_the_code_to_its_key(at_home: Browser, party: Party) -> None:
    prover, other = Prover(party), Prover(party, OTHER_EC)
    for changes in ({}, {"dpop_jkt": prover.thumbprint}):
        for redeemer, status in ((other, 400), (prover, 200)):
            name = pushing(party, prover.headers("/par"), **changes).get_json()["request_uri"]
            code = visit(party, at_home, name).answer["code"]
            assert redeemer.redeem(code).status_code == status


@pytest.mark.only_on("sqlite")
def test_the_database_keeps_neither_name_nor_parameters(party: Party) -> None:
    name = push(party, login_hint="somebody@residents.example").removeprefix(PUSHED)
    row = execute(select(PushedRequestRow.__table__)).one()

    assert row.digest == digest(name)
    assert name.encode() not in row.parameters and b"somebody" not in row.parameters


@pytest.mark.only_on("sqlite")
def test_old_requests_are_swept(party: Party, clock: Clock) -> None:
    push(party)
    clock.advance(pushed.LIFETIME + pushed.KEPT_FOR)
    assert pushed.sweep(100) == 0

    clock.advance(1)
    assert pushed.sweep(100) == 1
