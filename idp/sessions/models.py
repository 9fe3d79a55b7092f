"""Who is at the door: sessions, sign-in attempts, and authorization requests that wait."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, SEALED, Base, Words

_STANDING = text("ended_at IS NULL")


class SessionRow(Base):
    """A signed-in browser. The cookie's secret is kept as a digest and changes at every boundary.

    ``client_id`` names the isolated app whose own session this is; all others share the one without. ``browser`` ties
    the sessions of one browser together, so that signing out ends them all. ``device``, ``place`` and ``network`` are
    what its resident may recognise it by, all coarse; ``new_browser`` says that nobody had finished a sign-in to the
    account in it before. ``rested_at`` is when it ended by inactivity alone, so that a password can wake it;
    ``drifted_at`` when it turned up in another network and another kind of browser, until a new proof.
    """

    __tablename__ = "sessions"
    __table_args__ = tuple(
        Index(f"ix_sessions_standing_{column}", column, sqlite_where=_STANDING, postgresql_where=_STANDING)
        for column in ("seen_at", "expires_at")
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    digest: Mapped[bytes] = mapped_column(DIGEST, unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    methods: Mapped[tuple[str, ...]] = mapped_column(Words)
    acr: Mapped[str] = mapped_column(String(200))
    amr: Mapped[tuple[str, ...]] = mapped_column(Words)
    authenticated_at: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    client_id: Mapped[str | None] = mapped_column(ID)
    browser: Mapped[bytes | None] = mapped_column(DIGEST, index=True)
    device: Mapped[str | None] = mapped_column(String(80))
    place: Mapped[str | None] = mapped_column(String(80))
    network: Mapped[str | None] = mapped_column(String(64))
    new_browser: Mapped[bool | None] = mapped_column(Boolean)
    rested_at: Mapped[int | None] = mapped_column(BigInteger)
    drifted_at: Mapped[int | None] = mapped_column(BigInteger)


class AttemptRow(Base):
    """A sign-in, sign-up or confirmation under way, bound to one browser.

    ``methods`` are the methods passed so far; ``sealed_email`` is what was typed, sealed for the system. ``request_id``
    is the parked request it serves, ``return_to`` one of our own paths when it serves a page.
    """

    __tablename__ = "attempts"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    browser: Mapped[bytes] = mapped_column(DIGEST)
    request_id: Mapped[str | None] = mapped_column(String(160))
    session_id: Mapped[str | None] = mapped_column(ID)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    methods: Mapped[tuple[str, ...]] = mapped_column(Words)
    sealed_email: Mapped[bytes | None] = mapped_column(SEALED)
    return_to: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)


class ParkedRequestRow(Base):
    """An authorization request put aside while the resident is busy. Its id ends with the client's, so that even a
    dead link can name the app. Parameters are sealed: a login hint is personal. ``owed`` is the endpoint of the
    page that the gates sent the browser to. ``pushed`` is the pushed request it came from, ``device`` the waiting
    device whose request it is."""

    __tablename__ = "parked_requests"

    id: Mapped[str] = mapped_column(String(160), primary_key=True)
    client_id: Mapped[str] = mapped_column(ID)
    browser: Mapped[bytes] = mapped_column(DIGEST)
    parameters: Mapped[bytes] = mapped_column(SEALED)
    owed: Mapped[str] = mapped_column(String(64))
    pushed: Mapped[bytes | None] = mapped_column(DIGEST)
    device: Mapped[bytes | None] = mapped_column(DIGEST)
    session_id: Mapped[str | None] = mapped_column(ID)
    authenticated_at: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
    refused_at: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class PushedRequestRow(Base):
    """An authorization request that an app sent ahead (RFC 9126), under the digest of its ``request_uri``."""

    __tablename__ = "pushed_requests"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    client_id: Mapped[str] = mapped_column(ID)
    parameters: Mapped[bytes] = mapped_column(SEALED)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    used_at: Mapped[int | None] = mapped_column(BigInteger)
