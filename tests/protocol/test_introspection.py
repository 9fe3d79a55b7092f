"""Token introspection (RFC 7662): an app learns about its own tokens, and nothing about others."""

from __future__ import annotations

from collections.abc import Callable

from idp import lifecycle
from idp.sessions.assurance import AAL2
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.party import Party, refused, visitor

INACTIVE = {"active": False}


def test_an_access_token_is_described(at_home: Browser, party: Party) -> None:
    body = party.tokens(at_home)

    assert party.introspect(body["access_token"]) == {
        "active": True,
        "iss": party.issuer,
        "client_id": party.id,
        "aud": party.id,
        "sub": party.read(body["id_token"])["sub"],
        "scope": body["scope"],
        "token_type": "Bearer",
        "iat": START,
        "exp": START + 600,
        "auth_time": START,
        "acr": AAL2,
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

    refused(party.call("/introspect", {}, token="x"), "invalid_client")
    refused(party.call("/introspect", {}, token="x", client_id=party.id), "invalid_client")
    refused(public.call("/introspect", token="x"), "unauthorized_client", 403)


def test_it_is_asked_by_post_with_a_token(party: Party) -> None:
    refused(party.call("/introspect"), "invalid_request")
    refused(party.call("/introspect", token=["a", "b"]), "invalid_request")
    assert visitor(party.app).get("/introspect?token=x", headers=party.credentials()[0]).status_code == 405
