"""When a try owes a proof of work: what residents see, with script, without it, and with patience."""

from __future__ import annotations

import pytest
from flask import Flask

from idp.accounts import service as accounts
from idp.limits.service import spend
from tests.factories import PASSWORD, Person
from tests.idp.signin.acts import knock
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.proofs import solved

pytestmark = pytest.mark.only_on("sqlite")
SENTENCE = "Wait 30 seconds, then try again."


def is_asked(browser: Browser) -> bool:
    return browser.page.find(attrs={"name": "challenge"}) is not None


@pytest.fixture
def pressed(browser: Browser, ana: Person) -> Browser:
    """The sign-in page after five wrong passwords from elsewhere, and the right one from here."""
    for number in range(5):
        accounts.check_password(ana.email, f"wrong {number}", network="198.51.100.0/24")
    return knock(browser, ana.email, ana.password)


def test_the_page_asks_for_it_keeps_the_address_and_tells_nothing(pressed: Browser, ana: Person) -> None:
    assert (pressed.status, pressed.data_page, pressed.errors) == (200, "sign-in", "")
    assert pressed.field("email")["value"] == ana.email
    assert not pressed.field("password")["value"]
    assert SENTENCE in pressed.text
    status = pressed.page.find(attrs={"role": "status"})
    assert status and status["data-checking"] == "Checking… this takes a few seconds."
    stranger = pressed.another()
    for number in range(6):
        knock(stranger, "nobody@residents.example", f"wrong {number}")
    assert stranger.text == pressed.text


def test_with_a_solution_the_next_try_is_let_in(pressed: Browser, ana: Person) -> None:
    found = solved(str(pressed.field("challenge")["value"]))
    pressed.submit("sign-in", password=ana.password, solution=found.solution)
    assert pressed.data_page == "second-step"


def test_without_script_patience_lets_in_and_in_another_tab_too(pressed: Browser, ana: Person, clock: Clock) -> None:
    challenge = pressed.field("challenge")["value"]
    clock.advance(20)
    pressed.submit("sign-in", password=ana.password)
    assert pressed.field("challenge")["value"] == challenge, "the time that was waited counts"
    clock.advance(10)
    pressed.submit("sign-in", password=ana.password)
    assert pressed.data_page == "second-step"


def test_it_is_not_shown_unless_owed_and_shown_in_time(browser: Browser, ana: Person) -> None:
    assert not is_asked(browser.get("/sign-in"))
    for number in range(4):
        assert not is_asked(knock(browser, ana.email, f"wrong {number}"))
    assert is_asked(knock(browser, ana.email, "wrong 5"))
    assert "not right" in browser.errors
    found = solved(str(browser.field("challenge")["value"]))
    assert browser.submit("sign-in", password=ana.password, solution=found.solution).data_page == "second-step"


def test_any_other_form_is_asked_on_a_page_of_its_own_and_goes_on(app: Flask, browser: Browser, ana: Person) -> None:
    knock(browser, ana.email, ana.password)
    for number in range(20):
        spend("second_factor", account=f"resident {number}", network="127.0.0.0/24")
    browser.submit("verify", code=ana.code())
    assert (browser.status, browser.data_page) == (200, "proof")
    assert SENTENCE in browser.text
    assert browser.field("code")["value"] == ana.code()
    found = solved(str(browser.field("challenge")["value"]))
    browser.submit("try-again", solution=found.solution)
    assert browser.path == "/account"


def test_a_password_is_never_written_into_that_page(browser: Browser, ana: Person) -> None:
    browser.sign_in(ana)
    for _ in range(10):
        accounts.check_password(ana.email, "wrong", network="10.0.0.0/24", browser=_known(browser))
    browser.get("/confirm").submit(password=PASSWORD)
    assert (browser.status, browser.data_page) == (200, "proof")
    assert PASSWORD not in browser.body
    found = solved(str(browser.field("challenge")["value"]))
    browser.submit("try-again", password=PASSWORD, solution=found.solution)
    assert browser.data_page == "second-step"


def _known(browser: Browser) -> str:
    found = browser.client.get_cookie("beacon-known")
    assert found
    return found.value
