"""Client assertions that were seen: each ``jti`` works once (RFC 7523 section 3)."""

from __future__ import annotations

from sqlalchemy import delete, select

from idp.clients.models import UsedAssertion
from idp.kernel import clock, db
from idp.kernel.crypto import digest
from idp.kernel.db import transaction


def spend(client_id: str, jti: str, until: int) -> bool:
    """Burn a client assertion's ``jti``. False when it was seen before (RFC 7523 section 3)."""
    with transaction() as connection:
        spent = connection.execute(
            db.insert(UsedAssertion)
            .values(digest=digest(f"{client_id}\0{jti}"), expires_at=until)
            .on_conflict_do_nothing()
        )
        return spent.rowcount == 1


def sweep(limit: int) -> int:
    """Forget assertions that have expired."""
    old = select(UsedAssertion.digest).where(UsedAssertion.expires_at < clock.now()).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(UsedAssertion).where(UsedAssertion.digest.in_(old))).rowcount
