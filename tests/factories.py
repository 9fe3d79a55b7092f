"""People and agency apps for tests, made through the same services that the pages and the command line use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import pyotp

from idp.accounts import service as accounts
from idp.clients import service as clients
from idp.clients.service import Client
from idp.kernel import clock
from mfa import service as mfa
from profiles import service as profiles

PASSWORD = "Marked-Kestrel-77-harbour"
CALLBACK = "https://app.agency.example/callback"


@dataclass(frozen=True, slots=True)
class Person:
    """A resident of the tests. ``private`` lists texts that must never turn up where they do not belong."""

    id: str
    email: str
    password: str
    totp_secret: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    def code(self, offset: int = 0) -> str:
        """The present code of the person's authenticator app; ``offset`` counts steps of 30 seconds."""
        assert self.totp_secret, f"{self.email} has no authenticator app"
        return pyotp.TOTP(self.totp_secret).at(clock.now() + 30 * offset)

    @property
    def private(self) -> tuple[str, ...]:
        """The values that no log, event, error page or other person's letter may hold."""
        known = (self.email, self.password, self.totp_secret, *_texts(self.attributes))
        return tuple(text for text in known if text)


@dataclass(frozen=True, slots=True)
class App:
    """An agency app of the tests, with its secret."""

    client: Client
    secret: str | None

    @property
    def id(self) -> str:
        return self.client.id

    @property
    def redirect_uri(self) -> str:
        return self.client.redirect_uris[0]


def make_account(
    email: str | None = None,
    password: str = PASSWORD,
    *,
    totp: bool = False,
    locale: str = "en",
    **attributes: Any,
) -> Person:
    """A resident with a confirmed address, and an authenticator app if ``totp``. ``attributes`` fill the profile."""
    email = email or f"marked.{secrets.token_hex(4)}@residents.example"
    account_id = accounts.open_account(email, password, locale)
    seed = mfa.add_totp_for_operator(account_id) if totp else None
    if attributes:
        profiles.change(account_id, attributes)
    return Person(account_id, email, password, seed, attributes)


def make_client(
    *, name: str = "Department of Tests", redirect_uris: tuple[str, ...] = (CALLBACK,), **facts: Any
) -> App:
    """An agency app. ``facts`` go to ``idp.clients.service.register`` as they are."""
    client, secret = clients.register(name=name, redirect_uris=redirect_uris, **facts)
    return App(client, secret)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    return [value] if isinstance(value, str) else []
