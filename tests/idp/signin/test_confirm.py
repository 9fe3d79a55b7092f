"""A resident who is signed in proves again who they are, or says who they are."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from idp import lifecycle
from idp.audit.service import search
from idp.kernel.db import execute
from idp.sessions.models import SessionRow
from idp.sessions.service import sessions_of
from tests.factories import Person
from tests.idp.signin.acts import agree, cookie
from tests.support.agency import Agency
from tests.support.browser import Browser
from tests.support.clock import Clock

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

FRESH_PAGE = "/account/sign-in/password"


@pytest.fixture
def stale(browser: Browser, ana: Person, clock: Clock) -> Browser:
    """Ana's browser, signed in twenty-one minutes ago."""
    browser.sign_in(ana)
    clock.advance(21 * 60)
    return browser


def test_a_sensitive_page_asks_again_and_comes_back(stale: Browser, ana: Person, clock: Clock) -> None:
    before = cookie(stale)
    stale.get(FRESH_PAGE)
    assert stale.data_page == "confirm"
    stale.submit(password=ana.password)
    assert stale.data_page == "second-step"
    assert stale.get(FRESH_PAGE).data_page == "confirm"
    stale.submit(password=ana.password)
    stale.submit("verify", code=ana.code())
    assert stale.path == FRESH_PAGE
    assert cookie(stale) != before
    ids = execute(select(SessionRow.id, SessionRow.authenticated_at)).all()
    assert [row.authenticated_at for row in ids] == [clock.now]
    (confirmed,) = search(kind="session.confirmed")
    assert confirmed.facts == {"session_id": ids[0].id, "methods": ["password", "totp"]}


def test_a_young_session_is_not_asked_again(browser: Browser, ana: Person) -> None:
    browser.sign_in(ana)
    assert browser.get(FRESH_PAGE).path == FRESH_PAGE


def test_a_wrong_password_confirms_nothing(stale: Browser, ana: Person) -> None:
    stale.get(FRESH_PAGE).submit(password="wrong password")
    assert (stale.data_page, bool(stale.errors)) == ("confirm", True)
    assert search(kind="session.confirmed") == []
    assert stale.get("/account").path == "/account"


def test_who_cancels_stays_signed_in_as_before(stale: Browser) -> None:
    before = cookie(stale)
    stale.get(FRESH_PAGE).click("cancel")
    assert stale.path == "/account"
    assert cookie(stale) == before


def test_nobody_confirms_without_a_session(browser: Browser) -> None:
    assert browser.get("/confirm").data_page == "sign-in"


def test_a_confirmation_of_a_session_that_ended_raises_nothing(stale: Browser, ana: Person) -> None:
    stale.get(FRESH_PAGE).submit(password=ana.password)
    lifecycle.end_session(sessions_of(ana.id)[0].id)
    stale.submit("verify", code=ana.code())
    assert stale.data_error == "attempt_gone"
    assert stale.get("/account").data_page == "sign-in"


def test_select_account_offers_who_is_here(browser: Browser, agency: Agency, ana: Person) -> None:
    agency.sign_in(browser, ana)
    agency.authorize(browser, prompt="select_account")
    assert browser.data_page == "choose-account"
    assert ana.email in browser.text
    browser.submit("continue")
    assert agency.code(browser)


def test_select_account_lets_somebody_else_sign_in(browser: Browser, agency: Agency, ana: Person, bo: Person) -> None:
    first = agency.read(agency.sign_in(browser, ana)["id_token"])["sub"]
    agency.authorize(browser, prompt="select_account").click("another")
    browser.sign_in(bo, path=None)
    tokens = agency.redeem(agency.code(agree(browser))).get_json()
    assert agency.read(tokens["id_token"])["sub"] != first


def test_choosing_is_no_signing_in(browser: Browser, agency: Agency, ana: Person, clock: Clock) -> None:
    agency.sign_in(browser, ana)
    for prompt, more in (("login select_account", {}), ("select_account", {"max_age": "0"})):
        agency.authorize(browser, prompt=prompt, **more)
        assert browser.data_page == "sign-in"
        request_id = browser.path.rpartition("/")[2]
        token = browser.field("csrf_token")["value"]
        browser.post(f"/choose-account/{request_id}", {"csrf_token": token})
        assert browser.data_page == "sign-in"


def test_looking_at_the_choice_chooses_nothing(browser: Browser, agency: Agency, ana: Person) -> None:
    agency.sign_in(browser, ana)
    agency.authorize(browser, prompt="select_account")
    request_id = browser.path.rpartition("/")[2]
    browser.get(f"/authorize/{request_id}")
    assert browser.data_page == "choose-account"


def test_a_silent_request_is_told_that_a_choice_is_owed(browser: Browser, agency: Agency, ana: Person) -> None:
    agency.sign_in(browser, ana)
    agency.authorize(browser, prompt="none")
    assert agency.code(browser)
    agency.authorize(browser, prompt="none", max_age="0")
    assert browser.answer["error"] == "login_required"
