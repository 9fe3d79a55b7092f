"""Links in letters about a change: nothing is spent by looking, and each answer is given once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from idp import lifecycle
from idp.accounts import new_addresses, notices, phones
from idp.accounts.errors import TooLateToKeep
from idp.audit.service import search
from idp.kernel.clock import DAY
from idp.kernel.db import db
from idp.kernel.settings import Settings
from idp.signin import safety
from tests.factories import Person
from tests.house.test_leaks import every_cell
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.danger import newest_link, state_of
from tests.support.letters import queued
from tests.support.party import signed_in
from tests.support.statements import recorded, writes
from tests.support.texts import give_phone


@pytest.fixture
def ana(make_account: Callable[..., Person]) -> Person:
    return make_account(totp=True)


@pytest.fixture
def link(app: Flask, ana: Person) -> str:
    notices.announce(ana.id, "accounts/password_changed", about="password")
    return newest_link()


@pytest.mark.only_on("sqlite")
def test_scanners_previews_other_browsers_and_tabs_spend_nothing(
    app: Flask, browser: Browser, ana: Person, link: str
) -> None:
    """Attack 198: a link that a mail scanner opens, again and again and in every way, does nothing."""
    home = signed_in(browser.another(), ana)
    with recorded(db.engine) as statements:
        for _ in range(3):
            browser.get(link)
            assert app.test_client().head(link, base_url=browser.origin).status_code == 200
            assert (
                app.test_client().get(link, headers={"Purpose": "prefetch"}, base_url=browser.origin).status_code == 200
            )
            assert app.test_client().options(link, base_url=browser.origin).status_code < 500
    assert not writes(statements)
    assert home.get("/account").status == 200

    tab = browser.another().get(link)
    browser.get(link).submit("freeze")
    assert state_of(ana.id) == "frozen"
    tab.submit("secure")
    assert search(kind="account.disavowed"), "another browser's page still works"


@pytest.mark.only_on("sqlite")
def test_a_notice_is_bound_to_its_account_and_good_for_nothing_else(
    app: Flask, browser: Browser, ana: Person, make_account: Callable[..., Person], link: str
) -> None:
    """Attack 178: no parameter points it at somebody else, and its secret opens no other page."""
    bo, secret = make_account(totp=True), link.rpartition("/")[2]
    assert len(secret) == 43, "256 bits"
    assert not [cell for _, _, cell in every_cell() if secret.encode() in cell], "kept as a digest"
    page = browser.get(link)
    token = page.field("csrf_token")["value"]
    for more in ({"account_id": bo.id}, {"email": bo.email}, {"subject": "x", "about": "closing"}):
        browser.post(link, {"csrf_token": token, "action": "freeze"} | more)
    assert (state_of(ana.id), state_of(bo.id)) == ("frozen", "active")
    for path in ("/recover/", "/sign-up/code/", "/sign-in/held/", "/sign-in/set-up/"):
        assert browser.get(path + secret).status >= 400
    assert browser.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert browser.get(link).headers["Cache-Control"] == "no-store"


@pytest.mark.only_on("sqlite")
def test_a_notice_of_before_says_and_does_no_more_than_it_should(
    app: Flask, browser: Browser, ana: Person, link: str, clock: Clock
) -> None:
    """Attack 178: an old link ends things, and never revives, opens or weakens any (attack 190)."""
    lifecycle.lock(ana.id)
    browser.get(link)
    for answer in ("freeze", "secure"):
        browser.submit(answer)
    assert state_of(ana.id) == "locked"
    assert browser.get("/account", follow=False).status == 303


@pytest.mark.only_on("postgresql")
def test_of_fifty_who_answer_at_once_one_is_heard(
    app: Flask, settings: Settings, clock: Clock, ana: Person, link: str
) -> None:
    """Attacks 178 and 245: each answer is given once; none is lost, none is done twice."""
    answers = at_once(_answer, settings, clock.now, link.rpartition("/")[2])
    assert len(answers) == CROWD
    assert len(search(kind="account.disavowed")) == 1
    assert len([one for one in queued() if "secured" in one.subject]) == 1


@pytest.mark.only_on("postgresql")
def test_keeping_and_erasing_at_the_same_moment_never_both(
    app: Flask, settings: Settings, clock: Clock, ana: Person
) -> None:
    """Attack 245: at its last second an account is either kept whole or erased whole."""
    closes_at = lifecycle.close(ana.id)
    at_once(_keep_or_erase, settings, closes_at, ana.id)
    assert state_of(ana.id) == "erased", "its time was over for everybody"
    assert len(search(kind="account.erased")) == 1 and not search(kind="account.kept")


def _answer(app: Flask, secret: str) -> Any:
    with app.app_context():
        safety.answer(notices.find(secret), "secure")
    return True


def _keep_or_erase(app: Flask, account_id: str) -> Any:
    with app.app_context():
        try:
            lifecycle.keep_open(account_id)
        except TooLateToKeep:
            return lifecycle.erase(account_id, due=True)
    return "kept"


@pytest.mark.only_on("sqlite")
def test_what_an_intruder_was_mailed_meanwhile_undoes_nothing_afterwards(
    browser: Browser, ana: Person, clock: Clock
) -> None:
    """Attack 178: mallory's address heard of everything until it was disowned. Its links are dead with it, and those
    of what comes after work."""
    clock.advance(DAY)
    new_addresses.add(ana.id, "mallory@evil.test")
    first = newest_link()
    clock.advance(60)
    notices.announce(ana.id, "accounts/password_changed", about="password")
    second = newest_link()
    assert {one.to for one in queued()[-2:]} == {ana.email, "mallory@evil.test"}
    browser.get(first).submit("secure")

    clock.advance(DAY)
    mine = give_phone(ana.id)
    page = browser.another().get(second)
    token = page.field("csrf_token")["value"]
    for said in ("stop", "secure"):
        page.post(second, {"csrf_token": token, "action": said})
    assert [one.id for one in phones.usable(ana.id)] == [mine]
    assert len(search(kind="account.disavowed")) == 1
    browser.get(newest_link()).submit("secure")
    assert not phones.usable(ana.id), "hers still works"
