"""The chain of seals: whole when left alone, and broken at the right place when touched."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from idp.audit.models import ChainHead, EventRow
from idp.audit.service import Broken, record, seal, verify
from idp.kernel import db
from idp.kernel.errors import Misconfigured
from tests.idp.audit.painting import DoorPainted, paint, tamper, trail


def test_an_empty_trail_is_sound(app: Flask) -> None:
    verdict = verify()

    assert verdict.sound
    assert (verdict.checked, verdict.unsealed, verdict.position) == (0, 0, 0)


def test_events_wait_until_they_are_sealed_in_batches(app: Flask) -> None:
    paint(5)
    assert (verify().checked, verify().unsealed) == (0, 5)

    assert [seal(3), seal(3), seal(3)] == [3, 2, 0]

    verdict = verify()
    assert verdict.sound
    assert (verdict.checked, verdict.unsealed, verdict.position) == (5, 0, 5)
    assert [row.position for row in trail()] == [1, 2, 3, 4, 5]


def test_a_long_chain_is_walked_in_chunks(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.audit.chain.CHUNK", 3)
    paint(10)
    seal()

    assert (verify().checked, verify().sound) == (10, True)


@pytest.mark.parametrize(
    "change",
    [
        {"at": 1},
        {"kind": "test.other"},
        {"account_id": "somebody"},
        {"client_id": "some-app"},
        {"actor": "nobody"},
        {"reason": "none"},
        {"facts": {"colour": "black"}},
        {"seal": b"\1" * 32},
        {"seal": None},
        {"id": 10_000},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_edited_event_is_found(app: Flask, change: dict[str, Any]) -> None:
    paint(4)
    seal()
    assert verify().sound

    tamper(3, **change)

    verdict = verify()
    assert verdict.broken is not None
    assert (verdict.broken.harm, verdict.broken.position) == ("edited", 3)
    assert verdict.checked == 2


@pytest.mark.only_on("sqlite")  # which keeps anything in any column
@pytest.mark.parametrize("change", ["facts = 'no json'", "actor = x'ff00'", "at = 'noon'", "seal = 'text'", "seal = 7"])
def test_a_value_of_another_kind_is_found(app: Flask, change: str) -> None:
    paint(4)
    seal()
    assert verify().sound

    with db.transaction():
        db.execute(text(f"UPDATE events SET {change} WHERE position = 3"))

    broken = verify().broken
    tamper(3, facts={})
    assert broken is not None and (broken.harm, broken.position) == ("edited", 3)


def test_a_removed_event_is_found(app: Flask) -> None:
    paint(4)
    seal()

    with db.transaction():
        db.execute(delete(EventRow).where(EventRow.position == 2))

    assert verify().broken == Broken("removed", 2)


def test_a_removed_event_is_found_when_the_rest_moved_up(app: Flask) -> None:
    paint(4)
    seal()

    with db.transaction():
        db.execute(delete(EventRow).where(EventRow.position == 2))
        for position in (3, 4):
            db.execute(update(EventRow).where(EventRow.position == position).values(position=position - 1))

    verdict = verify()
    assert verdict.broken is not None and verdict.broken.position == 2


def test_a_removed_tail_is_found(app: Flask) -> None:
    paint(4)
    seal()

    with db.transaction():
        db.execute(delete(EventRow).where(EventRow.position > 2))

    assert verify().broken == Broken("removed", 3)


def test_a_removed_trail_is_found(app: Flask) -> None:
    paint(4)
    seal()

    with db.transaction():
        db.execute(delete(EventRow))

    assert verify().broken == Broken("removed", 1)


def test_a_tail_cannot_be_cut_off_by_moving_the_head_back(app: Flask) -> None:
    paint(4)
    seal()
    kept = trail()[1]

    with db.transaction():
        db.execute(delete(EventRow).where(EventRow.position > 2))
        db.execute(update(ChainHead).values(position=2, seal=kept.seal))

    assert verify().broken == Broken("head", 2)


def test_a_lost_head_is_found(app: Flask) -> None:
    paint(2)
    seal()

    with db.transaction():
        db.execute(delete(ChainHead))

    verdict = verify()
    assert verdict.broken is not None and verdict.broken.harm == "head"


@pytest.mark.parametrize("sealed", [4, 0])
def test_a_trail_that_was_taken_away_with_its_head_is_missed_for_good(app: Flask, sealed: int) -> None:
    paint(4)
    seal(sealed)
    assert verify().sound

    with db.transaction():
        db.execute(delete(EventRow))
        db.execute(delete(ChainHead))
    assert verify().broken == Broken("head", 0)

    paint(2)
    with pytest.raises(Misconfigured, match="head"):
        seal()
    assert verify().broken == Broken("head", 0)


def test_an_older_head_does_not_hide_newer_events(app: Flask) -> None:
    paint(2)
    seal()
    old = db.execute(select(ChainHead.__table__)).one()._asdict()
    paint(2)
    seal()

    with db.transaction():
        db.execute(update(ChainHead).values(**old))

    verdict = verify()
    assert verdict.broken is not None
    assert (verdict.broken.harm, verdict.broken.position) == ("foreign", 3)


def test_two_events_that_changed_places_are_found(app: Flask) -> None:
    paint(4)
    seal()
    second, third = trail()[1], trail()[2]

    tamper(2, position=None)
    tamper(3, position=2)
    with db.transaction():
        db.execute(update(EventRow).where(EventRow.id == second.id).values(position=3))

    assert verify().broken == Broken("reordered", 3, second.id)
    assert third.position == 3


def test_an_event_put_behind_the_head_is_found(app: Flask) -> None:
    paint(2)
    seal()
    forged = trail()[1]._asdict() | {"id": 99, "position": 3}

    with db.transaction():
        db.execute(insert(EventRow).values(**forged))

    assert verify().broken == Broken("foreign", 3, 99)


def test_an_event_put_before_the_first_is_found(app: Flask) -> None:
    paint(2)
    seal()
    forged = trail()[1]._asdict() | {"id": 99, "position": 0}

    with db.transaction():
        db.execute(insert(EventRow).values(**forged))

    assert verify().broken == Broken("foreign", 0, 99)


def test_a_seal_made_without_the_key_does_not_hold(app: Flask) -> None:
    paint(3)
    seal()
    keys = app.extensions["beacon.keys"]
    other = type(keys).make()

    app.extensions["beacon.keys"] = other
    verdict = verify()
    app.extensions["beacon.keys"] = keys

    assert not verdict.sound
    assert verify().sound


def test_many_workers_seal_each_event_once(app: Flask) -> None:
    paint(60)
    together = Barrier(6)

    def work(_number: int) -> int:
        with app.app_context():
            together.wait()
            return sum(seal(5) for _ in range(20))

    with ThreadPoolExecutor(6) as pool:
        sealed = sum(pool.map(work, range(6)))

    assert sealed == 60
    verdict = verify()
    assert verdict.sound
    assert (verdict.checked, verdict.unsealed) == (60, 0)


@pytest.mark.only_on("postgresql")
def test_an_event_committed_late_with_a_smaller_id_is_sealed_later(app: Flask) -> None:
    with db.db.engine.connect() as slow, slow.begin():
        slow.execute(
            insert(EventRow).values(at=1, kind="test.slow", actor="system", facts={}),
        )
        record(DoorPainted("quick"))
        assert seal() == 1
        assert verify().sound
    assert seal() == 1

    slow_row, quick_row = trail()
    assert (slow_row.kind, slow_row.position, quick_row.position) == ("test.slow", 2, 1)
    assert verify().sound


def test_the_worker_seals_the_trail(app: Flask) -> None:
    sweep = next(s for s in app.extensions["beacon.registry"].sweeps if s.name == "seal-audit")
    paint(3)

    assert sweep.every == 1
    assert [sweep.run(2), sweep.run(2)] == [2, 1]
    assert verify().checked == 3
