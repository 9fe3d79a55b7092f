"""Recoveries that wait."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import ID, Base

_STANDING = text("stopped_at IS NULL AND finished_at IS NULL")


class RecoveryCase(Base):
    """The guarded slow way back into an account whose resident lost everything. One stands at a time.

    ``told`` counts its notices: start, middle, end. It may be finished between ``ready_at`` and ``expires_at``.
    """

    __tablename__ = "recovery_cases"
    __table_args__ = (
        Index(
            "ix_recovery_cases_standing",
            "account_id",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    started_at: Mapped[int] = mapped_column(BigInteger)
    ready_at: Mapped[int] = mapped_column(BigInteger, index=True)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    told: Mapped[int] = mapped_column(Integer)
    stopped_at: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
