"""Second factors and passkeys."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, SEALED, Base, Words


class TotpAuthenticator(Base):
    """An authenticator app of a resident (RFC 6238), written once a code has proved that it works.

    ``last_step`` is the newest time step spent, so that a code works once, and ``last_browser`` where it was;
    ``drift`` how many seconds its clock was last seen ahead of ours; ``failures`` counts wrong codes in a row, and at
    100 the app must be set up anew (NIST SP 800-63B-4 section 3.2.2). It stops working at ``leaves_at``, and does not
    work while it is ``suspended_at``.
    """

    __tablename__ = "totp_authenticators"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str | None] = mapped_column(String(64))
    seed: Mapped[bytes] = mapped_column(SEALED)
    last_step: Mapped[int] = mapped_column(BigInteger)
    last_browser: Mapped[bytes | None] = mapped_column(DIGEST)
    drift: Mapped[int | None] = mapped_column(Integer)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)
    leaves_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    suspended_at: Mapped[int | None] = mapped_column(BigInteger)


class Passkey(Base):
    """A WebAuthn credential of a resident: passkey or security key (WebAuthn Level 3 section 4).

    ``user_verified`` is whether its holder was verified when it was made, ``resident`` whether it is discoverable,
    ``backup_eligible`` whether it may leave its device and ``backed_up`` whether it has. ``regressed_at`` is when its
    counter last went backwards, as a copy's would.
    """

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str] = mapped_column(String(64))
    transports: Mapped[tuple[str, ...]] = mapped_column(Words)
    aaguid: Mapped[str] = mapped_column(String(36))
    counter: Mapped[int] = mapped_column(BigInteger)
    user_verified: Mapped[bool] = mapped_column(Boolean)
    resident: Mapped[bool | None] = mapped_column(Boolean)
    backup_eligible: Mapped[bool] = mapped_column(Boolean)
    backed_up: Mapped[bool] = mapped_column(Boolean)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    regressed_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)
    leaves_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    suspended_at: Mapped[int | None] = mapped_column(BigInteger)


class PasskeyChallenge(Base):
    """A challenge that a browser was given, for one purpose and one ``holder`` (an attempt, a session). Works once."""

    __tablename__ = "passkey_challenges"

    digest: Mapped[bytes] = mapped_column(DIGEST, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    browser: Mapped[bytes] = mapped_column(DIGEST)
    holder: Mapped[str] = mapped_column(String(160))
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class RecoveryCodeSet(Base):
    """The ten codes a resident was last shown: their common salt, and wrong codes in a row as above."""

    __tablename__ = "recovery_code_sets"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)
    suspended_at: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """One recovery code of 80 random bits, as an Argon2id digest under the salt of its set."""

    __tablename__ = "recovery_codes"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("recovery_code_sets.account_id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(DIGEST)
    spent_at: Mapped[int | None] = mapped_column(BigInteger)
