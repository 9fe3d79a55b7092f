"""What must reach others: written in the transaction of the deed, delivered by the worker."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import ID, SEALED, Base


class Message(Base):
    """One message to one receiver. ``payload`` is sealed, and erased some time after delivery."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_state_due_at", "state", "due_at"),
        Index("ix_outbox_client_id_created_at", "client_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    account_id: Mapped[str | None] = mapped_column(ID, index=True)
    client_id: Mapped[str | None] = mapped_column(ID)
    payload: Mapped[bytes | None] = mapped_column(SEALED)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[int] = mapped_column(BigInteger)
    due_at: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(String(200))
    finished_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
