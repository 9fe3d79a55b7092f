"""Devices and sign-ins: seen, and ended one by one or all."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from idp.audit.service import search
from idp.kernel.clock import MINUTE
from idp.kernel.db import execute
from idp.outbox.models import Message
from idp.sessions.models import SessionRow
from idp.sessions.service import sessions_of
from tests.support.browser import Browser

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes


@pytest.fixture
def ana(make_account):
    return make_account(totp=True)


@pytest.fixture
def at_home(browser, ana) -> Browser:
    return browser.sign_in(ana)


@pytest.fixture
def elsewhere(at_home, ana, clock) -> Browser:
    clock.advance(5 * MINUTE)
    other = at_home.another().sign_in(ana)
    mine = update(SessionRow).where(SessionRow.created_at == clock.now)
    execute(mine.values(device="Firefox on Android", place="Worcester, Massachusetts, United States"))
    return other


def test_the_page_says_where_when_and_how(at_home, elsewhere, ana) -> None:
    at_home.get("/account/devices")
    assert at_home.data_page == "devices"
    for words in ("Firefox on Android", "Worcester, Massachusetts", "Password and Authenticator app", "This browser"):
        assert words in at_home.text
    assert at_home.text.index("This browser") < at_home.text.index("Firefox on Android")
    assert "January 15, 2027" in at_home.text
    assert "Signed in on 2 devices" in at_home.get("/account").text


def test_one_is_ended_and_the_others_stay(at_home, elsewhere, ana, clock, make_agency) -> None:
    agency = make_agency(backchannel_logout_uri="https://app.agency.example/logout")
    tokens = agency.sign_in(elsewhere, ana, "openid")
    assert "Department of Tests" in at_home.get("/account/devices").text
    at_home.submit("end-2")
    assert "That device is signed out." in at_home.text
    assert elsewhere.get("/account").path == "/sign-in"
    assert agency.userinfo(tokens["access_token"]).status_code == 401
    assert execute(select(Message.client_id).where(Message.kind == "logout")).scalars().all() == [agency.app.id]
    ended = search(account=ana.id, kind="session.ended")
    assert [event.actor for event in ended] == ["resident"]
    assert at_home.get("/account").path == "/account"


def test_all_others_are_ended(at_home, elsewhere, ana) -> None:
    at_home.get("/account/devices").submit("end-others")
    assert len(sessions_of(ana.id)) == 1
    assert at_home.page.find(id="end-others") is None
    assert elsewhere.get("/account").path == "/sign-in"


def test_everything_ends_with_what_services_may_do_meanwhile(at_home, elsewhere, ana, make_agency) -> None:
    agency = make_agency(scopes=("openid", "offline_access"))
    tokens = agency.sign_in(elsewhere, ana, "openid offline_access")
    at_home.get("/account/devices").submit("end-others")
    kept = agency.refresh(tokens["refresh_token"])
    assert kept.status_code == 200, "what an app may do while its resident is away outlives a sign-in"
    at_home.get("/account/devices").submit("end-all")
    assert at_home.data_page == "signed-out"
    assert at_home.get("/account").path == elsewhere.get("/account").path == "/sign-in"
    assert agency.refresh(kept.get_json()["refresh_token"]).status_code == 400


def test_nothing_ends_without_the_form_token(at_home, elsewhere, ana) -> None:
    other = next(one.id for one in sessions_of(ana.id) if one.device == "Firefox on Android")
    for path in (f"{other}/end", "end-others", "end-all"):
        assert at_home.post(f"/account/devices/{path}").status == 400
    assert len(sessions_of(ana.id)) == 2
