"""Counters of the limits, shared by every process. Keys are keyed digests: no address, no email."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, Base


class Counter(Base):
    """How much of one limit one key has used in its present window."""

    __tablename__ = "limit_counters"

    key: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    used: Mapped[int] = mapped_column(Integer)
    resets_at: Mapped[int] = mapped_column(BigInteger, index=True)


class Run(Base):
    """How often in a row one key failed, and when it may try again."""

    __tablename__ = "limit_runs"

    key: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    free_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class Member(Base):
    """One of the different accounts that were seen under one key: a network, an attempted password."""

    __tablename__ = "limit_members"

    key: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    member: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class Stop(Base):
    """Somebody whom a limit stopped, or would have stopped while it only observes. ``person`` is the account's key;
    ``succeeded_at`` is when that person then got it right."""

    __tablename__ = "limit_stops"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(32))
    scope: Mapped[str] = mapped_column(String(16))
    person: Mapped[bytes] = mapped_column(DIGEST, index=True)
    enforced: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    succeeded_at: Mapped[int | None] = mapped_column(BigInteger)


class Mode(Base):
    """A limit or a rule that an operator told to observe only."""

    __tablename__ = "limit_modes"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    observed_since: Mapped[int] = mapped_column(BigInteger)


class SpentProof(Base):
    """A solved challenge that was used; kept until it would have expired."""

    __tablename__ = "spent_proofs"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
