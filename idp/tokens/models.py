"""What was given out: codes, and families of tokens that stand and fall together. Secrets are kept as digests."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, Base, Words


class AuthorizationCode(Base):
    """A code (RFC 6749 section 4.1.2). ``family_id`` is fixed before redemption, so that a replay finds the family."""

    __tablename__ = "authorization_codes"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    family_id: Mapped[str] = mapped_column(ID)
    client_id: Mapped[str] = mapped_column(ID)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    session_id: Mapped[str] = mapped_column(ID)
    subject: Mapped[str | None] = mapped_column(ID)
    redirect_uri: Mapped[str] = mapped_column(Text)
    challenge: Mapped[str] = mapped_column(String(128))
    nonce: Mapped[str | None] = mapped_column(Text)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    claims: Mapped[tuple[str, ...]] = mapped_column(Words)
    acr: Mapped[str] = mapped_column(String(200))
    amr: Mapped[tuple[str, ...]] = mapped_column(Words)
    auth_time: Mapped[int] = mapped_column(BigInteger)
    issued_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    spent_at: Mapped[int | None] = mapped_column(BigInteger)


class TokenFamily(Base):
    """One grant of one resident to one app, with everything ever issued under it.

    A refresh token is ``<handle>.<secret>``: the handle finds the family, ``refresh_digest`` is the one secret that
    lives. Any other secret with a known handle is a replay, except the previous one within the grace of a concurrent
    refresh. ``session_id`` binds a family without ``offline_access`` to its session.
    """

    __tablename__ = "token_families"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    client_id: Mapped[str] = mapped_column(ID, index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[str] = mapped_column(ID, index=True)
    offline: Mapped[bool] = mapped_column(Boolean)
    subject: Mapped[str] = mapped_column(ID)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    claims: Mapped[tuple[str, ...]] = mapped_column(Words)
    acr: Mapped[str] = mapped_column(String(200))
    amr: Mapped[tuple[str, ...]] = mapped_column(Words)
    auth_time: Mapped[int] = mapped_column(BigInteger)
    handle: Mapped[bytes | None] = mapped_column(DIGEST, unique=True)
    refresh_digest: Mapped[bytes | None] = mapped_column(DIGEST)
    previous_digest: Mapped[bytes | None] = mapped_column(DIGEST)
    rotated_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    idle_until: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class AccessToken(Base):
    """An opaque access token. Revoking one deletes its row; revoking its family stops them all."""

    __tablename__ = "access_tokens"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    issued_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
