"""One place that commits: wholly or not at all, on both databases."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from idp.kernel import db
from idp.kernel.clock import now
from idp.kernel.errors import Misconfigured
from idp.limits.models import Counter
from tests.support.postgres import free_port
from tests.support.statements import recorded


class Stumble(Exception):
    """Something that goes wrong half way."""


def put(key: bytes, used: int = 1) -> None:
    with db.transaction():
        db.execute(db.insert(Counter).values(key=key, used=used, resets_at=now()))


def count() -> int:
    return int(db.execute(select(func.count()).select_from(Counter)).scalar_one())


def test_a_transaction_is_kept_when_it_ends_well(app: Flask):
    put(b"a")
    assert count() == 1


def test_a_transaction_leaves_nothing_when_it_fails(app: Flask):
    with suppress(Stumble), db.transaction():
        put(b"a")
        assert count() == 1
        raise Stumble
    assert count() == 0
    put(b"b")
    assert count() == 1


def test_a_nested_transaction_joins_the_outer_one(app: Flask):
    with suppress(Stumble), db.transaction() as outer:
        with db.transaction() as inner:
            assert inner is outer
        assert db.in_transaction()
        put(b"a")
        raise Stumble
    assert count() == 0
    assert not db.in_transaction()


def test_reading_outside_a_transaction_holds_nobody_up(app: Flask):
    assert count() == 0
    other = threading.Thread(target=_write_elsewhere, args=(app,))
    other.start()
    other.join(5)
    assert not other.is_alive()
    assert count() == 1


def test_an_insert_says_how_many_rows_went_in(app: Flask):
    with db.transaction():
        row = {"key": b"a", "used": 1, "resets_at": 1}
        assert db.execute(db.insert(Counter).values(row).on_conflict_do_nothing()).rowcount == 1
        assert db.execute(db.insert(Counter).values(row).on_conflict_do_nothing()).rowcount == 0


def test_a_conditional_update_says_how_many_rows_it_changed(app: Flask):
    put(b"a")
    with db.transaction():
        spend = update(Counter).where(Counter.key == b"a", Counter.used == 1).values(used=0)
        assert db.execute(spend).rowcount == 1
        assert db.execute(spend).rowcount == 0
        assert db.execute(delete(Counter).where(Counter.used == 7)).rowcount == 0


def test_one_of_many_simultaneous_spenders_wins(app: Flask):
    put(b"a")
    won: list[int] = []
    threads = [threading.Thread(target=_spend_elsewhere, args=(app, won)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(won) == [0] * 7 + [1]


def test_a_read_costs_one_statement(app: Flask):
    with recorded(db.db.engine) as statements:
        count()
    assert len(statements) == 1


def test_a_failed_statement_says_no_value(app: Flask):
    put(b"a")
    with pytest.raises(IntegrityError) as caught, db.transaction():
        db.execute(db.insert(Counter).values(key=b"a", used=81234567, resets_at=1))
    assert "81234567" not in str(caught.value)


def test_a_database_with_tables_is_not_complained_of(app: Flask):
    db.demand_tables()


def test_looking_waits_for_no_writer(app: Flask):
    with db.transaction():
        put(b"a")
        db.demand_tables()


def test_a_database_that_is_down_is_said_to_be_so(tmp_path):
    url = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"
    app = Flask("down")
    db.start(app, url)
    with app.app_context(), pytest.raises(Misconfigured, match="cannot be reached"):
        db.demand_tables()


@pytest.mark.only_on("postgresql")
def test_what_a_restarted_server_has_closed_is_opened_anew(app: Flask):
    with ExitStack() as opened:
        several = [opened.enter_context(db.looking()) for _ in range(3)]
        mine = [connection.execute(select(func.pg_backend_pid())).scalar_one() for connection in several]
    others = create_engine(db.db.engine.url, isolation_level="AUTOCOMMIT")
    with others.connect() as connection:
        for pid in mine:
            assert connection.execute(select(func.pg_terminate_backend(pid, 10_000))).scalar_one(), "ended, and seen to"
    others.dispose()

    put(b"a")
    assert count() == 1
    assert db.execute(select(func.pg_backend_pid())).scalar_one() not in mine


def test_an_empty_database_is_named_with_what_to_do(tmp_path):
    app = Flask("empty")
    db.start(app, f"sqlite:///{tmp_path}/empty.db")
    with app.app_context():
        with pytest.raises(Misconfigured, match="There is no database at"):
            db.demand_tables()
        db.make_file()
        with pytest.raises(Misconfigured, match="beacon db upgrade"):
            db.demand_tables()
        db.db.engine.dispose()


def _write_elsewhere(app: Flask) -> None:
    with app.app_context():
        put(b"elsewhere")


def _spend_elsewhere(app: Flask, won: list[int]) -> None:
    with app.app_context(), db.transaction():
        spend = update(Counter).where(Counter.key == b"a", Counter.used == 1).values(used=0)
        won.append(db.execute(spend).rowcount)
