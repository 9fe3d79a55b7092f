"""A password that attackers know: the whole sign-in, then another password, then the session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.audit.service import search
from idp.limits import modes
from idp.risk import service as risk
from idp.sessions.service import sessions_of
from mfa import service as mfa
from tests.factories import Person
from tests.idp.signin.acts import agree, knock
from tests.support.agency import Agency
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.letters import Letter

pytestmark = pytest.mark.only_on("sqlite")

KNOWN, BETTER = "password1234", "Another-Osprey-42-lighthouse"


@pytest.fixture
def cora(app: Flask) -> Person:
    """A resident whose password was leaked since she chose it."""
    email = "marked.cora@residents.example"
    account_id = accounts.open_with(email, passwords.make_hash(KNOWN), "en")
    return Person(account_id, email, KNOWN, mfa.add_totp_for_operator(account_id))


def test_it_is_replaced_after_the_second_factor_and_before_anything_else(
    browser: Browser, cora: Person, letters: Callable[[], list[Letter]]
) -> None:
    browser.sign_in(cora)
    assert browser.data_page == "new-password" and sessions_of(cora.id) == []
    browser.submit("continue", password=BETTER)

    assert browser.path == "/account" and len(sessions_of(cora.id)) == 1
    assert len(search(kind="password.changed")) == 1
    assert any(letter.subject == "Your password was changed" for letter in letters())
    (event,) = search(kind="risk.assessed")
    assert "breached_password" in {rule.name for rule in risk.explain(event.facts["attempt_id"])[0].enforced}


def test_neither_half_of_the_sign_in_is_enough_to_change_it(browser: Browser, cora: Person) -> None:
    knock(browser, cora.email, cora.password)
    assert browser.data_page == "second-step"
    attempt_id = browser.path.rpartition("/")[2]

    assert browser.get(f"/sign-in/new-password/{attempt_id}").data_page == "second-step"
    assert browser.another().get(f"/sign-in/new-password/{attempt_id}").status == 410


def test_who_leaves_is_not_signed_in(browser: Browser, cora: Person) -> None:
    browser.sign_in(cora)
    at = browser.path

    assert browser.get("/account").data_page == "sign-in" and sessions_of(cora.id) == []
    assert browser.get(at).data_page == "new-password"


@pytest.mark.parametrize("weak", ["", "short", KNOWN, "marked.cora"])
def test_another_weak_one_is_refused(browser: Browser, cora: Person, weak: str) -> None:
    browser.sign_in(cora).submit("continue", password=weak)

    assert browser.data_page == "new-password" and browser.errors and sessions_of(cora.id) == []


def test_the_app_gets_its_answer_afterwards_and_what_was_open_elsewhere_ends(
    browser: Browser, agency: Agency, cora: Person, clock: Clock
) -> None:
    modes.observe("risk.breached_password")
    elsewhere = browser.another().sign_in(cora)
    assert elsewhere.path == "/account"
    modes.enforce("risk.breached_password")
    clock.advance(60)

    pending = knock(browser.another(), cora.email, KNOWN)
    agency.authorize(browser).sign_in(cora, path=None)
    assert browser.data_page == "new-password"
    browser.submit("continue", password=BETTER)
    assert agency.code(agree(browser))
    assert elsewhere.get("/account").data_page == "sign-in"
    clock.advance(60)
    assert pending.submit("verify", code=cora.code()).data_page == "sign-in"


def test_a_good_password_is_left_alone(browser: Browser, ana: Person) -> None:
    assert browser.sign_in(ana).path == "/account" and search(kind="password.changed") == []
