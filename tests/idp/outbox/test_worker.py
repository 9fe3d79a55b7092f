"""The worker: every room's standing work, each at its own pace, until it is told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from idp.kernel.contracts import Sweep
from idp.outbox.cli import worker
from idp.outbox.worker import REST_AFTER_FAILURE, run_forever, run_once
from tests.idp.outbox.post import Bag, states, write
from tests.support.clock import Clock
from tests.support.leaks import Marked
from tests.support.server import COMMAND, ROOT


@pytest.fixture
def set_sweeps(app: Flask) -> Callable[..., None]:
    """Let these be all the work there is."""

    def put(*sweeps: Sweep) -> None:
        object.__setattr__(app.extensions["beacon.registry"], "sweeps", sweeps)

    return put


def note(kept: list[Any], fact: object) -> int:
    """A job's whole work: remember ``fact``, with nothing left to do."""
    kept.append(fact)
    return 0


def test_one_round_seals_delivers_and_sweeps(app: Flask, bag: Bag) -> None:
    write()

    counts = run_once(app)

    assert counts["deliver-outbox"] == 1
    assert {"seal-audit", "purge-outbox", "purge-limits"} <= set(counts)
    assert None not in counts.values()
    assert (states(), len(bag.delivered)) == (["sent"], 1)


def test_a_job_goes_on_in_batches_until_nothing_is_left(app: Flask, set_sweeps: Any) -> None:
    left = [250]

    def some(limit: int) -> int:
        done = min(limit, left[0])
        left[0] -= done
        return done

    set_sweeps(Sweep("some", some))

    assert run_once(app) == {"some": 250}


def test_a_job_with_much_to_do_lets_the_others_have_their_turn(app: Flask, set_sweeps: Any, clock: Clock) -> None:
    def endless(limit: int) -> int:
        clock.advance(2)
        return limit

    set_sweeps(Sweep("endless", endless), Sweep("other", lambda _limit: 0))

    assert run_once(app) == {"endless": 300, "other": 0}


def test_a_job_that_fails_does_not_stop_the_others_nor_tell_what_it_held(
    app: Flask, set_sweeps: Any, marked: Marked
) -> None:
    def broken(_limit: int) -> int:
        raise ValueError("ada@residents.example")

    set_sweeps(Sweep("broken", broken), Sweep("fine", lambda _limit: 1))

    assert run_once(app) == {"broken": None, "fine": 1}
    (line,) = (line for line in marked.lines if "job failed" in line)
    assert "ValueError" in line and "test_worker.py" in line
    assert "ada@" not in line


def test_each_job_runs_at_its_own_pace(app: Flask, set_sweeps: Any, clock: Clock, monkeypatch: Any) -> None:
    ran: list[Any] = []
    start, stop = clock.now, Event()

    def broken(_limit: int) -> int:
        ran.append(("broken", clock.now - start))
        raise ValueError

    def tick(_seconds: float) -> bool:
        if clock.advance(1) - start > 60:
            stop.set()
        return stop.is_set()

    monkeypatch.setattr(stop, "wait", tick)
    set_sweeps(
        Sweep("often", lambda _limit: note(ran, ("often", clock.now - start)), every=1),
        Sweep("seldom", lambda _limit: note(ran, ("seldom", clock.now - start))),
        Sweep("broken", broken, every=1),
    )

    run_forever(app, stop)

    assert [at for name, at in ran if name == "often"] == list(range(61))
    assert [at for name, at in ran if name == "seldom"] == [0, 60]
    assert [at for name, at in ran if name == "broken"] == list(range(0, 61, REST_AFTER_FAILURE))


def test_a_clock_that_is_set_back_does_not_stop_the_work(
    app: Flask, set_sweeps: Any, clock: Clock, monkeypatch: Any
) -> None:
    ran: list[int] = []
    stop = Event()
    set_sweeps(Sweep("job", lambda _limit: note(ran, 1)))

    def tick(_seconds: float) -> bool:
        clock.advance(-3600)
        if len(ran) == 3:
            stop.set()
        return stop.is_set()

    monkeypatch.setattr(stop, "wait", tick)
    run_forever(app, stop)

    assert len(ran) == 3


def test_the_worker_ends_when_told_and_finishes_what_it_began(app: Flask, set_sweeps: Any) -> None:
    stop, began = Event(), Event()
    finished: list[int] = []

    def slow(_limit: int) -> int:
        began.set()
        time.sleep(0.2)
        finished.append(1)
        return 0

    set_sweeps(Sweep("slow", slow), Sweep("next", lambda _limit: note(finished, 2)))
    thread = Thread(target=run_forever, args=(app, stop))
    thread.start()
    assert began.wait(5)
    stop.set()
    thread.join(5)

    assert not thread.is_alive()
    assert finished == [1]


def run(app: Flask, *arguments: str) -> Result:
    return CliRunner().invoke(worker, arguments, obj=lambda: app)


def test_worker_once_does_what_is_due(app: Flask, bag: Bag) -> None:
    write()

    assert run(app, "--once").exit_code == 0
    assert states() == ["sent"]


def test_worker_once_names_jobs_that_failed(app: Flask, set_sweeps: Any) -> None:
    set_sweeps(Sweep("broken", lambda _limit: 1 // 0))

    failed = run(app, "--once")

    assert failed.exit_code == 1
    assert "Error: These jobs failed: broken." in failed.stderr
    assert run(app, "--twice").exit_code == 2


def test_the_worker_does_not_start_without_tables(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    refused = run(make_app(database_url=f"sqlite:///{tmp_path}/empty.db"))

    assert (refused.exit_code, refused.stderr) == (1, "Error: The database is empty. Run: beacon db upgrade\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_worker_with_0(settings: Any, number: signal.Signals, tmp_path: Path) -> None:
    environment = os.environ | {
        "BEACON_ENV": "development",
        "BEACON_DATABASE_URL": settings.database_url,
        "BEACON_INSTANCE": str(settings.instance),
    }
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen([*COMMAND, "worker"], cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 30
            while "worker started" not in (tmp_path / "log").read_text() and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(number)
            assert process.wait(15) == 0
        finally:
            process.kill()
            process.wait()
    assert "worker stopped" in (tmp_path / "log").read_text()
