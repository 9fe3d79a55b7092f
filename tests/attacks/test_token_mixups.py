"""A token works for its app, its purpose and its owner, and for nothing else.

Attacks 023, 034, 036, 049, 065, 091 and 097.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from idp.keys import service as keys
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, agree, asserted, cookies, granted, refused, signed_in, visitor


@pytest.fixture
def evil(browser: Browser, make_client: Callable[..., App]) -> Party:
    """A correctly registered app of the attacker."""
    return Party(
        browser.app, make_client(name="Evil", redirect_uris=("https://evil.example/cb",), scopes=("openid", "email"))
    )


def test_two_apps_of_one_resident_share_no_name_for_them(
    at_home: Browser, party: Party, evil: Party, resident: Person
) -> None:
    agree(resident, evil.registered)
    mine, theirs = party.tokens(at_home), evil.tokens(at_home)
    here, there = party.read(mine["id_token"]), evil.read(theirs["id_token"])

    assert (here["aud"], there["aud"]) == (party.id, evil.id)
    assert here["sub"] != there["sub"] and here["sid"] != there["sid"]
    assert party.introspect(mine["access_token"])["client_id"] == party.id
    assert party.introspect(theirs["access_token"]) == {"active": False}


def test_no_kind_of_token_passes_for_another(
    at_home: Browser, party: Party, resident: Person, subtests: pytest.Subtests
) -> None:
    tokens = party.tokens(at_home)
    form_token = str(at_home.get("/sign-in").field("csrf_token")["value"])
    code = party.code(at_home)
    session = next(value for name, value in cookies(at_home).items() if "session" in name)
    others = {
        "id token": tokens["id_token"], "refresh token": tokens["refresh_token"], "form token": form_token,
        "code": code,
        "session": session,
    }  # fmt: skip

    for name, text in others.items():
        with subtests.test(name):
            assert party.userinfo(text).status_code == 401
            assert name == "refresh token" or party.introspect(text) == {"active": False}
    for text in (tokens["access_token"], tokens["refresh_token"], form_token, session):
        refused(party.redeem(text), "invalid_grant")
    refused(party.redeem("x", {}, **asserted(tokens["id_token"])), "invalid_client")
    assert at_home.get("/end-session", query_string={"id_token_hint": tokens["access_token"]}).status == 400
    assert party.userinfo(tokens["access_token"]).status_code == 200


def test_an_access_token_opens_no_page(at_home: Browser, party: Party) -> None:
    access_token = party.tokens(at_home)["access_token"]
    stranger = at_home.another()

    stranger.get("/account", headers={"Authorization": f"Bearer {access_token}"}, follow=False)
    assert stranger.status == 303


def test_no_door_shows_a_private_key(at_home: Browser, party: Party) -> None:
    published = visitor(party.app).get("/.well-known/jwks.json").get_data(as_text=True)

    for key in keys.every():
        private = key.key.as_dict(private=True)
        for member in ("d", "p", "q", "dp", "dq", "qi"):
            assert str(private.get(member, "no such member")) not in published


def test_thousands_of_scopes_are_as_harmless_as_one(at_home: Browser, party: Party) -> None:
    many = " ".join(["openid", *(f"scope{number}" for number in range(1200))])

    assert granted(party.redeem(party.code(at_home, scope=many)))["scope"] == "openid"


def test_a_resident_sees_only_their_own_claims_at_their_app(
    at_home: Browser, party: Party, resident: Person, make_account: Callable[..., Person]
) -> None:
    other = make_account(totp=True)
    agree(other, party.registered)
    theirs = party.tokens(signed_in(at_home.another(), other))
    mine = party.tokens(at_home)

    assert party.userinfo(mine["access_token"]).get_json()["email"] == resident.email
    assert party.userinfo(theirs["access_token"]).get_json()["email"] == other.email


@pytest.mark.only_on("sqlite")
def test_a_stolen_code_is_of_no_use_to_a_public_app(
    at_home: Browser, party: Party, evil: Party, make_client: Callable[..., App]
) -> None:
    """Attack 023: with an id alone, its own or the victim's, and with true credentials beside the victim's id."""
    spa = Party(at_home.app, make_client(auth_method="none"))
    address = party.registered.redirect_uri
    for thief, headers, form, error, status in (
        (spa, None, {}, "invalid_grant", 400),
        (spa, None, {"client_id": party.id}, "invalid_client", 400),
        (evil, None, {}, "invalid_grant", 400),
        (evil, None, {"client_id": party.id}, "invalid_client", 401),
    ):
        code = party.code(at_home)
        for _ in range(2):
            refused(thief.redeem(code, headers, redirect_uri=address, **form), error, status)
    granted(party.redeem(party.code(at_home)))


@pytest.mark.only_on("sqlite")
def test_nobody_uses_a_grant_that_was_not_given(
    app: Flask, make_client: Callable[..., App], subtests: pytest.Subtests
) -> None:
    """Attack 036: a public app, one with a secret, and one of machines alone."""
    urn = "urn:ietf:params:oauth:grant-type:"
    given = {
        "none": ("authorization_code",),
        "client_secret_basic": ("authorization_code",),
        "client_secret_post": ("client_credentials",),
    }
    others = ("authorization_code", "refresh_token", "client_credentials", f"{urn}device_code", f"{urn}token-exchange")
    unknown = ("password", "implicit", f"{urn}jwt-bearer", "refresh_token ", "AUTHORIZATION_CODE")
    for auth_method, grants in given.items():
        addresses = {} if "authorization_code" in grants else {"redirect_uris": ()}
        party = Party(app, make_client(auth_method=auth_method, grants=grants, **addresses))
        form = {"code": "x", "refresh_token": "a.b", "device_code": "x", "username": "a", "password": "b"}
        for grant in (*others, *unknown):
            with subtests.test(f"{auth_method} {grant}"):
                error = party.token(grant_type=grant, **form).get_json().get("error")
                assert (error == "unsupported_grant_type") is (grant in unknown)
                assert (error == "unauthorized_client") is (grant in set(others) - set(grants))
