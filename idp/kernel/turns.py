"""Turns at the fetcher: so few at a time that no stranger's server holds up the requests that wait for nobody.

They count within a request alone. The worker and the terminal have nobody waiting, and their own patience.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from flask import current_app, has_request_context

from idp.kernel import clock

AT_ONCE = 2
"""Fetches at a time in one process: half of the four threads that serve it (``THREADS`` in :mod:`idp.serve`)."""

COOL_OFF = 30
"""Seconds in which a host that let somebody wait to the end is not called again."""

MOST_SLOW = 1000
"""Hosts that are remembered as slow; the oldest are forgotten first."""


class Busy(OSError):
    """It is not this host's turn now."""


@dataclass(slots=True)
class _Turns:
    """Who is being called by this process, and who was slow, with the time of it, oldest first."""

    lock: Lock = field(default_factory=Lock)
    under_way: set[str] = field(default_factory=set)
    slow: dict[str, int] = field(default_factory=dict)


@contextmanager
def turn(host: str) -> Iterator[None]:
    """The turn of ``host`` to be called. Raises :class:`Busy` at once where a request would have to wait for one."""
    if not has_request_context():
        yield
        return
    turns: _Turns = current_app.extensions.setdefault("beacon.fetches", _Turns())
    _begin(turns, host)
    try:
        yield
    except TimeoutError:
        _remember(turns, host)
        raise
    finally:
        with turns.lock:
            turns.under_way.discard(host)


def _begin(turns: _Turns, host: str) -> None:
    with turns.lock:
        resting = host in turns.slow and 0 <= clock.now() - turns.slow[host] < COOL_OFF
        if resting or host in turns.under_way or len(turns.under_way) >= AT_ONCE:
            raise Busy
        turns.under_way.add(host)


def _remember(turns: _Turns, host: str) -> None:
    with turns.lock:
        turns.slow.pop(host, None)
        turns.slow[host] = clock.now()
        if len(turns.slow) > MOST_SLOW:
            del turns.slow[next(iter(turns.slow))]
