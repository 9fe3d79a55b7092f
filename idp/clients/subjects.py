"""How each sector knows a resident (OIDC Core section 8.1)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from idp.clients.models import Subject
from idp.clients.service import Client
from idp.kernel import clock, db
from idp.kernel.crypto import is_id, new_id
from idp.kernel.db import execute, transaction


def give(client: Client, account_id: str) -> str:
    """How this app knows this resident; made on the first visit, kept for good."""
    if client.subject_type == "public":
        return account_id
    with transaction() as connection:
        connection.execute(
            db.insert(Subject)
            .values(subject=new_id(), account_id=account_id, sector=client.sector, created_at=clock.now())
            .on_conflict_do_nothing(index_elements=["account_id", "sector"])
        )
        return str(
            connection.execute(
                select(Subject.subject).where(Subject.account_id == account_id, Subject.sector == client.sector)
            ).scalar_one()
        )


def accounts_behind(client: Client, named: Iterable[object]) -> frozenset[str]:
    """The accounts that this app knows by these subjects. What it does not know is left out."""
    subjects = frozenset(filter(is_id, named))
    if client.subject_type == "public" or not subjects:
        return subjects
    known = select(Subject.account_id).where(Subject.subject.in_(subjects), Subject.sector == client.sector)
    return frozenset(execute(known).scalars())
