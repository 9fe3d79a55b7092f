"""The trail: append-only events, sealed by the worker into a chain."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, Base


class EventRow(Base):
    """One thing that happened. Ids stand without foreign keys, so that the trail outlives the person."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_account_id_at", "account_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    kind: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[str | None] = mapped_column(ID)
    client_id: Mapped[str | None] = mapped_column(ID)
    actor: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    position: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    seal: Mapped[bytes | None] = mapped_column(DIGEST)


class ChainHead(Base):
    """The last sealed position, itself sealed, so that a removed tail is noticed. One row."""

    __tablename__ = "audit_chain"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[bytes] = mapped_column(DIGEST)
    head_seal: Mapped[bytes] = mapped_column(DIGEST)
