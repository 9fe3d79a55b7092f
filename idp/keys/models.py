"""What Beacon signs with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import ID, SEALED, Base


class SigningKeyRow(Base):
    """One key pair. It is published at once, signs from ``active_at``, stops at ``retired_at``, and stays in the key
    set until ``removed_at`` so that what it signed can still be verified."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(ID, primary_key=True)
    alg: Mapped[str] = mapped_column(String(16))
    public: Mapped[dict[str, Any]] = mapped_column(JSON)
    private: Mapped[bytes] = mapped_column(SEALED)
    created_at: Mapped[int] = mapped_column(BigInteger)
    active_at: Mapped[int] = mapped_column(BigInteger)
    retired_at: Mapped[int | None] = mapped_column(BigInteger)
    removed_at: Mapped[int | None] = mapped_column(BigInteger)


class KeyReader(Base):
    """A network from which the key set was read, so that it can be told who has the next key."""

    __tablename__ = "key_readers"

    network: Mapped[str] = mapped_column(String(64), primary_key=True)
    read_at: Mapped[int] = mapped_column(BigInteger)
