"""What an app that pays money may ask about a sign-in: its strength, and when ways to sign in last changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from idp.accounts import notices
from idp.kernel.registry import registry
from idp.sessions.claims import SCOPE
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.party import Party, agree, granted, signed_in

CLAIMS = ("phishing_resistant", "credentials_changed_at")


@pytest.fixture
def party(app: Flask, make_client: Callable[..., App]) -> Party:
    return Party(app, make_client(scopes=("openid", "profile", SCOPE)))


@pytest.fixture
def home(browser: Browser, party: Party, make_account: Callable[..., Person]) -> Browser:
    person = make_account(totp=True, legal_name={"given": "Ana"})
    agree(person, party.registered)
    return signed_in(browser, person)


def told(party: Party, browser: Browser, **changes: object) -> dict[str, object]:
    answer = party.userinfo(party.tokens(browser, **changes)["access_token"]).get_json()
    return {name: answer[name] for name in CLAIMS if name in answer}


def test_the_scope_tells_both(party: Party, home: Browser) -> None:
    assert told(party, home) == {"phishing_resistant": False, "credentials_changed_at": START}


def test_a_change_of_credentials_is_told_with_its_time(
    party: Party, browser: Browser, make_account: Callable[..., Person], clock: Clock
) -> None:
    person = make_account(totp=True)
    agree(person, party.registered)
    clock.advance(1000)
    notices.note_credentials(person.id)

    assert told(party, signed_in(browser, person))["credentials_changed_at"] == START + 1000


def test_a_sign_in_that_resists_phishing_says_so(
    party: Party, browser: Browser, make_account: Callable[..., Person]
) -> None:
    methods = registry().methods
    methods["test_key"] = replace(
        methods["totp"], name="test_key", factors=("have", "are"), amr=("swk", "user"), phishing_resistant=True
    )
    person = make_account(totp=True)
    agree(person, party.registered)

    assert told(party, signed_in(browser, person, ("test_key",)))["phishing_resistant"] is True


def test_by_name_they_come_in_the_id_token_and_not_unasked(party: Party, home: Browser) -> None:
    asked = json.dumps({"id_token": dict.fromkeys(CLAIMS)})
    tokens = granted(party.redeem(party.code(home, scope="openid", claims=asked)))
    id_token = party.read(tokens["id_token"])

    assert (id_token["phishing_resistant"], id_token["credentials_changed_at"]) == (False, START)
    assert told(party, home, scope="openid profile") == {}
    assert not set(CLAIMS) & party.read(party.tokens(home, scope="openid")["id_token"]).keys()


def test_both_are_shown_before_they_are_shared(
    party: Party, browser: Browser, make_account: Callable[..., Person]
) -> None:
    signed_in(browser, make_account(totp=True))
    party.authorize(browser, follow=True)

    assert browser.data_page == "consent"
    assert "Whether you signed in with a passkey" in browser.text and "When your ways to sign in" in browser.text
    assert "No" in browser.page.find(id="claim-phishing_resistant").find_parent().get_text()  # type: ignore[union-attr]
