"""What was given out: codes, and families of tokens that stand and fall together. Secrets are kept as digests."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, SEALED, Base, Words

CONFIRMATION = String(100)
"""What a token is bound to: ``jkt <thumbprint>`` (RFC 9449) or ``x5t#S256 <thumbprint>`` (RFC 8705), or nothing."""


class AuthorizationCode(Base):
    """A code (RFC 6749 section 4.1.2). ``family_id`` is fixed before redemption, so that a replay finds the family.

    ``claims_asked`` is the sealed ``claims`` parameter (OIDC Core section 5.5), ``resources`` what tokens may be
    aimed at (RFC 8707), ``dpop_jkt`` the key that must redeem it (RFC 9449 section 10). The code of a device has
    neither redirect URI nor challenge.
    """

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
    claims_asked: Mapped[bytes | None] = mapped_column(SEALED)
    resources: Mapped[tuple[str, ...] | None] = mapped_column(Words)
    dpop_jkt: Mapped[str | None] = mapped_column(String(64))
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
    refresh. ``session_id`` binds a family without ``offline_access`` to its session. ``confirmation`` binds the
    refresh tokens of a public client to its key.
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
    claims_asked: Mapped[bytes | None] = mapped_column(SEALED)
    resources: Mapped[tuple[str, ...] | None] = mapped_column(Words)
    confirmation: Mapped[str | None] = mapped_column(CONFIRMATION)
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
    """An access token. Revoking one deletes its row; revoking its family stops them all.

    ``audience`` is the API it is for (RFC 8707), or None for Beacon's own endpoints. An exchanged token (RFC 8693) has
    the ``subject`` by which that API's agency knows the resident, no more than ``claims``, and the app that passes it
    on as ``actor``.
    """

    __tablename__ = "access_tokens"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    family_id: Mapped[str] = mapped_column(ForeignKey("token_families.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    audience: Mapped[str | None] = mapped_column(Text)
    confirmation: Mapped[str | None] = mapped_column(CONFIRMATION)
    subject: Mapped[str | None] = mapped_column(ID)
    claims: Mapped[tuple[str, ...] | None] = mapped_column(Words)
    actor: Mapped[str | None] = mapped_column(ID)
    issued_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class ClientToken(Base):
    """An access token that an app got for itself, with no resident behind it (RFC 6749 section 4.4)."""

    __tablename__ = "client_tokens"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    audience: Mapped[str | None] = mapped_column(Text)
    confirmation: Mapped[str | None] = mapped_column(CONFIRMATION)
    issued_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class DeviceRequest(Base):
    """A device that waits for a resident elsewhere (RFC 8628). Once they agree there is an authorization code under the
    same digest. ``user_code`` is the blind index of what they type; ``network`` is where the device is."""

    __tablename__ = "device_requests"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    user_code: Mapped[bytes] = mapped_column(DIGEST, unique=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    resources: Mapped[tuple[str, ...] | None] = mapped_column(Words)
    network: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    interval: Mapped[int] = mapped_column(Integer)
    polled_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
