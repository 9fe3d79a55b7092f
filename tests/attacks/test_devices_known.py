"""Remembered browsers, accounts taken away in the middle of something, and how long anything lasts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from idp import lifecycle
from idp.accounts import browsers
from idp.audit.service import search
from idp.kernel.clock import DAY, HOUR, MINUTE
from idp.kernel.settings import Settings
from idp.risk import sightings
from idp.sessions import waking
from idp.sessions.assurance import AAL2
from idp.sessions.service import sessions_of
from tests.factories import Person
from tests.idp.signin.acts import agree, knock
from tests.support.agency import Agency
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.crowd import at_once
from tests.support.letters import Letter

pytestmark = pytest.mark.only_on("sqlite")

SESSION, BROWSER, KNOWN = "beacon-session", "beacon-browser", "beacon-known"


@pytest.fixture
def alice(make_account: Callable[..., Person]) -> Person:
    return make_account(totp=True)


@pytest.fixture
def bob(make_account: Callable[..., Person]) -> Person:
    return make_account(totp=True)


@pytest.fixture
def agency(app: Flask, make_agency: Callable[..., Agency]) -> Agency:
    return make_agency()


@pytest.fixture
def rested(browser: Browser, alice: Person, clock: Clock) -> Browser:
    """Alice's browser, whose session would wake with her password."""
    browser.sign_in(alice)
    clock.advance(HOUR)
    return browser


def value(browser: Browser, name: str) -> str:
    held = browser.client.get_cookie(name)
    return held.value if held else ""


def with_cookies(browser: Browser, *names: str, **others: str) -> Browser:
    """Mallory's browser with copies of these cookies, or with others in their place."""
    mallory = browser.another(address="198.51.100.7")
    for name in names:
        mallory.client.set_cookie(name, value(browser, name))
    for name, text in others.items():
        mallory.client.set_cookie(name.replace("_", "-"), text)
    return mallory


def second_step(browser: Browser, person: Person) -> bool:
    return knock(browser, person.email, person.password).data_page == "second-step"


def wake(app: Flask, account_id: str, cookies: str) -> str | None:
    with app.app_context(), app.test_request_context("/", headers={"Cookie": cookies}):
        return waking.wake(account_id)


def see(app: Flask) -> int:
    with app.app_context():
        return sightings.tell(10)


@pytest.mark.only_on("postgresql")
def test_162_fifty_who_wake_one_session_at_once_wake_it_once(
    rested: Browser, alice: Person, settings: Settings, clock: Clock
) -> None:
    cookies = "; ".join(f"{name}={value(rested, name)}" for name in (SESSION, BROWSER))
    woken = at_once(wake, settings, clock.now, alice.id, cookies)

    assert sum(one is not None for one in woken) == 1
    assert len(search(kind="session.woken")) == len(sessions_of(alice.id)) == 1


@pytest.mark.only_on("postgresql")
def test_fifty_workers_write_one_letter_of_a_new_browser(
    rested: Browser, alice: Person, settings: Settings, clock: Clock, letters: Callable[[], list[Letter]]
) -> None:
    rested.another().sign_in(alice)
    clock.advance(5 * MINUTE)

    assert sum(at_once(see, settings, clock.now)) == 1
    assert len([letter for letter in letters() if letter.subject == "A sign-in in a new browser"]) == 1


class TestRememberedBrowser:
    """162"""

    @pytest.mark.parametrize("names", [(KNOWN,), (SESSION,), (BROWSER,), (KNOWN, SESSION), (KNOWN, BROWSER)])
    def test_a_part_of_what_it_holds_spares_nobody_the_second_step(
        self, rested: Browser, alice: Person, names: tuple[str, ...]
    ) -> None:
        assert second_step(with_cookies(rested, *names), alice)
        assert knock(rested, alice.email, alice.password).path == "/account"

    def test_all_of_it_serves_no_other_resident(self, rested: Browser, bob: Person) -> None:
        assert second_step(with_cookies(rested, SESSION, BROWSER, KNOWN), bob)

    def test_a_changed_byte_and_a_guess_are_a_strangers(self, rested: Browser, alice: Person) -> None:
        secret = value(rested, SESSION)
        changed = secret[:-1] + ("A" if secret[-1] != "A" else "B")
        for guess in (changed, "made-up", alice.id):
            assert second_step(with_cookies(rested, BROWSER, KNOWN, beacon_session=guess), alice)
        shown = value(rested, KNOWN)
        for guess in (shown[:-1], shown.replace("-", "_", 1), f"{shown.split('.')[0]}.0-0"):
            assert browsers.acquaintance(alice.id, guess).stranger

    def test_a_session_does_not_rest_for_longer_than_its_twelve_hours(
        self, rested: Browser, alice: Person, clock: Clock
    ) -> None:
        clock.advance(31 * DAY)

        assert second_step(rested, alice)

    def test_it_opens_nothing_sensitive_and_its_use_is_on_record(self, rested: Browser, alice: Person) -> None:
        knock(rested, alice.email, alice.password)

        assert rested.get("/account/sign-in/password").data_page == "confirm"
        (event,) = search(kind="session.woken")
        assert event.account_id == alice.id


def test_167_a_remembered_browser_claims_no_fresh_code(
    browser: Browser, agency: Agency, alice: Person, clock: Clock
) -> None:
    first = agency.read(agency.sign_in(browser, alice)["id_token"])
    clock.advance(HOUR)
    agency.authorize(browser).submit("sign-in", email=alice.email, password=alice.password)
    second = agency.read(agency.redeem(agency.code(agree(browser))).get_json()["id_token"])

    assert len(search(kind="session.woken")) == 1
    assert [claims["auth_time"] for claims in (first, second)] == [START, START]
    assert [claims["acr"] for claims in (first, second)] == [AAL2, AAL2] and first["amr"] == second["amr"]


@pytest.mark.parametrize("verb", [lifecycle.lock, lifecycle.freeze, lambda who: lifecycle.disavow(who, START)])
def test_133_an_account_taken_away_stops_all_that_was_under_way(
    browser: Browser, agency: Agency, alice: Person, verb: Callable[[str], object]
) -> None:
    agency.authorize(browser).sign_in(alice, path=None)
    pending = knock(browser.another(), alice.email, alice.password)
    asked = browser.path
    assert browser.data_page == "consent" and pending.data_page == "second-step"
    verb(alice.id)

    assert browser.get("/account").data_page == "sign-in"
    assert browser.get(asked).data_page == "sign-in"
    assert pending.get(pending.path).data_page != "second-step"
    assert pending.get("/account").data_page == "sign-in"


def test_134_a_sign_in_half_way_is_over_in_half_an_hour(browser: Browser, alice: Person, clock: Clock) -> None:
    knock(browser, alice.email, alice.password)
    clock.advance(30 * MINUTE)

    assert browser.get(browser.path).data_error == "attempt_gone"
