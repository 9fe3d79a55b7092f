"""What a code or token stands for, as values that leave the room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from idp.clients.members import Metadata
from idp.kernel.contracts import Resident
from idp.kernel.crypto import token


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

    def seen_as(self, subject: str | None, claims: tuple[str, ...] | None) -> Grant:
        """The grant as an exchanged token stands for it: by its own subject, with no more than its own claims."""
        kept = self.claims if claims is None else tuple(claim for claim in self.claims if claim in claims)
        return replace(self, subject=subject or self.subject, claims=kept)

    @property
    def offline(self) -> bool:
        """Whether it outlives the resident's session."""
        return "offline_access" in self.scopes


@dataclass(frozen=True, slots=True)
class Access:
    """An access token on its way out, as whoever writes its text needs to know it.

    ``grant`` is as the token stands for it. ``audience`` is the API it is for, None for Beacon's own endpoints;
    ``confirmation`` what it is bound to; ``actor`` the app that passes it on (RFC 8693).
    """

    grant: Grant
    scopes: tuple[str, ...]
    audience: str | None
    confirmation: str | None
    subject: str | None
    claims: tuple[str, ...] | None
    actor: str | None
    issued_at: int
    expires_at: int


Write = Callable[[Access], str]
"""Writes the text of an access token, which no other token may have."""


def opaque(_access: object) -> str:
    """A text that says nothing: 256 random bits."""
    return token()


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
    the app that passes it on (RFC 8693); ``registered`` what its own app registered about answers.
    """

    grant: Grant
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int
    resident: Resident
    registered: Metadata
    audience: str | None = None
    confirmation: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class LiveRefresh:
    """A live refresh token, as introspection tells of it."""

    grant: Grant
    issued_at: int
    expires_at: int
