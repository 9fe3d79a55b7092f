"""Who may know what: decisions, never edited, only ended."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, Base, Words


class Decision(Base):
    """What a resident decided about one app: what it asked for, and what they agreed to share.

    Only one decision per resident and app is live (``ended_at`` is null); a new one ends the one before. ``identity``
    is the digest of who the app was then (:func:`consent.policy.identity`).
    """

    __tablename__ = "consent_decisions"
    __table_args__ = (
        Index(
            "uq_consent_decisions_live",
            "account_id",
            "client_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    client_id: Mapped[str] = mapped_column(ID, index=True)
    asked_scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    asked_claims: Mapped[tuple[str, ...]] = mapped_column(Words)
    granted_claims: Mapped[tuple[str, ...]] = mapped_column(Words)
    decided_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_why: Mapped[str | None] = mapped_column(String(16))
    identity: Mapped[bytes | None] = mapped_column(DIGEST)
