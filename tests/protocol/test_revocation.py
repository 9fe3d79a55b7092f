"""Token revocation (RFC 7009)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories import App, Person
from tests.support.apis import RESOURCE, by_itself, calling, serving
from tests.support.browser import Browser
from tests.support.party import Party, agree, granted, refused, signed_in

HINTS = (None, "access_token", "refresh_token", "bogus")


@pytest.mark.parametrize("hint", HINTS)
def test_an_access_token_is_revoked_alone_whatever_the_hint(at_home: Browser, party: Party, hint: str | None) -> None:
    body = party.tokens(at_home)
    answer = party.revoke(body["access_token"], token_type_hint=hint)

    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert party.userinfo(body["access_token"]).status_code == 401
    granted(party.refresh(body["refresh_token"]))


@pytest.mark.parametrize("hint", HINTS)
def test_a_refresh_token_takes_its_family_with_it_whatever_the_hint(
    at_home: Browser, party: Party, hint: str | None
) -> None:
    body, bystander = party.tokens(at_home), party.tokens(at_home)
    assert party.revoke(body["refresh_token"], token_type_hint=hint).status_code == 200

    refused(party.refresh(body["refresh_token"]), "invalid_grant")
    assert party.userinfo(body["access_token"]).status_code == 401
    assert party.userinfo(bystander["access_token"]).status_code == 200


def test_a_strangers_token_is_left_alone_without_a_word(at_home: Browser, party: Party, another: Party) -> None:
    body = party.tokens(at_home)

    for token in (body["access_token"], body["refresh_token"], "made-up", "made.up", "", "x" * 5000):
        answer = another.revoke(token)
        assert (answer.status_code, answer.data) == (200, b"") if token else (400, answer.data)
    assert party.userinfo(body["access_token"]).status_code == 200
    granted(party.refresh(body["refresh_token"]))


def test_a_revoked_token_may_be_revoked_again(at_home: Browser, party: Party) -> None:
    token = party.tokens(at_home)["refresh_token"]

    assert [party.revoke(token).status_code for _ in range(2)] == [200, 200]


def test_only_an_app_that_proves_itself_may_revoke(at_home: Browser, party: Party) -> None:
    token = party.tokens(at_home)["access_token"]

    refused(party.call("/revoke", {}, token=token), "invalid_client")
    refused(party.call("/revoke", {}, token=token, client_id=party.id), "invalid_client")
    assert party.userinfo(token).status_code == 200


def test_a_public_app_revokes_its_own_and_nobody_elses(
    at_home: Browser, party: Party, resident: Person, make_client: Callable[..., App]
) -> None:
    public = Party(at_home.app, make_client(auth_method="none", first_party=True))
    mine, theirs = public.tokens(signed_in(at_home, resident)), party.tokens(at_home)
    public.revoke(theirs["access_token"])
    public.revoke(mine["access_token"])

    assert party.userinfo(theirs["access_token"]).status_code == 200
    assert public.userinfo(mine["access_token"]).status_code == 401


def test_a_token_is_needed(party: Party) -> None:
    refused(party.revoke("x", token=None), "invalid_request")
    refused(party.revoke("x", token=["a", "b"]), "invalid_request")


def test_an_id_token_is_nothing_to_revoke(at_home: Browser, party: Party, resident: Person) -> None:
    agree(resident, party.registered)
    body = party.tokens(at_home)

    assert party.revoke(body["id_token"]).status_code == 200
    assert party.userinfo(body["access_token"]).status_code == 200


@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.parametrize("token_format", ["opaque", "jwt"])
def test_an_apps_own_token_is_revoked_by_that_app_alone(
    app: Flask, party: Party, hint: str | None, token_format: str
) -> None:
    api, caller = serving(app, token_format=token_format), calling(app)
    token, other = (granted(by_itself(caller, resource=RESOURCE))["access_token"] for _ in range(2))
    for stranger in (api, party):
        assert stranger.revoke(token, token_type_hint=hint).status_code == 200
    assert api.introspect(token)["active"]
    assert caller.revoke(token, token_type_hint=hint).status_code == 200

    assert api.introspect(token) == {"active": False}
    assert api.introspect(other)["active"]
