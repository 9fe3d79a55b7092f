"""Who exists: accounts, their addresses, phones and passwords, codes sent to them, and notices of what changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, SEALED, Base


class Account(Base):
    """One resident. ``data_key`` is the resident's own key, wrapped; without it nothing personal can be read.

    ``locale`` is the language of pages and letters, empty until one was chosen. ``closes_at`` is when an account that
    is closing will be erased; ``credentials_changed_at`` when a way to sign in was last added, changed or removed;
    ``browsers_since`` is from when on it remembers the browsers that its resident signs in with.
    """

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    status: Mapped[str] = mapped_column(String(16))
    data_key: Mapped[bytes] = mapped_column(SEALED)
    locale: Mapped[str] = mapped_column(String(16))
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    closes_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    credentials_changed_at: Mapped[int | None] = mapped_column(BigInteger)
    browsers_since: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class EmailAddress(Base):
    """A confirmed address. ``lookup`` is a blind index of its normal form, unique across all residents.

    ``trusted_from`` is when recovery may begin to rest on it, at once where it is empty. One that its resident removed
    still hears what happens until ``leaves_at``; one that is ``suspended_at`` serves for nothing.
    """

    __tablename__ = "email_addresses"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    lookup: Mapped[bytes] = mapped_column(DIGEST, unique=True)
    sealed: Mapped[bytes] = mapped_column(SEALED)
    is_main: Mapped[bool] = mapped_column(Boolean)
    confirmed_at: Mapped[int | None] = mapped_column(BigInteger)
    trusted_from: Mapped[int | None] = mapped_column(BigInteger)
    leaves_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    suspended_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)


class ServiceEmail(Base):
    """Which of a resident's addresses one app receives; all others receive the main one."""

    __tablename__ = "service_emails"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    client_id: Mapped[str] = mapped_column(ID, primary_key=True)
    email_id: Mapped[str] = mapped_column(ForeignKey("email_addresses.id", ondelete="CASCADE"), index=True)


class Phone(Base):
    """A telephone that a code has reached. ``lookup`` is a blind index of its E.164 form; a family may share one.

    ``channel`` is ``text`` or ``voice``. ``failures`` counts wrong codes in a row; the rest is as with an address.
    """

    __tablename__ = "phones"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    lookup: Mapped[bytes] = mapped_column(DIGEST, index=True)
    sealed: Mapped[bytes] = mapped_column(SEALED)
    channel: Mapped[str] = mapped_column(String(8))
    is_main: Mapped[bool] = mapped_column(Boolean)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    confirmed_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)
    trusted_from: Mapped[int | None] = mapped_column(BigInteger)
    leaves_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    suspended_at: Mapped[int | None] = mapped_column(BigInteger)


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


class Notice(Base):
    """A change that its resident was told of, under the digest of the secret in the letters' link.

    Whoever holds the link may say that it was not them, freeze the account or stop what is still to come, without
    signing in. ``about`` names the kind of thing that changed and ``subject`` is its id; ``answer`` is what was said.
    """

    __tablename__ = "notices"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    letter: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str | None] = mapped_column(ID)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    answered_at: Mapped[int | None] = mapped_column(BigInteger)
    answer: Mapped[str | None] = mapped_column(String(16))
