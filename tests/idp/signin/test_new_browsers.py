"""Of a browser that is new to the account its resident hears, in one letter, who came in and who was stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from idp import lifecycle
from idp.accounts import service as accounts
from idp.audit.service import search
from idp.kernel.clock import DAY, MINUTE
from idp.kernel.settings import Settings
from idp.limits import modes
from idp.risk import service as risk
from idp.risk import sightings
from idp.web.i18n import when
from tests.factories import Person
from tests.idp.signin.acts import knock
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.devices import AT_HOME, ELSEWHERE, LAPTOP, PHONE, another, as_kind, make_places
from tests.support.letters import Letter

pytestmark = pytest.mark.only_on("sqlite")

Letters = Callable[[], list[Letter]]
SUBJECT = "A sign-in in a new browser"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"places_file": make_places(tmp_path / "places.mmdb")})


@pytest.fixture
def home(browser: Browser, ana: Person, clock: Clock) -> Browser:
    """Ana's laptop, in which she has signed in."""
    browser.address = AT_HOME
    as_kind(browser, LAPTOP).sign_in(ana)
    clock.advance(60)
    return browser


def told(letters: Letters) -> list[str]:
    """What the letters about new browsers say."""
    return [letter.text for letter in letters() if letter.subject == SUBJECT]


def test_who_came_in_is_told_with_device_place_and_time(
    home: Browser, ana: Person, clock: Clock, letters: Letters
) -> None:
    another(home, PHONE).sign_in(ana)
    said_at = when(clock.now)
    clock.advance(5 * MINUTE - 1)
    assert sightings.tell(10) == 0
    clock.advance(1)
    assert sightings.tell(10) == 1 and sightings.tell(10) == 0

    (text,) = told(letters)
    assert "Someone signed in to your account" in text and "did not pass" not in text
    assert f"{said_at}, Firefox on Android, Paris, France" in text
    assert ELSEWHERE not in text and "/not-me/" in text


def test_who_only_knew_the_password_is_told_apart(home: Browser, ana: Person, clock: Clock, letters: Letters) -> None:
    thief = knock(another(home, PHONE), ana.email, "wrong password")
    knock(thief, ana.email, ana.password)
    clock.advance(5 * MINUTE)
    assert sightings.tell(10) == 1

    (text,) = told(letters)
    assert "did not pass the second step" in text and "signed in to your account" not in text
    assert "A wrong password was entered 1 time" in text


def test_several_are_told_in_one_letter_and_one_that_comes_in_later_in_another(
    home: Browser, ana: Person, clock: Clock, letters: Letters
) -> None:
    first, second = another(home, PHONE), another(home, LAPTOP)
    knock(first, ana.email, ana.password)
    clock.advance(4 * MINUTE)
    second.sign_in(ana)
    clock.advance(MINUTE)
    assert sightings.tell(10) == 1
    (text,) = told(letters)
    assert "Chrome on Windows, Paris" in text and "Firefox on Android, Paris" in text

    first.submit("verify", code=ana.code())
    clock.advance(5 * MINUTE)
    assert sightings.tell(10) == 1
    assert "did not pass" not in told(letters)[-1] and "Firefox on Android" in told(letters)[-1]


def test_nobody_is_told_of_browsers_that_are_known_or_the_first(
    home: Browser, ana: Person, clock: Clock, letters: Letters
) -> None:
    home.client.delete_cookie("beacon-session")
    home.sign_in(ana)
    clock.advance(DAY)

    assert sightings.tell(10) == 0 and told(letters) == []


def test_after_this_was_not_me_every_browser_is_new(home: Browser, ana: Person, clock: Clock, letters: Letters) -> None:
    clock.advance(DAY)
    lifecycle.disavow(ana.id, clock.now - 60)
    clock.advance(60)
    home.sign_in(ana)
    clock.advance(5 * MINUTE)

    assert sightings.tell(10) == 1 and len(told(letters)) == 1


def test_a_rule_that_only_observes_writes_no_letter_and_is_explained(
    home: Browser, ana: Person, clock: Clock, letters: Letters
) -> None:
    modes.observe("risk.new_browser")
    another(home, PHONE, AT_HOME).sign_in(ana)
    clock.advance(5 * MINUTE)

    assert sightings.tell(10) == 0 and told(letters) == []
    attempt_id = search(kind="risk.assessed")[0].facts["attempt_id"]
    _password, signed_in = risk.explain(attempt_id)
    assert {rule.name for rule in signed_in.enforced} == {"phishable_in_new_browser"}
    assert [rule.name for rule in signed_in.observed] == ["new_browser"]


def test_wrong_tries_and_changes_before_a_sign_in_are_noted(home: Browser, ana: Person, clock: Clock) -> None:
    for _ in range(5):
        knock(home, ana.email, "wrong password")
    home.client.delete_cookie("beacon-session")
    accounts.notices.note_credentials(ana.id)
    clock.advance(60)
    home.sign_in(ana)

    (event,) = search(kind="risk.assessed", account=ana.id)
    (told,) = risk.explain(event.facts["attempt_id"])
    assert {rule.name for rule in told.enforced} == {"many_failures", "credentials_changed"}
    assert told.answer == "log"


def test_sightings_are_deleted_after_thirty_days(home: Browser, ana: Person, clock: Clock) -> None:
    another(home, PHONE).sign_in(ana)
    clock.advance(30 * DAY + 1)

    assert sightings.sweep(10) == 1 and sightings.sweep(10) == 0
