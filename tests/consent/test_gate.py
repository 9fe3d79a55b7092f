"""The consent gate: one statement when the answer is known, and never silent when it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event

from consent import service
from consent.gate import consent
from idp.kernel.clock import YEAR
from idp.kernel.contracts import Ask, Need, SessionView
from idp.kernel.db import db

SCOPES = ("openid", "email", "phone", "offline_access")


@pytest.fixture
def ana(make_account):
    return make_account()


@pytest.fixture
def snap(make_client):
    return make_client(name="SNAP", scopes=SCOPES).client


def ask(person, client, *claims: str, **more) -> Ask:
    session = SessionView("s", person.id, 0, ("password",), "aal1", ("pwd",))
    return Ask(client.id, frozenset({"openid", "email"}), frozenset(claims), session=session, **more)


def owed(outcome: Ask | Need) -> str:
    assert isinstance(outcome, Need), outcome
    assert (outcome.error, outcome.endpoint) == ("consent_required", "consent.decide")
    return outcome.reason


def test_the_first_visit_asks_even_when_nothing_but_the_sign_in_is_wanted(ana, snap) -> None:
    assert owed(consent(ask(ana, snap))) == "never asked"
    service.give(ana.id, snap, ask(ana, snap), [])
    assert consent(ask(ana, snap)) == ask(ana, snap)


def test_the_request_goes_on_with_what_was_granted(ana, snap) -> None:
    service.give(ana.id, snap, ask(ana, snap, "email", "phone_number"), ["phone_number"])
    outcome = consent(ask(ana, snap, "email", "phone_number"))
    assert outcome == ask(ana, snap, "phone_number")


def test_a_year_later_it_asks_again(ana, snap, clock) -> None:
    service.give(ana.id, snap, ask(ana, snap, "email"), ["email"])
    clock.advance(YEAR - 1)
    assert isinstance(consent(ask(ana, snap, "email")), Ask)
    clock.advance(1)
    assert owed(consent(ask(ana, snap, "email"))) == "the decision has expired"


def test_a_first_party_app_gets_what_it_asks_for(ana, make_client) -> None:
    ours = make_client(scopes=SCOPES, first_party=True).client
    asked = replace(ask(ana, ours, "email"), scopes=frozenset({"openid", "offline_access"}))
    assert consent(asked) == asked


def test_offline_access_needs_an_answer_of_its_own(ana, snap) -> None:
    service.give(ana.id, snap, ask(ana, snap, "email"), ["email"])
    more = replace(ask(ana, snap, "email"), scopes=frozenset({"openid", "offline_access"}))
    assert owed(consent(more)) == "the app asks to act while the resident is away"
    unrecorded = consent(replace(more, decided=True))
    assert isinstance(unrecorded, Ask)
    assert not unrecorded.offline
    service.give(ana.id, snap, more, ["email"])
    assert consent(more) == more


def test_a_public_app_on_the_device_is_asked_about_each_time(ana, make_client) -> None:
    native = make_client(scopes=SCOPES, auth_method="none", redirect_uris=("http://127.0.0.1/cb",)).client
    service.give(ana.id, native, ask(ana, native, "email"), ["email"])
    assert owed(consent(ask(ana, native, "email"))) == "the app cannot be told from another"
    assert isinstance(consent(ask(ana, native, "email", decided=True)), Ask)


def test_nobody_passes_without_a_session_or_a_client(ana, snap) -> None:
    for nobody in (replace(ask(ana, snap), session=None), replace(ask(ana, snap), client_id="unknown")):
        outcome = consent(nobody)
        assert isinstance(outcome, Need)
        assert outcome.error == "login_required"


def test_a_remembered_answer_costs_one_statement(ana, snap) -> None:
    service.give(ana.id, snap, ask(ana, snap, "email"), ["email"])
    consent(ask(ana, snap, "email"))
    seen: list[str] = []
    note = lambda _c, _cursor, statement, *_rest: seen.append(statement)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", note)
    consent(ask(ana, snap, "email"))
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(seen) == 1
