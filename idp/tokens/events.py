"""What happened to codes and tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class GrantIssued(Event):
    """An app redeemed a code: the resident is signed in there, and the app may see ``claims``."""

    kind: ClassVar[str] = "grant.issued"
    family_id: str
    scopes: tuple[str, ...]
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GrantRefreshed(Event):
    """An app exchanged its refresh token."""

    kind: ClassVar[str] = "grant.refreshed"
    family_id: str


@dataclass(frozen=True, slots=True)
class CodeReplayed(Event):
    """A spent code came again; everything issued from it was revoked (RFC 6749 section 10.5)."""

    kind: ClassVar[str] = "grant.code_replayed"
    family_id: str


@dataclass(frozen=True, slots=True)
class RefreshReplayed(Event):
    """A spent refresh token came again; its family was revoked (RFC 9700 section 4.14.2)."""

    kind: ClassVar[str] = "grant.refresh_replayed"
    family_id: str


@dataclass(frozen=True, slots=True)
class GrantExchanged(Event):
    """An app exchanged a resident's token for one that the API ``audience`` accepts (RFC 8693)."""

    kind: ClassVar[str] = "grant.exchanged"
    family_id: str
    scopes: tuple[str, ...]
    audience: str


@dataclass(frozen=True, slots=True)
class ClientTokenIssued(Event):
    """An app got a token for itself, for the API ``audience`` or for none (RFC 6749 section 4.4)."""

    kind: ClassVar[str] = "client.token_issued"
    scopes: tuple[str, ...]
    audience: str


@dataclass(frozen=True, slots=True)
class DeviceApproved(Event):
    """A resident let a device of an app sign in, by the code that it showed (RFC 8628)."""

    kind: ClassVar[str] = "device.approved"
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceDenied(Event):
    """Somebody with a device's code said that they did not start this, or did not agree, or could not."""

    kind: ClassVar[str] = "device.denied"
