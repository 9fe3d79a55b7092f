"""Second factors: authenticator apps and recovery codes."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.db import DIGEST, ID, SEALED, Base


class TotpAuthenticator(Base):
    """The authenticator app of a resident (RFC 6238), written once a code has proved that it works.

    ``last_step`` is the newest time step spent, so that a code works once; ``failures`` counts wrong codes in a row,
    and at 100 the app must be set up anew (NIST SP 800-63B-4 section 3.2.2).
    """

    __tablename__ = "totp_authenticators"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), unique=True)
    seed: Mapped[bytes] = mapped_column(SEALED)
    last_step: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCodeSet(Base):
    """The ten codes a resident was last shown: their common salt, and wrong codes in a row as above."""

    __tablename__ = "recovery_code_sets"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """One recovery code of 80 random bits, as an Argon2id digest under the salt of its set."""

    __tablename__ = "recovery_codes"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("recovery_code_sets.account_id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(DIGEST)
    spent_at: Mapped[int | None] = mapped_column(BigInteger)
