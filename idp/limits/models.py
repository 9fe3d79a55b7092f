"""Counters of the limits, shared by every process."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, Base


class Counter(Base):
    """How much of one limit one key has used in its present window. The key is a keyed digest: no address, no email."""

    __tablename__ = "limit_counters"

    key: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    used: Mapped[int] = mapped_column(Integer)
    resets_at: Mapped[int] = mapped_column(BigInteger, index=True)
