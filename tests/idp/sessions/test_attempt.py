"""Attempts and parked requests: rows, each bound to one browser, each answered once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask, g, session
from sqlalchemy import select

from idp.kernel.clock import HOUR
from idp.kernel.db import execute
from idp.sessions import attempt as attempts
from idp.sessions import parked
from idp.sessions.errors import AttemptGone, RequestGone
from idp.sessions.models import AttemptRow, ParkedRequestRow
from tests.factories import App, Person
from tests.support.clock import START, Clock

HINT = "marked.hint@example.org"
PARAMETERS = {"redirect_uri": "https://app.agency.example/callback", "state": "S1", "login_hint": HINT}

Visit = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def visit(app: Flask) -> Visit:
    """``with visit("mine"):`` is one request of the browser of that name."""

    @contextmanager
    def visiting(browser: str = "mine") -> Iterator[None]:
        with app.app_context(), app.test_request_context("/"):
            session["browser"] = browser
            yield

    return visiting


@pytest.fixture
def client(make_client: Callable[..., App]) -> App:
    return make_client(name="Tax office")


@pytest.fixture
def waiting(visit: Visit, client: App) -> str:
    """The id of a request that waits for the browser ``mine``."""
    with visit():
        return parked.park(client.client, PARAMETERS, "signin.sign_in")


class TestAttempt:
    def test_is_found_again_by_its_browser(self, visit: Visit) -> None:
        with visit():
            begun = attempts.begin("sign_up", email="marked.new@example.org", return_to="/account")
        with visit():
            assert attempts.load(begun.id) == begun
        assert (begun.email, begun.return_to, begun.methods) == ("marked.new@example.org", "/account", ())

    def test_is_gone_for_everybody_else_and_after_half_an_hour(self, visit: Visit, clock: Clock) -> None:
        with visit():
            begun = attempts.begin("sign_in")
        for browser, attempt_id in (("another", begun.id), ("mine", "made-up"), ("mine", "")):
            with visit(browser), pytest.raises(AttemptGone):
                attempts.load(attempt_id)
        clock.advance(attempts.OPEN_FOR)
        with visit(), pytest.raises(AttemptGone):
            attempts.load(begun.id)

    def test_collects_methods_once_each(self, visit: Visit) -> None:
        with visit():
            begun = attempts.begin("sign_in", methods=("password",))
            attempts.note(begun.id, "totp")
            assert attempts.note(begun.id, "password").methods == ("password", "totp")

    def test_names_its_resident_once_and_for_good(self, visit: Visit, make_account: Callable[..., Person]) -> None:
        one, other = make_account(), make_account()
        with visit():
            begun = attempts.begin("sign_in")
            assert attempts.note(begun.id, "password", one.id).account_id == one.id
            assert attempts.note(begun.id, "totp", one.id).account_id == one.id
            with pytest.raises(AttemptGone):
                attempts.note(begun.id, "totp", other.id)
            assert attempts.load(begun.id).account_id == one.id

    def test_ends_once(self, visit: Visit) -> None:
        with visit():
            begun = attempts.begin("sign_in")
            attempts.finish(begun.id)
            with pytest.raises(AttemptGone):
                attempts.finish(begun.id)
            with pytest.raises(AttemptGone):
                attempts.load(begun.id)
            with pytest.raises(AttemptGone):
                attempts.note(begun.id, "totp")

    def test_knows_the_app_it_serves_and_leads_back_to_it_when_over(
        self, visit: Visit, waiting: str, client: App
    ) -> None:
        with visit():
            begun = attempts.begin("sign_in", request_id=waiting)
            assert begun.client == client.client and g.asking == client.client
            attempts.finish(begun.id)
        with visit(), pytest.raises(AttemptGone) as gone:
            attempts.load(begun.id)
        assert gone.value.onward == client.client.home

    def test_keeps_what_was_typed_sealed(self, visit: Visit) -> None:
        with visit():
            attempts.begin("sign_up", email="marked.new@example.org")

        (row,) = execute(select(AttemptRow.__table__)).all()
        assert b"marked.new" not in row.sealed_email

    def test_is_swept_when_it_has_long_been_over(self, visit: Visit, clock: Clock) -> None:
        with visit():
            attempts.begin("sign_in")
        clock.advance(2 * attempts.OPEN_FOR)
        assert attempts.sweep(10) == 0
        clock.advance(1)
        assert attempts.sweep(10) == 1


class TestParkedRequest:
    def test_is_found_again_by_its_browser(self, visit: Visit, waiting: str, client: App) -> None:
        with visit():
            found = parked.load(waiting)

        assert (found.id, found.client, found.parameters) == (waiting, client.client, PARAMETERS)
        assert {found.session_id, found.authenticated_at, found.decided_at, found.refused_at} == {None}

    def test_is_gone_for_everybody_else_and_after_an_hour(
        self, visit: Visit, waiting: str, client: App, clock: Clock, make_client: Callable[..., App]
    ) -> None:
        stranger = make_client()
        tampered = waiting.replace(client.id, stranger.id)
        for browser, request_id in (
            ("another", waiting), ("mine", tampered), ("mine", f"x.{client.id}"), ("mine", "x"), ("mine", "."),
        ):  # fmt: skip
            with visit(browser), pytest.raises(RequestGone):
                parked.load(request_id)
        clock.advance(HOUR)
        with visit(), pytest.raises(RequestGone):
            parked.load(waiting)

    def test_even_a_dead_one_names_the_app(self, visit: Visit, client: App) -> None:
        with visit():
            with pytest.raises(RequestGone):
                parked.load(f"made-up.{client.id}")
            assert g.asking == client.client

    def test_is_answered_once_and_then_leads_back_to_the_app(self, visit: Visit, waiting: str, client: App) -> None:
        with visit():
            parked.finish(waiting)
            with pytest.raises(RequestGone):
                parked.finish(waiting)
            with pytest.raises(RequestGone):
                parked.decide(waiting, "session")
            with pytest.raises(RequestGone) as gone:
                parked.load(waiting)
        assert gone.value.onward == client.client.home

    def test_remembers_who_signed_in_and_decided_for_it(self, visit: Visit, waiting: str) -> None:
        with visit():
            parked.authenticated(waiting, "session")
            parked.decide(waiting, "session")
            found = parked.load(waiting)

        assert (found.session_id, found.authenticated_at, found.decided_at) == ("session", START, START)

    def test_forgets_what_another_session_did(self, visit: Visit, waiting: str) -> None:
        with visit():
            parked.authenticated(waiting, "one")
            parked.decide(waiting, "one")
            parked.authenticated(waiting, "two")
            assert (parked.load(waiting).session_id, parked.load(waiting).decided_at) == ("two", None)

            parked.decide(waiting, "three")
            assert (parked.load(waiting).session_id, parked.load(waiting).authenticated_at) == ("three", None)

    def test_a_no_cannot_be_taken_back(self, visit: Visit, waiting: str) -> None:
        with visit():
            parked.refuse(waiting)
            with pytest.raises(RequestGone):
                parked.refuse(waiting)
            with pytest.raises(RequestGone):
                parked.decide(waiting, "session")
            parked.finish(waiting)

    def test_keeps_its_parameters_sealed(self, waiting: str) -> None:
        (row,) = execute(select(ParkedRequestRow.__table__)).all()

        assert b"marked.hint" not in row.parameters and b"callback" not in row.parameters

    def test_is_swept_an_hour_after_its_time(self, waiting: str, clock: Clock) -> None:
        clock.advance(2 * HOUR)
        assert parked.sweep(10) == 0
        clock.advance(1)
        assert parked.sweep(10) == 1
