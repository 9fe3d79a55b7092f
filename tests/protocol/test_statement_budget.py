"""The three hot endpoints keep to their number of SQL statements (design, section 5), with one commit each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event

from idp.kernel.db import db
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, granted, signed_in
from tests.support.statements import recorded

AUTHORIZE, TOKEN, USERINFO = 4, 5, 2
COLD_CACHES = 3
"""An app costs two statements to read (itself and its secrets), the signing keys one; each at most once a second."""


@dataclass
class Tally:
    """What was sent to the database."""

    statements: list[str]
    commits: int = 0

    def __str__(self) -> str:
        return "\n".join([f"{len(self.statements)} statements, {self.commits} commits", *self.statements])


@contextmanager
def counting(app: Flask) -> Iterator[Tally]:
    """Count meanwhile."""
    with app.app_context():
        engine = db.engine
    with recorded(engine) as statements:
        tally = Tally(statements)

        def commit(_connection: Connection) -> None:
            tally.commits += 1

        event.listen(engine, "commit", commit)
        try:
            yield tally
        finally:
            event.remove(engine, "commit", commit)


def within(tally: Tally, statements: int, commits: int = 1) -> None:
    assert len(tally.statements) <= statements, str(tally)
    assert tally.commits <= commits, str(tally)


@pytest.fixture
def warm(at_home: Browser, party: Party) -> Browser:
    """The browser at home, with every cache of the process filled."""
    party.userinfo(party.tokens(at_home)["access_token"])
    return at_home


def test_authorize_with_a_live_session_and_a_remembered_consent(warm: Browser, party: Party) -> None:
    with counting(warm.app) as tally:
        party.code(warm)

    within(tally, AUTHORIZE)


def test_token_for_a_code(warm: Browser, party: Party) -> None:
    code = party.code(warm)
    with counting(warm.app) as tally:
        granted(party.redeem(code))

    within(tally, TOKEN)


def test_token_for_a_refresh_token(warm: Browser, party: Party) -> None:
    refresh_token = party.tokens(warm)["refresh_token"]
    with counting(warm.app) as tally:
        granted(party.refresh(refresh_token))

    within(tally, TOKEN)


def test_userinfo(warm: Browser, party: Party) -> None:
    access_token = party.tokens(warm)["access_token"]
    with counting(warm.app) as tally:
        assert party.userinfo(access_token).get_json()["email"]

    within(tally, USERINFO, commits=0)


def test_a_second_resident_costs_no_more(warm: Browser, party: Party, make_account: Any) -> None:
    person: Person = make_account(totp=True, legal_name={"given": "Second"})
    agree(person, party.registered)
    other = signed_in(warm.another(), person)
    party.code(other)

    with counting(warm.app) as tally:
        party.code(other)
    within(tally, AUTHORIZE)


def test_session_activity_is_written_at_most_once_a_minute(warm: Browser, party: Party, clock: Clock) -> None:
    clock.advance(59)
    party.code(warm)
    with counting(warm.app) as before:
        party.code(warm)
    clock.advance(1)
    with counting(warm.app) as after:
        party.code(warm)
    with counting(warm.app) as again:
        party.code(warm)

    assert len(before.statements) == len(again.statements) <= AUTHORIZE
    assert any(statement.startswith("UPDATE sessions") for statement in after.statements)
    assert not any(statement.startswith("UPDATE sessions") for statement in (*before.statements, *again.statements))


def test_what_empty_caches_cost(warm: Browser, party: Party, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    code, access_token = party.code(warm), party.tokens(warm)["access_token"]

    clock.advance(2)
    with counting(warm.app) as authorize:
        party.code(warm)
    clock.advance(2)
    with counting(warm.app) as token:
        granted(party.redeem(code))
    clock.advance(2)
    with counting(warm.app) as userinfo:
        party.userinfo(access_token)

    with capsys.disabled():
        cold = {"authorize": authorize, "token": token, "userinfo": userinfo}
        told = ", ".join(f"{name} {len(tally.statements)}" for name, tally in cold.items())
        print(f"\nstatements with empty client and key caches: {told}")  # noqa: T201
    within(authorize, AUTHORIZE + COLD_CACHES)
    within(token, TOKEN + COLD_CACHES)
    within(userinfo, USERINFO, commits=0)
