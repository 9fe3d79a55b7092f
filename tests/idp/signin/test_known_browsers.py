"""Nobody keeps a resident out of their own browser by trying wrong passwords elsewhere."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.factories import Person
from tests.idp.signin.acts import knock
from tests.support.browser import Browser
from tests.support.clock import Clock

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

KNOWN = "beacon-known"


def shown(browser: Browser) -> str | None:
    """What the browser shows of earlier sign-ins."""
    found = browser.client.get_cookie(KNOWN)
    return found.value if found else None


def sign_out(browser: Browser) -> None:
    browser.post("/sign-out", {"csrf_token": browser.get("/account").field("csrf_token")["value"]})


def attack(browser: Browser, person: Person) -> None:
    """Use up what strangers may try at an account for nothing."""
    elsewhere = browser.another(address="198.51.100.7")
    for _ in range(6):
        knock(elsewhere, person.email, "wrong password")
    assert is_asked(elsewhere)


def is_asked(browser: Browser) -> bool:
    """Whether the page asks for a proof of work before it looks at the password."""
    return browser.data_page == "sign-in" and browser.page.find(attrs={"name": "challenge"}) is not None


def test_a_browser_that_signed_in_before_is_let_in_while_strangers_are_not(
    browser: Browser, ana: Person, clock: Clock
) -> None:
    browser.sign_in(ana)
    sign_out(browser)
    attack(browser, ana)
    assert is_asked(knock(browser.another(), ana.email, ana.password))
    clock.advance(60)
    assert browser.sign_in(ana).path == "/account"
    assert is_asked(knock(browser.another(), ana.email, ana.password))


def test_who_is_signed_in_can_confirm_and_change_the_password_meanwhile(
    browser: Browser, ana: Person, clock: Clock
) -> None:
    browser.sign_in(ana)
    attack(browser, ana)
    clock.advance(60)
    assert browser.get("/confirm").submit(password=ana.password).data_page == "second-step"
    browser.get("/account/sign-in/password")
    browser.submit("change-password", current_password=ana.password, password="Another-Osprey-42-lighthouse")
    assert browser.path == "/account/sign-in"


def test_a_browser_is_known_only_when_the_sign_in_is_finished(browser: Browser, ana: Person, bo: Person) -> None:
    knock(browser, ana.email, ana.password)
    assert shown(browser) is None
    browser.submit("verify", code=ana.code())
    assert shown(browser)
    for email in (bo.email, "nobody@residents.example"):
        stranger = knock(browser.another(), email, "wrong password")
        assert shown(stranger) is None


def test_a_known_browser_still_proves_everything(browser: Browser, ana: Person, clock: Clock) -> None:
    browser.sign_in(ana)
    sign_out(browser)
    clock.advance(60)
    assert browser.get("/account").data_page == "sign-in"
    assert knock(browser, ana.email, "wrong password").data_page == "sign-in"
    assert knock(browser, ana.email, ana.password).data_page == "second-step"


def test_it_is_known_to_one_account_and_not_to_another(browser: Browser, ana: Person, bo: Person) -> None:
    browser.sign_in(ana)
    sign_out(browser)
    attack(browser, bo)
    assert is_asked(knock(browser, bo.email, bo.password))


def test_what_it_shows_is_new_to_nobody_but_us(browser: Browser, ana: Person, bo: Person, clock: Clock) -> None:
    browser.sign_in(ana)
    at_ana = shown(browser) or ""
    assert ana.id not in at_ana
    assert ana.email not in at_ana
    sign_out(browser)
    browser.sign_in(bo)
    both = shown(browser) or ""
    assert set(at_ana.split(".")) < set(both.split("."))


@pytest.mark.parametrize("tossed", ["x" * 600, "..", '"\\012"', "\xff.\xff", "made-up.mark"])
def test_a_cookie_of_somebody_elses_making_is_a_strangers(browser: Browser, ana: Person, tossed: str) -> None:
    attack(browser, ana)
    browser.client.set_cookie(KNOWN, tossed)
    assert is_asked(knock(browser, ana.email, ana.password))


@pytest.mark.settings(issuer="https://login.state.example")
def test_under_https_the_cookie_is_bound_to_this_host_and_lasts_400_days(app: Flask, ana: Person) -> None:
    browser = Browser(app)
    knock(browser, ana.email, ana.password).submit("verify", code=ana.code(), follow=False)
    (line,) = [each for each in browser.headers.getlist("Set-Cookie") if "known" in each]
    name, _, attributes = line.partition("=")
    assert name == "__Host-beacon-known"
    for each in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax", f"Max-Age={400 * 24 * 3600}"):
        assert each in attributes.split("; ")
    assert "Domain" not in attributes
