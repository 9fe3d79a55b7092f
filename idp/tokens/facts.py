"""What a code or token stands for, as values that leave the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.kernel.contracts import Resident


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant of one resident to one app. Times in seconds since the epoch.

    ``asked`` is the sealed ``claims`` parameter (:meth:`claims_asked` opens it), ``resources`` the APIs that its tokens
    may be aimed at.
    """

    family_id: str
    client_id: str
    account_id: str
    session_id: str
    subject: str
    scopes: tuple[str, ...]
    claims: tuple[str, ...]
    acr: str
    amr: tuple[str, ...]
    auth_time: int
    asked: bytes | None = None
    resources: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Any, family_id: str) -> Grant:
        """The grant that a row of a code or a family stands for."""
        return cls(
            family_id=family_id,
            client_id=row.client_id,
            account_id=row.account_id,
            session_id=row.session_id,
            subject=row.subject,
            scopes=row.scopes,
            claims=row.claims,
            acr=row.acr,
            amr=row.amr,
            auth_time=row.auth_time,
            asked=row.claims_asked,
            resources=row.resources or (),
        )

    @property
    def offline(self) -> bool:
        """Whether it outlives the resident's session."""
        return "offline_access" in self.scopes


@dataclass(frozen=True, slots=True)
class RedeemedCode:
    """A code that was just spent, with what it was bound to."""

    grant: Grant
    redirect_uri: str
    challenge: str
    nonce: str | None
    dpop_jkt: str | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """A live access token: its grant, what it may still read, and the resident behind it.

    ``audience`` is the API it is for, None for Beacon's own endpoints; ``confirmation`` what it is bound to; ``actor``
    the app that passes it on (RFC 8693).
    """

    grant: Grant
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int
    resident: Resident
    audience: str | None = None
    confirmation: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class LiveRefresh:
    """A live refresh token, as introspection tells of it."""

    grant: Grant
    issued_at: int
    expires_at: int
