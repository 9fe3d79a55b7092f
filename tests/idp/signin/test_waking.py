"""After mere inactivity one factor is enough, in the same browser; at any request for more it is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from idp import lifecycle
from idp.accounts import notices
from idp.audit.service import search
from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.db import execute, transaction
from idp.sessions.assurance import AAL2, AAL2_PHISHING_RESISTANT
from idp.sessions.models import SessionRow
from idp.sessions.service import sessions_of
from tests.factories import Person
from tests.idp.signin.acts import agree, cookie, knock
from tests.support.agency import Agency
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.devices import LAPTOP, PHONE, as_kind

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def rested(browser: Browser, ana: Person, clock: Clock) -> Browser:
    """Ana's browser, an hour after she last used it."""
    browser.sign_in(ana)
    clock.advance(HOUR)
    return browser


def woken() -> int:
    return len(search(kind="session.woken"))


@pytest.mark.parametrize("swept", [False, True])
def test_a_password_wakes_a_session_that_rested(rested: Browser, ana: Person, clock: Clock, swept: bool) -> None:
    (before,) = sessions_of(ana.id, live_only=False)
    old = cookie(rested)
    if swept:
        assert lifecycle.end_overdue(10) == 1

    assert knock(rested, ana.email, ana.password).path == "/account"
    (now,) = sessions_of(ana.id)
    assert (now.acr, now.methods, now.authenticated_at) == (before.acr, before.methods, START)
    assert now.id != before.id and cookie(rested) != old
    (event,) = search(kind="session.woken")
    assert event.facts == {"session_id": now.id, "rested_id": before.id} and event.actor == "resident"
    expires = execute(select(SessionRow.expires_at).where(SessionRow.id == now.id)).scalar_one()
    assert expires == START + 12 * HOUR


def test_the_app_is_told_nothing_newer_than_the_truth(
    browser: Browser, agency: Agency, ana: Person, clock: Clock
) -> None:
    agency.sign_in(browser, ana)
    clock.advance(HOUR)
    agency.authorize(browser).submit("sign-in", email=ana.email, password=ana.password)
    claims = agency.read(agency.redeem(agency.code(agree(browser))).get_json()["id_token"])

    assert woken() == 1 and claims["auth_time"] == START and claims["acr"] == AAL2
    assert set(claims["amr"]) == {"pwd", "otp", "mfa"}


@pytest.mark.parametrize(
    "more", [{"max_age": "86400"}, {"prompt": "login"}, {"acr_values": AAL2_PHISHING_RESISTANT}, {"acr_values": "odd"}]
)
def test_a_request_for_more_is_asked_for_the_second_factor(
    browser: Browser, agency: Agency, ana: Person, clock: Clock, more: dict[str, str]
) -> None:
    agency.sign_in(browser, ana)
    clock.advance(HOUR)
    agency.authorize(browser, **more).submit("sign-in", email=ana.email, password=ana.password)

    assert browser.data_page == "second-step" and woken() == 0


def test_nothing_sensitive_opens_by_it(rested: Browser, ana: Person) -> None:
    knock(rested, ana.email, ana.password)

    assert rested.get("/account/sign-in/password").data_page == "confirm"
    rested.submit("continue", password=ana.password)
    assert rested.data_page == "second-step"


def test_the_wrong_password_or_another_resident_wakes_nothing(rested: Browser, ana: Person, bo: Person) -> None:
    assert knock(rested, ana.email, "wrong password").data_page == "sign-in"
    assert knock(rested, bo.email, bo.password).data_page == "second-step"
    assert woken() == 0


def test_a_session_wakes_once_and_only_for_what_is_left_of_its_twelve_hours(
    rested: Browser, ana: Person, clock: Clock
) -> None:
    stolen = cookie(rested)
    knock(rested, ana.email, ana.password)
    clock.advance(HOUR)
    rested.client.set_cookie("beacon-session", stolen or "")
    assert knock(rested, ana.email, ana.password).data_page == "second-step"


def test_after_twelve_hours_it_is_over(rested: Browser, ana: Person, clock: Clock) -> None:
    clock.advance(11 * HOUR)
    assert lifecycle.end_overdue(10) == 1

    assert knock(rested, ana.email, ana.password).data_page == "second-step"


def test_a_session_of_one_factor_does_not_become_more(
    browser: Browser, make_account: Callable[..., Person], clock: Clock
) -> None:
    ana = make_account(totp=True)
    browser.sign_in(ana)
    with transaction() as connection:
        connection.execute(SessionRow.__table__.update().values(acr="http://idmanagement.gov/ns/assurance/aal/1"))
    clock.advance(HOUR)

    assert knock(browser, ana.email, ana.password).data_page == "second-step"


@pytest.mark.parametrize("deed", ["sign_out", "sign_out_everywhere", "lock", "disavow", "end", "end_others", "changed"])
def test_what_ends_a_session_otherwise_ends_its_waking_too(
    rested: Browser, ana: Person, clock: Clock, deed: str
) -> None:
    lifecycle.end_overdue(10)
    match deed:
        case "sign_out":
            rested.post("/sign-out", {"csrf_token": rested.get("/sign-in").field("csrf_token")["value"]})
        case "sign_out_everywhere":
            lifecycle.sign_out(ana.id)
        case "lock":
            lifecycle.lock(ana.id)
            lifecycle.unlock(ana.id)
        case "disavow":
            lifecycle.disavow(ana.id, clock.now)
        case "end":
            lifecycle.end_session(sessions_of(ana.id, live_only=False)[0].id)
        case "end_others":
            lifecycle.end_other_sessions(ana.id, keep="")
        case _:
            notices.note_credentials(ana.id)

    assert knock(rested, ana.email, ana.password).data_page == "second-step" and woken() == 0


def test_another_kind_of_browser_with_the_same_cookies_wakes_nothing(
    browser: Browser, ana: Person, clock: Clock
) -> None:
    as_kind(browser, LAPTOP).sign_in(ana)
    clock.advance(HOUR)

    assert knock(as_kind(browser, PHONE), ana.email, ana.password).data_page == "second-step"
    assert knock(as_kind(browser, LAPTOP), ana.email, ana.password).path == "/account"


def test_a_session_in_use_is_raised_and_not_woken(browser: Browser, ana: Person, clock: Clock) -> None:
    browser.sign_in(ana)
    clock.advance(59 * MINUTE)

    assert knock(browser, ana.email, ana.password).data_page == "second-step"
