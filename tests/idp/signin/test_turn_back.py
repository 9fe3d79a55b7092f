"""Leaving an app's sign-in without signing in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, signed_in, told


@pytest.fixture
def party(app: Flask, make_client: Callable[..., App]) -> Party:
    return Party(app, make_client())


def test_the_app_is_told_with_its_own_state(browser: Browser, party: Party) -> None:
    party.authorize(browser, follow=True)

    browser.submit("cancel", follow=True)

    told(browser, party, "access_denied")


def test_it_is_over_then(browser: Browser, party: Party, make_account: Callable[..., Person]) -> None:
    page = party.authorize(browser).location or ""
    browser.get(page)
    browser.submit("cancel", follow=True)

    signed_in(browser, make_account(totp=True))

    assert "code" not in browser.get(page.replace("/sign-in/", "/authorize/")).answer


def test_no_other_browser_and_no_look_can_do_it(app: Flask, browser: Browser, party: Party) -> None:
    page = party.authorize(browser).location or ""
    token = browser.get(page).field("csrf_token")["value"]

    assert browser.get(f"{page}/turn-back").status == 405
    other = Browser(app)
    other.get("/sign-in")
    assert other.post(f"{page}/turn-back", {"csrf_token": token}).status in {400, 410}
    assert browser.get(page).data_page == "sign-in"
