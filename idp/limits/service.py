"""Spend limits, give them back, and read them.

A limit is spent before the secret is looked at, in steps of its own, so neither a crash nor a refusal gives a try for
free. Each try counts as a failure from its beginning until it is forgiven, so no number of processes lets more through
than is allowed, and who is right pays nothing.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from flask import current_app
from sqlalchemy import delete, select

from idp.kernel import clock, db
from idp.kernel.clock import MINUTE
from idp.kernel.logs import log
from idp.kernel.settings import settings
from idp.limits import proof as proofs
from idp.limits import stops
from idp.limits.errors import StoreLost, Throttled
from idp.limits.ladder import FREE, PROOF, Ladder, Level
from idp.limits.models import Counter, Member, Run, SpentProof, Stop
from idp.limits.modes import observed
from idp.limits.policy import LIMITS, Budget
from idp.limits.proof import Proof
from idp.limits.store import SQL, Store, Use
from idp.limits.tries import SPRAY, Try, digest

__all__ = ["Use", "fail", "foresee", "forgive", "observed", "purge", "spend", "use"]

STORE = "beacon.limits_store"
"""Where the app keeps the place of the counters, if it is not the database."""


def spend(
    name: str, *, account: str = "", network: str = "", known: str = "", tried: str = "", proof: Proof | None = None
) -> None:
    """Count one try at the limit ``name`` for the account key and for the network, those of them that are given.

    ``known`` is the id of a browser that the account is known to: it has a lane of its own, and is not asked for what
    its neighbours did. ``tried`` is the fingerprint of the secret that is tried (:func:`fail`). A proof of work is
    taken from the form at hand, unless ``proof`` brings one. The network comes first, so that a network that is shut
    out cannot use up residents' budgets. Networks in ``BEACON_LIMITS_EXEMPT`` are charged nothing, nor is the account.
    Raises ``Throttled`` with the time to wait, and ``ProofOwed``.
    """
    if db.in_transaction():
        raise RuntimeError("A limit must be spent before the transaction that it guards.")
    if _exempt(network):
        return
    limit, given = LIMITS[name], proof or proofs.presented()
    this = Try(limit, account, network, known, _store())
    try:
        _spend(this, tried, given, FREE)
    except StoreLost:
        log().warning("limits store lost", detail=name)
        if limit.when_lost == "refuse":
            raise Throttled(MINUTE) from None
        _spend(replace(this, store=SQL), tried, given, PROOF if limit.when_lost == "prove" else FREE)


def fail(name: str, *, account: str, tried: str) -> None:
    """Note that a secret was wrong at this account; ``tried`` is its fingerprint, a keyed digest.

    It is kept for some minutes under a digest of its own, so that one wrong secret is noticed at many accounts. Call it
    after the check: a right secret is never noted. Failures of the account and its network were counted by
    :func:`spend`.
    """
    this = Try(LIMITS[name], account, "", "", _store())
    try:
        this.note_failure(tried)
    except StoreLost:
        replace(this, store=SQL).note_failure(tried)


def forgive(name: str, *, account: str = "", network: str = "", known: str = "") -> None:
    """Undo after a success: the account starts anew in its lane; the network gets back the one use that was right.

    The rest of the network's use stands, so nobody clears it by signing in to an account of their own.
    """
    this = Try(LIMITS[name], account, network, known, _store())
    try:
        this.take_back()
    except StoreLost:
        replace(this, store=SQL).take_back()
    if account:
        stops.absolve((name, name + SPRAY), account)


def foresee(name: str, *, account: str, network: str = "", known: str = "") -> str:
    """The challenge that the next such try will owe, empty where it will owe none; so that a page can ask in time."""
    this = Try(LIMITS[name], account, network, known, _store())
    try:
        return "" if _exempt(network) else this.foresee()
    except StoreLost:
        return ""


def use(name: str, scope: str, key: str) -> Use:
    """What ``key`` has used of a limit's ``account`` or ``network``: uses, failures in a row, or accounts that failed.

    ``resets_at`` is when it may go on, None where nothing stands in its way.
    """
    try:
        return _used(_store(), name, scope, key)
    except StoreLost:
        return _used(SQL, name, scope, key)


def purge(limit: int) -> int:
    """Delete some rows whose time is over, about ``limit`` of each kind; return how many."""
    now = clock.now()
    return (
        _purge(Counter.key, Counter.resets_at <= now, limit)
        + _purge(Run.key, Run.expires_at <= now, limit)
        + _purge(Member.key, Member.expires_at <= now, limit)
        + _purge(SpentProof.digest, SpentProof.expires_at <= now, limit)
        + _purge(Stop.id, Stop.at <= now - stops.KEPT, limit)
    )


def _spend(this: Try, tried: str, given: Proof | None, asked: Level) -> None:
    """The cheapest question first, and no proof is spent on a try that must wait."""
    this.ask_patience()
    this.bring(given)
    this.demand(asked)
    this.ask_network()
    if tried:
        this.ask_secret(tried)
    this.take()


def _used(store: Store, name: str, scope: str, key: str) -> Use:
    limit, counted = LIMITS[name], digest(name, scope, key)
    rule = limit.network if scope == "network" else limit.account
    if isinstance(rule, Budget):
        found = store.used(counted)
        return Use(min(found.used, rule.allowed), found.resets_at)
    if isinstance(rule, Ladder):
        rung = store.rung(counted)
        return Use(rung.failures, rung.free_at if rung.free_at > clock.now() else None)
    return Use(store.others(counted, rule, b"") if rule else 0, None)


def _store() -> Store:
    return current_app.extensions.get(STORE, SQL)  # type: ignore[no-any-return]


def _purge(key: Any, over: Any, limit: int) -> int:
    some = select(key).where(over).limit(limit)
    with db.transaction():
        return int(db.execute(delete(key.class_).where(key.in_(some), over)).rowcount)


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
