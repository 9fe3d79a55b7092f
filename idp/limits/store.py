"""Where the counters are: one small protocol, in the database here and on a Valkey or Redis server in ``valkey.py``.

Every verb is one atomic step, in a transaction of its own. Keys are keyed digests, times seconds of our own clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import bindparam, case, delete, func, select, update

from idp.kernel import clock
from idp.kernel.db import execute, insert, transaction
from idp.limits.ladder import Ladder, Level, Owed, Rung, Spread, Wait, climb
from idp.limits.models import Counter, Member, Run, SpentProof
from idp.limits.policy import Budget
from idp.limits.ready import ready


@dataclass(frozen=True, slots=True)
class Use:
    """How much one key has used. ``resets_at`` is when it may be used anew, None while nothing was used."""

    used: int
    resets_at: int | None


UNUSED = Use(0, None)


class Store(Protocol):
    """What a place for counters can do. Each raises :class:`~idp.limits.errors.StoreLost` when it is out of reach."""

    def charge(self, key: bytes, budget: Budget) -> Use:
        """Count one use. ``used`` stops at one more than allowed, which means refused."""
        ...

    def give_back(self, key: bytes, budget: Budget) -> None:
        """Take one use back. A refused key holds ``allowed`` true uses, and goes to one less than that."""
        ...

    def used(self, key: bytes) -> Use:
        """What a budget's key has used in its present window."""
        ...

    def climb(self, key: bytes, ladder: Ladder, proven: Level) -> Rung | Wait | Owed:
        """Take the next try of a ladder (:func:`idp.limits.ladder.climb`). Only a taken one is written."""
        ...

    def rung(self, key: bytes) -> Rung:
        """Where a key stands on its ladder."""
        ...

    def clear(self, key: bytes) -> None:
        """Let a budget or ladder start anew."""
        ...

    def join(self, key: bytes, spread: Spread, member: bytes) -> int:
        """Count ``member`` among those under ``key``, unless staff were told already; how many others there are."""
        ...

    def others(self, key: bytes, spread: Spread, member: bytes) -> int:
        """How many there are under ``key`` besides ``member``; no more than staff are told of."""
        ...

    def leave(self, key: bytes, member: bytes) -> None:
        """Count ``member`` no longer: it was right in the end."""
        ...

    def burn(self, digest: bytes, until: int) -> bool:
        """Whether a proof was unused until now. It is remembered as used ``until`` it would have expired."""
        ...


class SqlStore:
    """The counters in the database, shared by every process."""

    def charge(self, key: bytes, budget: Budget) -> Use:
        now = clock.now()
        over = Counter.resets_at <= now
        counted = case((over, 1), (Counter.used > budget.allowed, Counter.used), else_=Counter.used + 1)
        first = insert(Counter).values(key=key, used=1, resets_at=now + budget.window)
        with transaction():
            row = execute(
                first.on_conflict_do_update(
                    index_elements=[Counter.key],
                    set_={"used": counted, "resets_at": case((over, now + budget.window), else_=Counter.resets_at)},
                ).returning(Counter.used, Counter.resets_at)
            ).one()
        return Use(row.used, row.resets_at)

    def give_back(self, key: bytes, budget: Budget) -> None:
        less = case((Counter.used > budget.allowed, budget.allowed - 1), else_=Counter.used - 1)
        with transaction():
            execute(update(Counter).where(Counter.key == key, Counter.used > 0).values(used=less))

    def used(self, key: bytes) -> Use:
        query = select(Counter.used, Counter.resets_at).where(Counter.key == key, Counter.resets_at > clock.now())
        row = execute(query).one_or_none()
        return Use(row.used, row.resets_at) if row else UNUSED

    def climb(self, key: bytes, ladder: Ladder, proven: Level) -> Rung | Wait | Owed:
        """The first statement locks the row, so those who come together climb one after the other."""
        now = clock.now()
        new = {"key": key, "failures": 0, "free_at": 0, "expires_at": now}
        with transaction():
            outcome = climb(ladder, Rung(*execute(ready(_hold), new).one()), now, proven)
            if isinstance(outcome, Rung):
                taken = {"failures": outcome.failures, "free_at": outcome.free_at, "expires_at": outcome.expires_at}
                execute(update(Run).where(Run.key == key).values(taken))
        return outcome

    def rung(self, key: bytes) -> Rung:
        row = execute(_RUNG, {"here": key, "now": clock.now()}).one_or_none()
        return Rung(*row) if row else Rung()

    def clear(self, key: bytes) -> None:
        with transaction():
            execute(delete(Counter).where(Counter.key == key))
            execute(delete(Run).where(Run.key == key))

    def join(self, key: bytes, spread: Spread, member: bytes) -> int:
        others = self.others(key, spread, member)
        if others < spread.alarm:
            with transaction():
                execute(ready(_meet), {"key": key, "member": member, "expires_at": clock.now() + spread.window})
        return others

    def others(self, key: bytes, spread: Spread, member: bytes) -> int:
        here = {"here": key, "me": member, "now": clock.now(), "most": spread.alarm}
        return int(execute(_OTHERS, here).scalar_one())

    def leave(self, key: bytes, member: bytes) -> None:
        with transaction():
            execute(delete(Member).where(Member.key == key, Member.member == member))

    def burn(self, digest: bytes, until: int) -> bool:
        spent = insert(SpentProof).values(digest=digest, expires_at=until).on_conflict_do_nothing()
        with transaction():
            return int(execute(spent).rowcount) == 1


SQL = SqlStore()

_RUNG = select(Run.failures, Run.free_at, Run.expires_at).where(
    Run.key == bindparam("here"), Run.expires_at > bindparam("now")
)
_OTHERS = select(func.count()).select_from(
    select(Member.member)
    .where(Member.key == bindparam("here"), Member.expires_at > bindparam("now"), Member.member != bindparam("me"))
    .limit(bindparam("most"))
    .subquery()
)


def _hold() -> Any:
    """Find the row of a key, or make it; either way nobody else has it until the transaction ends."""
    new = insert(Run)
    held = new.on_conflict_do_update(index_elements=["key"], set_={"key": new.excluded.key})
    return held.returning(Run.failures, Run.free_at, Run.expires_at)


def _meet() -> Any:
    new = insert(Member)
    return new.on_conflict_do_update(index_elements=["key", "member"], set_={"expires_at": new.excluded.expires_at})
