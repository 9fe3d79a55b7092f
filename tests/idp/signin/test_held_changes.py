"""Changes of credentials wait after a sign-in by code in a browser that is new to the account (decision 22)."""

from __future__ import annotations

import pytest

from idp.kernel.clock import DAY, HOUR
from idp.limits import modes
from mfa import service as mfa
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.clock import Clock

pytestmark = pytest.mark.only_on("sqlite")

CHANGE = "/account/sign-in/password"


@pytest.fixture
def home(browser: Browser, ana: Person, clock: Clock) -> Browser:
    """The browser in which Ana has signed in for long."""
    browser.sign_in(ana)
    clock.advance(3 * DAY)
    return browser


def test_in_a_new_browser_they_wait_for_a_day(home: Browser, ana: Person, clock: Clock) -> None:
    new = home.another().sign_in(ana)
    assert new.get(CHANGE).data_page == "wait"
    assert new.get("/account").path == "/account" and new.get("/account/profile").status == 200
    clock.advance(DAY - 60)
    assert new.sign_in(ana).get(CHANGE).data_page == "wait"

    clock.advance(60)
    assert new.sign_in(ana).get(CHANGE).path == CHANGE


def test_signing_in_again_does_not_shorten_the_wait(home: Browser, ana: Person, clock: Clock) -> None:
    new = home.another().sign_in(ana)
    said = new.get(CHANGE).text
    clock.advance(HOUR)
    new.client.delete_cookie("beacon-session")
    new.sign_in(ana)

    assert new.get(CHANGE).data_page == "wait" and new.text == said


def test_who_proves_it_again_by_code_waits_all_the_same(home: Browser, ana: Person, clock: Clock) -> None:
    new = home.another().sign_in(ana)
    clock.advance(HOUR / 2)
    new.get(CHANGE).submit("continue", password=ana.password).submit("verify", code=ana.code())

    assert new.data_page == "wait"


def test_what_makes_the_account_safer_is_not_held(home: Browser, ana: Person) -> None:
    new = home.another().sign_in(ana)
    token = new.get("/account").field("csrf_token")["value"]
    new.post("/sign-out", {"csrf_token": token})

    assert new.get("/account").data_page == "sign-in"


def test_at_home_nothing_waits(home: Browser, ana: Person) -> None:
    home.sign_in(ana)

    assert home.get(CHANGE).path == CHANGE
    assert home.get("/wait?return_to=/account/profile").path == "/account/profile"


def test_an_account_of_today_sets_itself_up_from_anywhere(browser: Browser, ana: Person, clock: Clock) -> None:
    browser.sign_in(ana)
    clock.advance(60)

    assert browser.another().sign_in(ana).get(CHANGE).path == CHANGE


def test_a_rule_that_only_observes_holds_nothing(home: Browser, ana: Person) -> None:
    modes.observe("risk.phishable_in_new_browser")

    assert home.another().sign_in(ana).get(CHANGE).path == CHANGE


def test_what_is_removed_from_a_new_browser_waits_where_its_owner_can_keep_it(
    home: Browser, ana: Person, clock: Clock
) -> None:
    """A page in the middle with a live code removes nothing at once, however much it proved."""
    more = [mfa.add_totp_for_operator(ana.id) for _ in range(2)]
    kit, apps = home.another().sign_in(ana), mfa.apps_of(ana.id)
    kit.get(f"/account/sign-in/app/{apps[1].id}").submit("remove")
    assert mfa.find(ana.id, apps[1].id).leaves_at == clock.now + 3 * DAY

    clock.advance(30)
    home.sign_in(ana).get(f"/account/sign-in/app/{apps[2].id}").submit("remove")
    assert len(mfa.apps_of(ana.id)) == len(more), "at home it is gone at once"
