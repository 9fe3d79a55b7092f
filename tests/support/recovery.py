"""A resident on the way back into an account, as the tests of recovery act."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyotp

from idp.kernel import clock
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.letters import Letter

NEW = "Marked-Plover-31-lantern"
Letters = Callable[[], list[Letter]]


def mailed(letters: Letters, who: Person) -> Letter:
    """The newest letter to somebody that has a code."""
    return next(letter for letter in reversed(letters()) if letter.to == who.email and "/recover/code/" in letter.text)


def ask(browser: Browser, who: Person, path: str = "/recover") -> Browser:
    """From the address to the page that asks for the code."""
    browser.get(path).submit("send-code", email=who.email)
    assert browser.data_page == "recover-code"
    return browser


def prove(browser: Browser, who: Person, letters: Letters, path: str = "/recover") -> Browser:
    """The same, and the code typed."""
    ask(browser, who, path)
    return browser.submit("continue", code=mailed(letters, who).code)


def set_up_app(browser: Browser) -> str:
    """An authenticator app, from the choice of a second way to the end. Returns its seed."""
    assert browser.data_page == "second-way", browser.text
    browser.click("set-up-totp")
    seed = re.sub(r"\s", "", str(browser.page.select(".secret code")[0].get_text()))
    browser.submit("verify", code=pyotp.TOTP(seed).at(clock.now()))
    if browser.data_page == "save-codes":
        browser.submit("show").submit("saved")
    return seed


def signs_in(browser: Browser, who: Person, password: str, code: str | None) -> bool:
    """Whether a sign-in in a fresh browser comes to its end."""
    other = browser.another()
    other.get("/sign-in").submit("sign-in", email=who.email, password=password)
    if other.data_page == "second-step":
        other.submit("verify", code=code)
    return other.get("/account").data_page == "account"
