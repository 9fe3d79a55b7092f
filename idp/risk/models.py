"""What was strange, and what was seen of sign-ins that their residents are still to be told of."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import ID, Base, Words


class AssessmentRow(Base):
    """How strange one action was: the names of the rules that spoke, what they add up to and what was answered."""

    __tablename__ = "risk_assessments"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    attempt_id: Mapped[str | None] = mapped_column(ID, index=True)
    account_id: Mapped[str | None] = mapped_column(ID, index=True)
    action: Mapped[str] = mapped_column(String(32))
    score: Mapped[int] = mapped_column(Integer)
    reasons: Mapped[tuple[str, ...]] = mapped_column(Words)
    answer: Mapped[str] = mapped_column(String(16))
    at: Mapped[int] = mapped_column(BigInteger, index=True)


class Sighting(Base):
    """A browser that was new to an account and gave its password. ``finished`` says that the second factor was passed
    too. Sightings of some minutes are told in one letter."""

    __tablename__ = "sightings"
    __table_args__ = (Index("ix_sightings_told_at_seen_at", "told_at", "seen_at"),)

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    attempt_id: Mapped[str] = mapped_column(ID, unique=True)
    device: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(80))
    finished: Mapped[bool] = mapped_column(Boolean)
    seen_at: Mapped[int] = mapped_column(BigInteger)
    told_at: Mapped[int | None] = mapped_column(BigInteger)
