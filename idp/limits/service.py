"""Spend budgets, give them back, and read them.

A budget is spent before the secret is looked at, in a transaction of its own, so neither a crash nor a refusal gives a
try for free. Each use is one atomic statement, so no number of processes lets more through than is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from sqlalchemy import case, delete, select, update

from idp.kernel import clock, db
from idp.kernel.crypto import blind_index
from idp.kernel.settings import settings
from idp.limits.errors import Throttled
from idp.limits.models import Counter
from idp.limits.policy import LIMITS, Budget


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a budget one key has used. ``resets_at`` is None while its window has not begun."""

    used: int
    resets_at: int | None


def spend(name: str, *, account: str = "", network: str = "") -> None:
    """Charge one use of the limit ``name`` to the account key and to the network, those of them that are given.

    The network is charged first, so that a network that is shut out cannot use up residents' budgets. Networks in
    ``BEACON_LIMITS_EXEMPT`` are charged nothing, nor is the account. Raises :class:`Throttled` with the time to wait.
    """
    if db.in_transaction():
        raise RuntimeError("A limit must be spent before the transaction that it guards.")
    if _exempt(network):
        return
    for scope, key in (("network", network), ("account", account)):
        if key:
            _charge(_budget(name, scope), _digest(name, scope, key))


def forgive(name: str, *, account: str = "", network: str = "") -> None:
    """Undo after a success: the account starts anew; the network gets back the one use that was right.

    The rest of the network's use stands, so nobody clears it by signing in to an account of their own.
    """
    with db.transaction():
        if account:
            db.execute(delete(Counter).where(Counter.key == _digest(name, "account", account)))
        if network:
            db.execute(_give_back(_budget(name, "network"), _digest(name, "network", network)))


def use(name: str, scope: str, key: str) -> Use:
    """What ``key`` has used of the limit's ``account`` or ``network`` budget in its present window."""
    query = select(Counter.used, Counter.resets_at).where(Counter.key == _digest(name, scope, key))
    row = db.execute(query.where(Counter.resets_at > clock.now())).one_or_none()
    return Use(0, None) if row is None else Use(min(row.used, _budget(name, scope).allowed), row.resets_at)


def purge(limit: int) -> int:
    """Delete at most ``limit`` counters whose window is over; return how many."""
    over = Counter.resets_at <= clock.now()
    some = select(Counter.key).where(over).limit(limit)
    with db.transaction():
        return db.execute(delete(Counter).where(Counter.key.in_(some), over)).rowcount


def _charge(budget: Budget, key: bytes) -> None:
    with db.transaction():
        counter = db.execute(_one_more(budget, key)).one()
    if counter.used > budget.allowed:
        raise Throttled(max(1, counter.resets_at - clock.now()))


def _one_more(budget: Budget, key: bytes) -> Any:
    """One upsert that starts a window or counts on. ``used`` stops at one more than allowed, which means refused."""
    now = clock.now()
    over = Counter.resets_at <= now
    counted = case((over, 1), (Counter.used > budget.allowed, Counter.used), else_=Counter.used + 1)
    first = db.insert(Counter).values(key=key, used=1, resets_at=now + budget.window)
    return first.on_conflict_do_update(
        index_elements=[Counter.key],
        set_={"used": counted, "resets_at": case((over, now + budget.window), else_=Counter.resets_at)},
    ).returning(Counter.used, Counter.resets_at)


def _give_back(budget: Budget, key: bytes) -> Any:
    """One use less. A counter that stands at refused holds ``allowed`` true uses, and goes to one less than that."""
    less = case((Counter.used > budget.allowed, budget.allowed - 1), else_=Counter.used - 1)
    return update(Counter).where(Counter.key == key, Counter.used > 0).values(used=less)


def _budget(name: str, scope: str) -> Budget:
    limit = LIMITS[name]
    return limit.network if scope == "network" else limit.account


def _digest(name: str, scope: str, key: str) -> bytes:
    return blind_index("limit", f"{name}\0{scope}\0{key}")


def _exempt(network: str) -> bool:
    """Whether the operator freed this network, wholly or in part. What is not a network is not free."""
    exempt = settings().limits_exempt
    if not exempt or not network:
        return False
    try:
        here = ip_network(network, strict=False)
    except ValueError:
        return False
    return any(here.version == free.version and here.overlaps(free) for free in exempt)
