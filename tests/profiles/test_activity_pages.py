"""Activity: one line for all that happened, and a way to disown each."""

from __future__ import annotations

from importlib import import_module

import pytest
from click.testing import CliRunner
from flask import Flask

from consent import service as consent
from idp import lifecycle
from idp.accounts.cli import resident
from idp.audit.actor import acting
from idp.audit.events import Event
from idp.audit.service import search
from idp.kernel.clock import DAY, HOUR
from idp.kernel.contracts import Ask
from idp.sessions.service import sessions_of
from profiles import timeline
from tests.support.addresses import added, named
from tests.support.browser import Browser
from tests.support.source import modules

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

ABOUT_NO_RESIDENT = ("client.", "key.", "limit.")
"""Events of apps, keys and networks."""

UNTOLD = {
    "account.erased": "nobody is left to read it",
    "code.texted": "the text itself tells",
    "code.texts_halted": "it is about a country, not a resident",
    "grant.exchanged": "a step between services within what the resident was told of",
    "grant.refreshed": "the same permission again, every few minutes",
    "mfa.code_accepted": "the sign-in that it was for is told",
    "mfa.passkey_accepted": "the sign-in that it was for is told",
    "risk.assessed": "what followed from it is told",
    "phone.used": "the sign-in that it was for is told",
}


@pytest.fixture
def ana(make_account):
    return make_account(totp=True)


@pytest.fixture
def at_home(browser, ana) -> Browser:
    return browser.sign_in(ana)


def test_every_kind_of_event_has_a_sentence_or_a_reason_to_have_none() -> None:
    names = [module.name for module in modules() if module.name.endswith(".events")]
    kinds = {
        thing.kind
        for name in names
        for thing in vars(import_module(name)).values()
        if isinstance(thing, type) and issubclass(thing, Event) and thing is not Event
    }
    owed = {kind for kind in kinds if not kind.startswith(ABOUT_NO_RESIDENT)} - UNTOLD.keys()
    assert owed - timeline.SENTENCES.keys() == set(), "these happen to residents: give each a sentence"
    assert timeline.SENTENCES.keys() | UNTOLD.keys() <= kinds, "these happen no more"


def test_lines_are_sentences_with_app_device_and_staff(at_home, ana, make_client, clock) -> None:
    client = make_client(name="SNAP Online").client
    consent.give(ana.id, client, Ask(client.id, frozenset({"openid"}), frozenset({"email"})), ("email",))
    with acting("dana", "caller asked us to"):
        lifecycle.sign_out(ana.id)
    clock.advance(30)
    at_home.sign_in(ana).get("/account/activity")
    assert at_home.data_page == "activity"
    for words in (
        "You shared information with SNAP Online.",
        "You signed in.",
        "Done by our staff: dana. Reason: caller asked us to",
        "January 15, 2027",
    ):
        assert words in at_home.text
    assert at_home.text.index("signed out everywhere") < at_home.text.index("You shared information")
    lines = at_home.page.find("main").find_all("dd", class_="action")
    assert len(lines) == len(timeline.page(ana.id).lines)


def test_it_is_narrowed_to_a_group(at_home, ana, clock) -> None:
    added(ana, "marked.second@residents.example")
    with acting("dana", "caller asked us to"):
        lifecycle.lock(ana.id)
    lifecycle.unlock(ana.id)
    clock.advance(30)
    at_home.sign_in(ana).get("/account/activity").click("Changes")
    assert "An email address was added." in at_home.text
    assert "You signed in." not in at_home.text
    at_home.click("What our staff did")
    assert "Your account was locked." in at_home.text
    assert "unlocked" not in at_home.text
    at_home.click("Sharing")
    assert "There is nothing here." in at_home.text
    assert "You signed in." in at_home.get("/account/activity?show=nonsense").text


def test_older_lines_are_on_the_next_pages(at_home, ana) -> None:
    for _ in range(45):
        lifecycle.sign_out_of(ana.id, "no-app")
    seen = []
    at_home.get("/account/activity")
    while True:
        seen += [link["href"] for link in at_home.page.select("dd.action a")]
        if at_home.page.find(id="older") is None:
            break
        at_home.click("older")
    everything = [event for event in search(account=ana.id) if event.kind in timeline.SENTENCES]
    assert seen == [f"/account/activity/{event.id}" for event in everything]
    for nonsense in ("x", "1.2.3", "9" * 40 + ".1", "\N{DIGIT ONE}.\N{ARABIC-INDIC DIGIT ONE}"):
        assert at_home.get("/account/activity", query_string={"after": nonsense}).status == 200


def test_a_line_that_was_not_me_secures_the_account(at_home, ana, clock, letters) -> None:
    clock.advance(8 * DAY)
    thief = at_home.another().sign_in(ana)
    since = search(account=ana.id, kind="session.opened")[0]
    clock.advance(HOUR // 2)
    added(ana, "marked.thief@elsewhere.example")
    at_home.sign_in(ana).get("/account/activity").get(f"/account/activity/{since.id}")
    assert at_home.data_page == "disown"
    assert len(sessions_of(ana.id)) == 2, "looking changes nothing"
    at_home.submit("secure")
    assert at_home.data_page == "secured"
    assert sessions_of(ana.id) == []
    assert thief.get("/account").path == "/sign-in"
    assert named(ana, "marked.thief@elsewhere.example").suspended_at
    assert named(ana, ana.email).good
    assert search(account=ana.id, kind="account.disavowed")[0].facts["since"] == since.at
    assert at_home.get("/account").path == "/sign-in"


def test_a_session_alone_takes_nothing_out_of_use(at_home, ana, clock) -> None:
    """Whoever finds a browser open could else take away all that its resident signs in with."""
    line = search(account=ana.id)[0].id
    clock.advance(HOUR / 2)
    assert at_home.get(f"/account/activity/{line}").data_page == "confirm"
    assert at_home.get("/account/freeze").status == 200, "but freezing, which can be taken back"


def test_who_knows_the_line_goes_back(at_home, ana) -> None:
    line = search(account=ana.id, kind="session.opened")[0]
    at_home.get(f"/account/activity/{line.id}").click("It was me")
    assert at_home.path == "/account/activity"
    assert at_home.post(f"/account/activity/{line.id}").status == 400
    assert sessions_of(ana.id)


def test_an_operator_cannot_hide_among_residents_and_programs(app: Flask, ana) -> None:
    for name in ("resident", "system", "dana"):
        command = ["lock", ana.id, "--reason", "test", "--operator", name]
        done = CliRunner().invoke(resident, command, obj=lambda: app)
        assert done.exit_code == 0, done.output
    shown = [line.staff for line in timeline.page(ana.id, "staff").lines]
    assert set(shown) == {"operator resident", "operator system", "dana"}
