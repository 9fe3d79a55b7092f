"""The one clock. Times are whole seconds since the epoch, UTC, in code and in the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEAR = 365 * DAY


def _system() -> float:
    return time.time()


_source: Callable[[], float] = _system


def now() -> int:
    """The present, in whole seconds since the epoch."""
    return int(_source())


def precisely() -> float:
    """The present in seconds since the epoch with its fraction, for caches that live less than a second or two."""
    return _source()


@contextmanager
def driven_by(source: Callable[[], float]) -> Iterator[None]:
    """Let ``source`` tell the time within the block. Tests pass their own clock."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
