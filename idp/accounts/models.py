"""Who exists: accounts, their addresses and passwords, and codes sent to an address."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, SEALED, Base


class Account(Base):
    """One resident. ``data_key`` is the resident's own key, wrapped; without it nothing personal can be read.

    ``locale`` is the language of pages and letters, empty until one was chosen.
    """

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    data_key: Mapped[bytes] = mapped_column(SEALED)
    locale: Mapped[str] = mapped_column(String(16))
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class EmailAddress(Base):
    """A confirmed address. ``lookup`` is a blind index of its normal form, unique across all residents."""

    __tablename__ = "email_addresses"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    lookup: Mapped[bytes] = mapped_column(DIGEST, unique=True)
    sealed: Mapped[bytes] = mapped_column(SEALED)
    is_main: Mapped[bool] = mapped_column(Boolean)
    confirmed_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)


class Password(Base):
    """The Argon2id hash of a peppered password, with its parameters. ``failures`` are those in a row (63B 3.2.2)."""

    __tablename__ = "passwords"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(Integer, default=0)


class OneTimeCode(Base):
    """A code sent to an address. ``holder`` is what it belongs to (an attempt); the code itself is a keyed digest."""

    __tablename__ = "one_time_codes"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))
    holder: Mapped[str] = mapped_column(ID, index=True)
    digest: Mapped[bytes] = mapped_column(DIGEST)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    spent_at: Mapped[int | None] = mapped_column(BigInteger)
