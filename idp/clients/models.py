"""Agency apps, the agencies they belong to, and how each sector knows a resident."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, Base, Words


class Agency(Base):
    """A part of the state government that runs apps."""

    __tablename__ = "agencies"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[int] = mapped_column(BigInteger)


class ClientRow(Base):
    """An agency app (an OAuth client, RFC 7591 section 2).

    ``extra`` holds the further members of its metadata (:class:`idp.clients.members.Metadata`). Only an app that
    registered itself has a ``registration_digest``, of the token by which it manages its registration (RFC 7592).
    """

    __tablename__ = "clients"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    agency_id: Mapped[str | None] = mapped_column(ForeignKey("agencies.id"))
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    post_logout_redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    auth_method: Mapped[str] = mapped_column(String(32))
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    scopes: Mapped[tuple[str, ...]] = mapped_column(Words)
    grants: Mapped[tuple[str, ...]] = mapped_column(Words)
    required_claims: Mapped[tuple[str, ...]] = mapped_column(Words)
    subject_type: Mapped[str] = mapped_column(String(16))
    sector: Mapped[str] = mapped_column(String(255))
    id_token_alg: Mapped[str] = mapped_column(String(16))
    require_acr: Mapped[str | None] = mapped_column(String(200))
    first_party: Mapped[bool] = mapped_column(Boolean)
    client_uri: Mapped[str | None] = mapped_column(String(2000))
    policy_uri: Mapped[str | None] = mapped_column(String(2000))
    tos_uri: Mapped[str | None] = mapped_column(String(2000))
    extra: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")
    registration_digest: Mapped[bytes | None] = mapped_column(DIGEST)
    disabled_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class ClientSecret(Base):
    """A client secret of 256 random bits, as its digest. Two may live at once during a rotation."""

    __tablename__ = "client_secrets"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(DIGEST)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)


class Subject(Base):
    """The pairwise identifier of one resident for one sector: random, stored, never reused (OIDC Core section 8.1)."""

    __tablename__ = "subjects"
    __table_args__ = (UniqueConstraint("account_id", "sector"),)

    subject: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ID)
    sector: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[int] = mapped_column(BigInteger)


class UsedAssertion(Base):
    """A client assertion's ``jti`` that was seen (RFC 7523 section 3), kept until the assertion has expired."""

    __tablename__ = "used_assertions"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class ClientKeys(Base):
    """The key set last fetched from an app's ``jwks_uri``, shared by all nodes. ``tried_at`` holds fetches apart."""

    __tablename__ = "client_keys"

    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True)
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    tried_at: Mapped[int] = mapped_column(BigInteger)
    fetched_at: Mapped[int | None] = mapped_column(BigInteger)


class ClientNetwork(Base):
    """A network from which an app called the token endpoint lately, so that its key fetches can be told."""

    __tablename__ = "client_networks"

    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True)
    network: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[int] = mapped_column(BigInteger)


class ClientLogo(Base):
    """An app's picture, drawn anew as PNG and served by us."""

    __tablename__ = "client_logos"

    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True)
    png: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[int] = mapped_column(BigInteger)


class RegistrationToken(Base):
    """An initial access token (RFC 7591 section 3): one registration, once."""

    __tablename__ = "registration_tokens"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    note: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class StatementIssuer(Base):
    """Somebody whose software statements the operator trusts (RFC 7591 section 2.3)."""

    __tablename__ = "statement_issuers"

    issuer: Mapped[str] = mapped_column(String(500), primary_key=True)
    jwks: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[int] = mapped_column(BigInteger)
