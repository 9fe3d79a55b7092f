"""Growing waits and crowds, as data and pure functions: what the next try owes, given how many failed before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from idp.kernel.clock import DAY

Level = Literal[0, 1, 2]
"""How dear a proof of work is: none, the usual one, the costlier one."""

FREE: Level = 0
PROOF: Level = 1
COSTLY_PROOF: Level = 2


@dataclass(frozen=True, slots=True)
class Step:
    """What a try owes up to the try number ``upto``: a proof of work, or ``wait`` seconds since the one before."""

    upto: int
    proof: Level = FREE
    wait: int = 0


@dataclass(frozen=True, slots=True)
class Ladder:
    """What each try owes that follows on failures in a row; the last step has no end.

    A row is forgotten after a success, and ``keep`` seconds after its last try.
    """

    steps: Sequence[Step]
    keep: int = DAY

    def step(self, number: int) -> Step:
        """What the try of this number owes, the first being 1."""
        return next((step for step in self.steps if number <= step.upto), self.steps[-1])


@dataclass(frozen=True, slots=True)
class Rung:
    """Where a key stands on its ladder: ``failures`` in a row, those under way included, and when it may try again."""

    failures: int = 0
    free_at: int = 0
    expires_at: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: in ``seconds``."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Owed:
    """Not without a proof of work of this level."""

    level: Level


def climb(ladder: Ladder, at: Rung, now: int, proven: Level) -> Rung | Wait | Owed:
    """Take the next try, counted as a failure until a success clears it, or say what stands in its way.

    ``proven`` is the proof of work that came with it.
    """
    failures = at.failures if at.expires_at > now else 0
    if failures and now < at.free_at:
        return Wait(at.free_at - now)
    number = failures + 1
    if ladder.step(number).proof > proven:
        return Owed(ladder.step(number).proof)
    return Rung(number, now + ladder.step(number + 1).wait, now + ladder.keep)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a try owes once ``over`` others have failed under the same key."""

    over: int
    proof: Level


@dataclass(frozen=True, slots=True)
class Spread:
    """How many different accounts may fail under one key, a network or a secret, within ``window`` seconds.

    It asks for proofs and never refuses. From ``alarm`` accounts on staff are told, once in a window; more are not
    counted.
    """

    crowds: Sequence[Crowd]
    window: int
    alarm: int

    def level(self, others: int) -> Level:
        """The proof that a try owes when so many other accounts failed."""
        return max((crowd.proof for crowd in self.crowds if others >= crowd.over), default=FREE)
