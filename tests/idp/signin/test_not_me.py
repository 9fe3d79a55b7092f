"""The page behind the link in every letter about a change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from idp import lifecycle
from idp.accounts import notices
from idp.audit.service import search
from idp.kernel.clock import DAY
from idp.limits.policy import LIMITS
from idp.outbox import letters as written
from tests.factories import Person
from tests.idp.signin.acts import links
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.danger import newest_link, state_of
from tests.support.letters import Letter
from tests.support.party import signed_in
from tests.support.source import ROOT

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def ana(make_account: Callable[..., Person]) -> Person:
    return make_account(totp=True, preferred_name="Anamarked")


@pytest.fixture
def link(app: Flask, ana: Person) -> str:
    """What Ana was mailed when her password changed."""
    notices.announce(ana.id, "accounts/password_changed", about="password")
    return newest_link()


def test_the_page_says_what_it_was_about_and_names_nobody(browser: Browser, ana: Person, link: str) -> None:
    browser.get(link)
    assert browser.status == 200 and browser.data_page == "not-me"
    assert "Your password was changed" in browser.text
    assert ana.email not in browser.text and "Anamarked" not in browser.text


def test_disowning_needs_no_sign_in_and_leads_to_recovery(browser: Browser, ana: Person, link: str) -> None:
    home = signed_in(browser.another(), ana)
    browser.get(link).submit("secure")
    assert browser.path == link and "/recover" in links(browser)
    assert home.get("/account", follow=False).status == 303
    assert [event.facts["answer"] for event in search(kind="notice.answered")] == ["secure"]
    assert search(kind="account.disavowed")[0].account_id == ana.id
    assert not browser.page.find("button", id="secure"), "a used link says what was done"
    browser.submit("freeze")
    assert state_of(ana.id) == "frozen", "and still lets its holder freeze"
    lifecycle.release(ana.id)
    browser.get(link).submit("freeze")
    assert state_of(ana.id) == "frozen", "as often as need be"


def test_freezing_needs_no_sign_in_and_may_be_followed_by_disowning(browser: Browser, ana: Person, link: str) -> None:
    browser.get(link).submit("freeze")
    assert state_of(ana.id) == "frozen" and "frozen" in browser.text
    assert not browser.page.find("button", id="freeze")
    browser.submit("secure")
    assert state_of(ana.id) == "frozen" and search(kind="account.disavowed")
    assert "/recover" in links(browser.get(link))


def test_what_is_still_to_come_can_be_stopped(browser: Browser, ana: Person, clock: Clock) -> None:
    lifecycle.close(ana.id)
    link = newest_link()
    clock.advance(DAY)
    browser.get(link)
    assert "Keep my account" in browser.text
    browser.submit("stop")
    assert state_of(ana.id) == "active" and "stopped" in browser.text


def test_too_late_is_said_and_the_other_answers_stay(browser: Browser, ana: Person) -> None:
    lifecycle.close(ana.id)
    link = newest_link()
    lifecycle.keep_open(ana.id)
    browser.get(link).submit("stop")
    assert "too late" in browser.text and search(kind="notice.answered") == []
    browser.submit("freeze")
    assert state_of(ana.id) == "frozen"


def test_disowning_a_closing_keeps_the_account(browser: Browser, ana: Person) -> None:
    lifecycle.close(ana.id)
    browser.get(newest_link()).submit("secure")
    assert state_of(ana.id) == "active"


@pytest.mark.parametrize("path", ["/not-me/unknown", f"/not-me/{'x' * 300}", "/not-me/é"])
def test_an_unknown_link_says_so_and_leads_on(browser: Browser, path: str) -> None:
    browser.get(path)
    assert browser.status == 410 and browser.data_page == "notice-gone"
    assert "not complete" in browser.text and "/recover" in str(browser.page)


def test_an_old_link_says_that_it_is_too_old(browser: Browser, ana: Person, link: str, clock: Clock) -> None:
    browser.get(link)
    clock.advance(10 * DAY)
    browser.submit("secure")
    assert browser.status == 410 and "too old" in browser.text
    assert search(kind="account.disavowed") == []


def test_an_answer_that_does_not_exist_does_nothing(browser: Browser, ana: Person, link: str) -> None:
    token = browser.get(link).field("csrf_token")["value"]
    for action in ("", "erase", "stop\0"):
        assert browser.post(link, {"csrf_token": token, "action": action}).status < 500
    assert browser.post(link, {"action": "secure"}).status == 400, "no form token"
    assert state_of(ana.id) == "active" and search(kind="notice.answered") == []


def test_one_account_is_answered_for_only_so_often(browser: Browser, ana: Person, link: str) -> None:
    token = browser.get(link).field("csrf_token")["value"]
    for _ in range(LIMITS["notice"].account.allowed):
        browser.post(link, {"csrf_token": token})
    assert browser.post(link, {"csrf_token": token, "action": "freeze"}).status == 429


def test_nobody_keeps_their_neighbours_from_freezing(browser: Browser, ana: Person, link: str) -> None:
    token = browser.get(link).field("csrf_token")["value"]
    for _ in range(LIMITS["notice"].account.allowed + 1):
        assert browser.post("/not-me/guessed", {"csrf_token": token}).status == 410
    browser.get(link).submit("freeze")
    assert state_of(ana.id) == "frozen"


def test_a_frozen_account_opens_to_two_factors_only_and_not_before_it_is_unfrozen(
    browser: Browser, ana: Person
) -> None:
    lifecycle.freeze(ana.id)
    browser.get("/sign-in").submit("sign-in", email=ana.email, password="wrong " * 3)
    wrong = browser.text
    browser.get("/sign-in").submit("sign-in", email="nobody@residents.example", password="wrong " * 3)
    assert browser.text.count("not right") == wrong.count("not right") == 1

    browser.get("/sign-in").submit("sign-in", email=ana.email, password=ana.password)
    browser.submit("verify", code=ana.code())
    assert browser.data_page == "held" and "Your account is frozen" in browser.text
    assert browser.another().get("/account", follow=False).status == 303
    held = browser.path
    assert browser.get("/account", follow=False).status == 303, "no session is open yet"
    browser.get(held).submit("unfreeze")
    assert browser.data_page == "account" and state_of(ana.id) == "active"


@pytest.mark.settings(mfa="optional")
def test_a_password_alone_does_not_unfreeze(browser: Browser, make_account: Callable[..., Person]) -> None:
    bo = make_account()
    lifecycle.freeze(bo.id)
    browser.get("/sign-in").submit("sign-in", email=bo.email, password=bo.password)
    assert browser.data_page == "held" and not browser.page.find("button", id="unfreeze")
    assert browser.page.find("a", id="recover")
    browser.post(browser.path, {"csrf_token": browser.get("/sign-in").field("csrf_token")["value"]})
    assert state_of(bo.id) == "frozen"


def test_a_password_alone_sets_up_no_second_way_on_a_frozen_account(
    browser: Browser, make_account: Callable[..., Person]
) -> None:
    bo = make_account()
    lifecycle.freeze(bo.id)
    browser.get("/sign-in").submit("sign-in", email=bo.email, password=bo.password)
    assert browser.data_page == "held"
    attempt = browser.path.rpartition("/")[2]
    for page in ("/sign-in/set-up/", "/sign-in/second-way/", "/sign-in/recovery-codes/"):
        browser.get(page + attempt)
        assert browser.data_page in {"held", None} or browser.status >= 400, f"{page} opened {browser.data_page}"


def test_a_closing_account_is_kept_at_sign_in(browser: Browser, ana: Person, clock: Clock) -> None:
    lifecycle.close(ana.id)
    clock.advance(13 * DAY)
    browser.get("/sign-in").submit("sign-in", email=ana.email, password=ana.password)
    browser.submit("verify", code=ana.code())
    assert browser.data_page == "held" and "about to close" in browser.text
    browser.submit("keep")
    assert browser.data_page == "account" and state_of(ana.id) == "active"


def test_the_desk_freezes_at_once_and_closes_after_a_fresh_proof(
    browser: Browser, ana: Person, letters: Callable[[], list[Letter]]
) -> None:
    desk = signed_in(browser, ana)
    desk.get("/account/data").click("close")
    assert desk.data_page == "close"
    desk.submit("close")
    assert desk.data_page == "closing" and state_of(ana.id) == "closing"
    assert desk.get("/account", follow=False).status == 303

    lifecycle.keep_open(ana.id)
    other = signed_in(browser.another(), ana)
    other.get("/account/sign-in").click("freeze").submit("freeze")
    assert other.data_page == "frozen" and state_of(ana.id) == "frozen"


def test_closing_asks_who_it_is_after_ten_minutes(browser: Browser, ana: Person, clock: Clock) -> None:
    desk = signed_in(browser, ana)
    clock.advance(11 * 60)
    assert desk.get("/account/close").data_page == "confirm"
    assert desk.get("/account/freeze").data_page == "freeze"


def test_the_subject_of_every_letter_stands_without_its_words(app: Flask) -> None:
    """The page shows it when nobody knows the words any more."""
    for subject in ROOT.glob("**/templates/*/mail/*/subject.txt"):
        room, name = subject.parts[-4], subject.parts[-2]
        assert written.subject(f"{room}/{name}", "en"), subject


def test_one_thing_that_was_shown_is_enough_to_freeze_from_a_recovery(
    browser: Browser, ana: Person, letters: Callable[[], list[Letter]]
) -> None:
    browser.get("/recover").submit(email=ana.email)
    attempt, token = browser.path.rpartition("/")[2], browser.field("csrf_token")["value"]
    assert browser.post(f"/recover/freeze/{attempt}", {"csrf_token": token}).status == 410, "nothing was shown yet"
    assert state_of(ana.id) == "active"
    browser.get(f"/recover/code/{attempt}").submit(code=letters()[-1].code)
    browser.submit("freeze")
    assert browser.data_page == "frozen" and state_of(ana.id) == "frozen"
