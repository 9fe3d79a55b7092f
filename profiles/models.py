"""What a resident tells about themselves, one sealed value a row."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import SEALED, Base


class Attribute(Base):
    """One attribute of one resident: the value as JSON, sealed under the resident's own key, with its origin:
    ``source`` says whose word it is, ``method`` how it reached us."""

    __tablename__ = "attributes"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(SEALED)
    source: Mapped[str] = mapped_column(String(32))
    method: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[int] = mapped_column(BigInteger)
