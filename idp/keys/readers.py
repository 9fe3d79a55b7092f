"""Who read the key set: networks alone, for as long as it takes to tell who has the next key."""

from __future__ import annotations

from sqlalchemy import Executable, delete, select

from idp.kernel import clock, db, recent, seldom
from idp.kernel.clock import DAY, MINUTE
from idp.kernel.db import execute, transaction
from idp.keys.models import KeyReader

KEPT_FOR = 30 * DAY


def note(network: str, key_set: str) -> None:
    """Note that ``network`` read this ``key_set``, at most once a minute."""
    seldom.note("key reader", (network, key_set), lambda: _read(network), every=MINUTE)


def since(published_at: int) -> frozenset[str]:
    """The networks that read the key set after a key was published, when no process told an older set any more."""
    statement = select(KeyReader.network).where(KeyReader.read_at > published_at + int(recent.SECONDS))
    return frozenset(execute(statement).scalars())


def sweep(limit: int) -> int:
    """Forget networks that have not read the key set for a month."""
    old = select(KeyReader.network).where(KeyReader.read_at < clock.now() - KEPT_FOR).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(KeyReader).where(KeyReader.network.in_(old))).rowcount


def _read(network: str) -> Executable:
    now = clock.now()
    statement = db.insert(KeyReader).values(network=network, read_at=now)
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["network"], set_={"read_at": now}
    )
