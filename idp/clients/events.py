"""What happened to agency apps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from idp.audit.events import Event


@dataclass(frozen=True, slots=True)
class ClientRegistered(Event):
    """An app was registered."""

    kind: ClassVar[str] = "client.registered"
    name: str


@dataclass(frozen=True, slots=True)
class ClientChanged(Event):
    """Some of an app's metadata changed."""

    kind: ClassVar[str] = "client.changed"
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecretRotated(Event):
    """An app got a new secret; the old ones end at ``old_until``."""

    kind: ClassVar[str] = "client.secret_rotated"
    old_until: int


@dataclass(frozen=True, slots=True)
class ClientDisabled(Event):
    """An app was switched off."""

    kind: ClassVar[str] = "client.disabled"


@dataclass(frozen=True, slots=True)
class ClientEnabled(Event):
    """An app was switched on again."""

    kind: ClassVar[str] = "client.enabled"


@dataclass(frozen=True, slots=True)
class ClientRemoved(Event):
    """The registration of an app that registered itself ended: by its own wish (RFC 7592), or since it was not used."""

    kind: ClassVar[str] = "client.removed"


@dataclass(frozen=True, slots=True)
class RegistrationTokenMade(Event):
    """A token was made with which one app may register itself."""

    kind: ClassVar[str] = "client.registration_token_made"
    note: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class IssuerTrusted(Event):
    """The software statements of ``issuer`` count from now on."""

    kind: ClassVar[str] = "client.issuer_trusted"
    issuer: str


@dataclass(frozen=True, slots=True)
class IssuerDistrusted(Event):
    """The software statements of ``issuer`` count no more."""

    kind: ClassVar[str] = "client.issuer_distrusted"
    issuer: str
