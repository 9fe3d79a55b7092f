"""The worker: does the standing work of every room, again and again, in small batches.

Any number of workers may run. Each job makes sure by itself that two of them do nothing twice.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from flask import Flask

from idp.kernel import clock
from idp.kernel.contracts import Sweep
from idp.kernel.logs import log
from idp.kernel.registry import registry

BATCH = 100
PATIENCE = 5
"""Seconds after which a job with more to do lets the others have their turn."""

PAUSE = 1.0
REST_AFTER_FAILURE = 10


@dataclass(frozen=True, slots=True)
class Turn:
    """When a job last ran, and how many seconds it rests."""

    at: int
    rest: int

    @property
    def over(self) -> bool:
        """Whether the job is due again. A clock that was set back does not hold it up."""
        return not 0 <= clock.now() - self.at < self.rest


def run_once(app: Flask) -> dict[str, int | None]:
    """Do every job once; return how many rows each handled, None for a job that failed."""
    with app.app_context():
        return {sweep.name: _work(sweep) for sweep in registry().sweeps}


def run_forever(app: Flask, stop: Event) -> None:
    """Do each job whenever it is due, until ``stop`` is set; what was begun is finished first."""
    turns: dict[str, Turn] = {}
    while not stop.is_set():
        with app.app_context():
            for sweep in registry().sweeps:
                if not stop.is_set() and (sweep.name not in turns or turns[sweep.name].over):
                    turns[sweep.name] = _turn(sweep)
        stop.wait(PAUSE)


def _turn(sweep: Sweep) -> Turn:
    handled = _work(sweep)
    return Turn(clock.now(), sweep.every if handled is not None else max(sweep.every, REST_AFTER_FAILURE))


def _work(sweep: Sweep) -> int | None:
    until, total = clock.now() + PATIENCE, 0
    try:
        while (done := sweep.run(BATCH)) >= BATCH and clock.now() < until:
            total += done
    except Exception as error:  # noqa: BLE001  one job that fails must not stop the others
        log().error("job failed", job=sweep.name, error=type(error).__name__, detail=_place(error))
        return None
    if total := total + done:
        log().info("job done", job=sweep.name, count=total)
    return total


def _place(error: Exception) -> str:
    """Where it went wrong. The words of an error may hold values; its place does not."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
