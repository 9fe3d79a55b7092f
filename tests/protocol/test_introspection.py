"""Token introspection (RFC 7662): an app learns about its own tokens, and nothing about others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from idp import lifecycle
from idp.sessions.assurance import AAL2
from tests.factories import App, Person
from tests.support.apis import READ, RESOURCE, by_itself, calling, decoded, passed_on, serving
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.party import Party, agree, granted, refused, visitor

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

INACTIVE = {"active": False}
SIGNED = "application/token-introspection+jwt"


def test_an_access_token_is_described(at_home: Browser, party: Party) -> None:
    body = party.tokens(at_home)

    assert party.introspect(body["access_token"]) == {
        "active": True,
        "iss": party.issuer,
        "client_id": party.id,
        "aud": party.issuer,
        "sub": party.read(body["id_token"])["sub"],
        "scope": body["scope"],
        "token_type": "Bearer",
        "iat": START,
        "exp": START + 600,
        "auth_time": START,
        "acr": AAL2,
        "amr": ["pwd", "otp", "mfa"],
    }


def test_a_refresh_token_is_described_without_being_spent(at_home: Browser, party: Party) -> None:
    token = party.tokens(at_home)["refresh_token"]

    for hint in (None, "access_token", "refresh_token", "bogus"):
        told = party.introspect(token, token_type_hint=hint)
        assert told["active"] and told["exp"] == START + 30 * 86400 and "token_type" not in told


def test_the_scope_is_the_tokens_own(at_home: Browser, party: Party) -> None:
    narrow = party.refresh(party.tokens(at_home)["refresh_token"], scope="openid").get_json()

    assert party.introspect(narrow["access_token"])["scope"] == "openid"


def test_a_stranger_learns_nothing(at_home: Browser, party: Party, another: Party) -> None:
    body = party.tokens(at_home)

    for token in (body["access_token"], body["refresh_token"], body["id_token"]):
        assert another.introspect(token) == INACTIVE


def test_what_works_no_more_is_inactive_and_nothing_else_is_said(
    at_home: Browser, party: Party, clock: Clock, resident: Person
) -> None:
    body = party.tokens(at_home)
    spent = body["refresh_token"]
    fresh = party.refresh(spent).get_json()
    assert party.introspect(spent) == INACTIVE

    clock.advance(600)
    assert party.introspect(body["access_token"]) == INACTIVE
    assert party.introspect(fresh["refresh_token"])["active"]
    lifecycle.lock(resident.id)
    assert party.introspect(fresh["refresh_token"]) == INACTIVE


def test_random_strings_are_inactive(party: Party) -> None:
    for token in ("made-up", "made.up", ".", "x" * 5000, "ünïcode", " "):
        assert party.introspect(token) == INACTIVE


def test_only_a_confidential_app_that_proves_itself_may_ask(party: Party, make_client: Callable[..., App]) -> None:
    public = Party(party.app, make_client(auth_method="none"))

    refused(party.call("/introspect", {}, token="x"), "invalid_client", 401)
    refused(party.call("/introspect", {}, token="x", client_id=party.id), "invalid_client", 401)
    refused(public.call("/introspect", token="x"), "unauthorized_client", 403)


def test_it_is_asked_by_post_with_a_token(party: Party) -> None:
    refused(party.call("/introspect"), "invalid_request")
    refused(party.call("/introspect", token=["a", "b"]), "invalid_request")
    assert visitor(party.app).get("/introspect?token=x", headers=party.credentials()[0]).status_code == 405


def test_an_api_learns_about_tokens_for_itself_alone(
    app: Flask, at_home: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    api, caller = serving(app), calling(app)
    other = serving(app, "https://other.example/", ("other.read",), name="Other", agency=None)
    agree(resident, caller.registered)
    body = caller.tokens(at_home)
    for_api = [
        granted(by_itself(caller, resource=RESOURCE))["access_token"],
        granted(passed_on(caller, body["access_token"]))["access_token"],
        granted(caller.redeem(caller.code(at_home, resource=RESOURCE), resource=RESOURCE))["access_token"],
    ]

    for token in for_api:
        assert api.introspect(token)["scope"] == READ
        assert caller.introspect(token)["aud"] == RESOURCE
        assert other.introspect(token) == INACTIVE
    for token in (body["access_token"], body["refresh_token"], granted(by_itself(caller))["access_token"]):
        assert api.introspect(token) == INACTIVE


@pytest.mark.parametrize("alg", [None, "ES256", "PS256"])
def test_whoever_wants_it_signed_gets_it_signed(at_home: Browser, party: Party, app: Flask, alg: str | None) -> None:
    """RFC 9701 sections 4 and 5: chosen by the Accept header, never by registration alone."""
    api = serving(app, introspection_signed_response_alg=alg)
    token = granted(by_itself(calling(app), resource=RESOURCE))["access_token"]
    for text, told in ((token, api.introspect(token)), ("made-up", INACTIVE)):
        answer = api.call("/introspect", api.credentials()[0] | {"Accept": SIGNED}, token=text)
        signed = decoded(api, answer.get_data(as_text=True))

        assert answer.mimetype == SIGNED
        assert answer.headers["Cache-Control"] == "no-store"
        assert (signed.header["typ"], signed.header["alg"]) == ("token-introspection+jwt", alg or "RS256")
        assert signed.claims == {"iss": api.issuer, "aud": api.id, "iat": START, "token_introspection": told}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html", "application/json"),
        (f"application/json, {SIGNED};q=0.5", "application/json"),
        (f"{SIGNED}, application/json;q=0.5", SIGNED),
        (f"{SIGNED};q=0", "application/json"),
        ("garbage;;q=x,,", "application/json"),
    ],
)
def test_a_signed_answer_is_for_those_who_prefer_it(party: Party, accept: str, kind: str) -> None:
    headers = party.credentials()[0] | {"Accept": accept}

    assert party.call("/introspect", headers, token="x").mimetype == kind


def test_an_error_is_plain_even_for_those_who_want_it_signed(party: Party) -> None:
    refused(party.call("/introspect", {"Accept": SIGNED}, token="x"), "invalid_client", 401)
    refused(party.call("/introspect", party.credentials()[0] | {"Accept": SIGNED}), "invalid_request")
