"""A clock that stands still until a test moves it."""

from __future__ import annotations

START = 1_800_000_000
"""15 January 2027, 08:00 UTC. Far from the real present, so that code which asks the system clock is found out."""


class Clock:
    """The present as the test wants it. ``now`` is whole seconds since the epoch."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return float(self.now)

    def advance(self, seconds: int) -> int:
        """Let ``seconds`` pass; returns the new present."""
        self.now += seconds
        return self.now
