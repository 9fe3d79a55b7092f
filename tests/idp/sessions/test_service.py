"""Sessions: authority stays in the database, the cookie only points at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.exceptions import Unauthorized

from idp import lifecycle
from idp.audit.service import search
from idp.kernel.clock import DAY, HOUR
from idp.kernel.crypto import digest
from idp.kernel.db import execute
from idp.kernel.errors import NotFound
from idp.sessions import cookie, current
from idp.sessions import service as sessions
from idp.sessions.assurance import AAL1, AAL2
from idp.sessions.models import SessionRow
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.party import TWO_FACTORS, signed_in


@pytest.fixture
def person(make_account: Callable[..., Person]) -> Person:
    return make_account(totp=True)


def opened(app: Flask, person: Person, methods: tuple[str, ...] = TWO_FACTORS) -> tuple[str, str]:
    """A session's id and the secret that its browser got."""
    with app.app_context(), app.test_request_context("/"):
        session_id = sessions.open_session(person.id, methods)
        return session_id, given(app)


def given(app: Flask) -> str:
    """The secret that this request gives the browser."""
    lines = app.process_response(app.response_class()).headers.getlist("Set-Cookie")
    return next(line for line in lines if line.startswith(cookie.name())).split(";")[0].partition("=")[2]


def row(session_id: str) -> Any:
    return execute(select(SessionRow.__table__).where(SessionRow.id == session_id)).one()


def test_a_session_says_who_how_and_when(app: Flask, person: Person) -> None:
    session_id, secret = opened(app, person)
    found = sessions.find(secret)

    assert found is not None and found.locale == "en"
    view = found.view
    assert (view.id, view.account_id, view.auth_time) == (session_id, person.id, START)
    assert (view.methods, view.acr, view.amr) == (TWO_FACTORS, AAL2, ("pwd", "otp", "mfa"))


def test_the_database_keeps_the_secret_as_a_digest(app: Flask, person: Person) -> None:
    session_id, secret = opened(app, person)

    kept = row(session_id)
    assert kept.digest == digest(secret) and secret not in str(tuple(kept))


def test_a_fresh_proof_changes_the_secret_the_level_and_the_times_but_not_the_session(
    app: Flask, person: Person, clock: Clock
) -> None:
    session_id, before = opened(app, person, ("password",))
    clock.advance(3000)
    with app.app_context(), app.test_request_context("/"):
        sessions.elevate(session_id, ("password", "totp", "totp"))
        after = given(app)

    assert sessions.find(before) is None
    found = sessions.find(after)
    assert found is not None and found.view.id == session_id
    assert (found.view.acr, found.view.auth_time) == (AAL2, START + 3000)
    assert row(session_id).expires_at == START + 3000 + 12 * HOUR


def test_an_ended_session_is_not_raised_again(app: Flask, person: Person) -> None:
    session_id, _ = opened(app, person)
    sessions.end(session_id)
    with app.app_context(), app.test_request_context("/"):
        sessions.elevate(session_id, TWO_FACTORS)
        assert sessions.find(given(app)) is None


def test_ending_says_whether_there_was_anything_to_end(app: Flask, person: Person) -> None:
    session_id, secret = opened(app, person)

    assert [one.id for one in sessions.end(session_id)] == [session_id]
    assert sessions.end(session_id) == []
    assert sessions.end("made-up") == []
    assert sessions.find(secret) is None


def test_all_of_a_resident_end_but_the_one_to_keep(
    app: Flask, person: Person, make_account: Callable[..., Person]
) -> None:
    kept, *_rest = [opened(app, person) for _ in range(3)]
    _, theirs = opened(app, make_account(totp=True))

    assert len(sessions.end_all(person.id, keep=kept[0])) == 2
    assert sessions.find(kept[1]) and sessions.find(theirs)
    assert len(sessions.end_all(person.id)) == 1


def test_sessions_are_listed_newest_first_and_only_live_ones(app: Flask, person: Person, clock: Clock) -> None:
    first, _ = opened(app, person)
    clock.advance(10)
    second, _ = opened(app, person)
    assert [facts.id for facts in sessions.sessions_of(person.id)] == [second, first]

    sessions.end(first)
    assert [facts.id for facts in sessions.sessions_of(person.id)] == [second]
    clock.advance(HOUR)
    assert sessions.sessions_of(person.id) == []
    assert len(sessions.sessions_of(person.id, live_only=False)) == 2
    assert len(sessions.sessions_of(live_only=False, limit=1)) == 1


def test_old_sessions_are_swept_a_month_after_their_end(app: Flask, person: Person, clock: Clock) -> None:
    opened(app, person)
    opened(app, person)
    clock.advance(12 * HOUR + 30 * DAY)
    assert sessions.sweep(10) == 0

    clock.advance(1)
    assert (sessions.sweep(1), sessions.sweep(10), sessions.sweep(10)) == (1, 1, 0)


def test_ending_one_by_its_id_is_on_record(app: Flask, person: Person) -> None:
    session_id, _ = opened(app, person)
    lifecycle.end_session(session_id)
    lifecycle.end_session(session_id)

    (event,) = search(kind="session.ended")
    assert event.account_id == person.id and event.facts == {"session_id": session_id}
    with pytest.raises(NotFound):
        lifecycle.end_session("made-up")


def test_ending_the_others_keeps_this_one(app: Flask, person: Person) -> None:
    here, secret = opened(app, person)
    _, other = opened(app, person)

    assert lifecycle.end_other_sessions(person.id, keep=here) == 1
    assert sessions.find(secret) and sessions.find(other) is None


def test_a_page_looks_its_session_up_once(app: Flask, person: Person) -> None:
    _, secret = opened(app, person)
    with app.app_context(), app.test_request_context("/", headers={"Cookie": f"{cookie.name()}={secret}"}):
        view = current.session()
        assert view is not None and current.session() is view and current.account_id() == person.id
        sessions.end(view.id)
        assert current.session() is view
        current.forget()
        assert current.session() is None
        with pytest.raises(Unauthorized):
            current.account_id()


def test_a_cookie_that_cannot_be_one_asks_the_database_nothing(app: Flask) -> None:
    for text in ("", "x" * 65):
        with app.app_context(), app.test_request_context("/", headers={"Cookie": f"{cookie.name()}={text}"}):
            assert cookie.received() is None


def test_guards_send_strangers_to_the_sign_in_and_back(browser: Browser, person: Person, clock: Clock) -> None:
    browser.get("/account/profile", follow=False)
    assert browser.location == "/sign-in?return_to=/account/profile"

    browser.sign_in(person, path=browser.location)
    assert browser.path == "/account/profile"


def test_a_page_that_wants_a_fresh_proof_asks_for_one_after_ten_minutes(
    browser: Browser, person: Person, clock: Clock
) -> None:
    signed_in(browser, person)
    fresh = next(
        rule.rule
        for rule in browser.app.url_map.iter_rules()
        if getattr(browser.app.view_functions[rule.endpoint], "guard", "") == "fresh" and not rule.arguments
    )
    clock.advance(10 * 60)
    assert browser.get(fresh, follow=False).status == 200

    clock.advance(1)
    browser.get(fresh, follow=False)
    assert (browser.location or "").startswith("/confirm?return_to=")


def test_a_password_alone_is_the_first_level(app: Flask, person: Person) -> None:
    _, secret = opened(app, person, ("password",))
    found = sessions.find(secret)

    assert found is not None and found.view.acr == AAL1
