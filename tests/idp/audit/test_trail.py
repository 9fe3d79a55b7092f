"""The trail: one insert an event, with who acted and why."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from idp.audit.actor import acting, actor
from idp.audit.service import record, search
from idp.kernel import db
from tests.idp.audit.painting import DoorPainted, trail
from tests.support.clock import START, Clock


@pytest.fixture
def statements(app: Flask) -> Any:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(db.db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.db.engine, "before_cursor_execute", note)


def test_an_event_says_what_happened_to_whom_and_when(app: Flask) -> None:
    record(DoorPainted("blue", 2, ("hall", "attic"), dry=True), account_id="acc", client_id="app")

    (entry,) = search()
    assert (entry.at, entry.kind, entry.account_id, entry.client_id) == (START, "test.door_painted", "acc", "app")
    assert entry.facts == {"colour": "blue", "coats": 2, "rooms": ["hall", "attic"], "dry": True}
    assert (entry.actor, entry.reason) == ("system", None)
    assert entry.position is None


def test_the_actor_of_the_moment_is_on_record(app: Flask) -> None:
    with acting("j.doe", "stolen phone"):
        record(DoorPainted("red"))
        with acting("resident"):
            record(DoorPainted("green"))
    record(DoorPainted("white"))

    assert [(row.actor, row.reason) for row in trail()] == [
        ("j.doe", "stolen phone"),
        ("resident", None),
        ("system", None),
    ]
    assert actor() == ("system", "")


def test_the_actor_is_forgotten_when_the_deed_fails(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), acting("j.doe", "typo"):
        raise ZeroDivisionError

    assert actor() == ("system", "")


def test_recording_costs_one_insert_inside_the_deeds_transaction(app: Flask, statements: list[str]) -> None:
    with db.transaction():
        statements.clear()
        record(DoorPainted("blue"))
        assert len(statements) == 1
        assert statements[0].startswith("INSERT INTO events")


def test_an_event_is_undone_with_its_deed(app: Flask) -> None:
    def paint_and_stumble() -> None:
        with db.transaction():
            record(DoorPainted("blue"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        paint_and_stumble()

    assert trail() == []


def test_search_finds_by_person_app_kind_and_time_newest_first(app: Flask, clock: Clock) -> None:
    record(DoorPainted("blue"), account_id="ada")
    clock.advance(10)
    record(DoorPainted("red"), account_id="bob", client_id="app")
    clock.advance(10)
    record(DoorPainted("green"), account_id="ada", client_id="app")

    def colours(**wanted: Any) -> list[str]:
        return [entry.facts["colour"] for entry in search(**wanted)]

    assert colours() == ["green", "red", "blue"]
    assert colours(account="ada") == ["green", "blue"]
    assert colours(client="app") == ["green", "red"]
    assert colours(account="ada", client="app") == ["green"]
    assert colours(kind="test.door_painted", limit=1) == ["green"]
    assert colours(kind="test.other") == []
    assert colours(since=START + 10) == ["green", "red"]
    assert colours(until=START + 10) == ["blue"]
    assert colours(since=START + 10, until=START + 20) == ["red"]
