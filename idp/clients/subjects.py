"""How each sector knows a resident (OIDC Core section 8.1)."""

from __future__ import annotations

from sqlalchemy import select

from idp.clients.models import Subject
from idp.clients.service import Client
from idp.kernel import clock, db
from idp.kernel.crypto import new_id
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


def account_behind(client: Client, subject: str) -> str | None:
    """The account that this app knows as ``subject``."""
    if client.subject_type == "public":
        return subject
    statement = select(Subject.account_id).where(Subject.subject == subject, Subject.sector == client.sector)
    return execute(statement).scalar_one_or_none()
