"""What the use of a session tells: a level that fades, and a session that turns up somewhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from idp.audit.service import search
from idp.kernel.clock import MINUTE
from idp.kernel.registry import registry
from idp.limits import modes
from idp.risk import service as risk
from idp.sessions import service as sessions
from idp.sessions.assurance import AAL2, AAL2_PHISHING_RESISTANT, AAL3
from tests.factories import Person
from tests.idp.sessions.test_service import given, opened, row
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.devices import AT_HOME, ELSEWHERE, LAPTOP, PHONE, another, as_kind

KEY = "test_key"
FRESH = "/account/sign-in/password"


@pytest.fixture
def person(make_account: Callable[..., Person]) -> Person:
    return make_account(totp=True)


@pytest.fixture
def key(app: Flask) -> str:
    """A way to sign in by a key that cannot leave its device, and that verifies its holder."""
    methods = registry().methods
    methods[KEY] = replace(
        methods["totp"],
        name=KEY,
        factors=("have", "are"),
        amr=("hwk", "user"),
        phishing_resistant=True,
        hardware=True,
        enrolled=lambda _: False,
    )
    return KEY


@pytest.fixture
def home(browser: Browser, person: Person) -> Browser:
    """The resident's laptop at home, signed in."""
    browser.address = AT_HOME
    return as_kind(browser, LAPTOP).sign_in(person)


def stolen(browser: Browser, header: str, address: str) -> Browser:
    """Somebody else with all cookies of this browser."""
    thief = another(browser, header, address)
    for name in ("beacon-session", "beacon-browser", "beacon-known"):
        thief.client.set_cookie(name, browser.client.get_cookie(name).value)  # type: ignore[union-attr]
    return thief


def fresh(browser: Browser) -> bool:
    return browser.get(FRESH, follow=False).status == 200


class TestAal3:
    def test_lasts_for_fifteen_minutes_without_activity_and_then_for_good_no_more(
        self, app: Flask, person: Person, key: str, clock: Clock
    ) -> None:
        session_id, secret = opened(app, person, (key,))
        clock.advance(15 * MINUTE - 1)
        found = sessions.find(secret)
        assert found and found.view.acr == AAL3

        clock.advance(15 * MINUTE)
        found = sessions.find(secret)
        assert found and (found.view.acr, found.view.methods) == (AAL2_PHISHING_RESISTANT, ())
        assert row(session_id).acr == AAL2_PHISHING_RESISTANT
        clock.advance(10)
        found = sessions.find(secret)
        assert found and found.view.acr == AAL2_PHISHING_RESISTANT and found.view.amr == ("hwk", "user", "mfa")

    def test_comes_back_with_the_key_and_with_nothing_less(
        self, app: Flask, person: Person, key: str, clock: Clock
    ) -> None:
        session_id, secret = opened(app, person, ("password", key))
        clock.advance(20 * MINUTE)
        for added, reached in (("totp", AAL2_PHISHING_RESISTANT), (key, AAL3)):
            found = sessions.find(secret)
            assert found and key not in found.view.methods and found.view.acr == AAL2_PHISHING_RESISTANT
            with app.app_context(), app.test_request_context("/"):
                sessions.strengthen(session_id, (*found.view.methods, added))
                secret = given(app)
            assert row(session_id).acr == reached
        assert set(row(session_id).amr) == {"pwd", "hwk", "user", "mfa", "otp"}

    def test_no_other_level_fades(self, app: Flask, person: Person, clock: Clock) -> None:
        _, secret = opened(app, person)
        clock.advance(59 * MINUTE)
        found = sessions.find(secret)
        assert found and found.view.acr == AAL2 and found.view.methods == ("password", "totp")


class TestDrift:
    def test_another_network_alone_changes_nothing(self, home: Browser) -> None:
        home.address = ELSEWHERE

        assert fresh(home) and search(kind="session.drifted") == []

    def test_another_kind_of_browser_alone_changes_nothing(self, home: Browser) -> None:
        assert fresh(as_kind(home, PHONE)) and search(kind="session.drifted") == []

    def test_both_together_end_nothing_but_what_was_proven_is_old(self, home: Browser) -> None:
        thief = stolen(home, PHONE, ELSEWHERE)

        assert thief.get("/account", follow=False).status == 200
        assert not fresh(thief) and (thief.location or "").startswith("/confirm")
        (event,) = search(kind="session.drifted")
        (told,) = risk.explain(event.facts["session_id"])
        assert (told.action, told.answer, told.account_id) == ("session", "step_up", event.account_id)

    def test_it_is_noted_once(self, home: Browser, clock: Clock) -> None:
        thief = stolen(home, PHONE, ELSEWHERE)
        for _ in range(3):
            thief.get("/account")
            clock.advance(61)

        assert len(search(kind="session.drifted")) == 1 and len(search(kind="risk.assessed")) == 1

    def test_whoever_proves_who_they_are_goes_on_and_locks_the_other_out(
        self, home: Browser, person: Person, clock: Clock
    ) -> None:
        thief = stolen(home, PHONE, ELSEWHERE)
        thief.get("/account")
        assert not fresh(home)
        clock.advance(30)
        home.get(FRESH).submit("continue", password=person.password).submit("verify", code=person.code())

        assert home.path == FRESH and fresh(home)
        assert thief.get("/account").data_page == "sign-in"

    def test_a_rule_that_only_observes_asks_for_nothing(self, home: Browser) -> None:
        modes.observe("risk.session_drift")
        thief = stolen(home, PHONE, ELSEWHERE)

        assert fresh(thief) and len(search(kind="session.drifted")) == 1


def test_a_session_says_what_its_resident_may_know_it_by(home: Browser, person: Person) -> None:
    (facts,) = sessions.sessions_of(person.id)

    assert (facts.device, facts.place, facts.network) == ("Chrome on Windows", "", "192.0.2.0/24")
    assert facts.new_browser is False and facts.authenticated_at == facts.created_at
