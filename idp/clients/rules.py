"""What a member of client metadata may be. Pure; each rule raises :class:`BadMetadata` and names the member.

Values come from JSON: a rule looks at the type first (RFC 7591 section 3.2.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.clients.errors import BadMetadata, BadRedirectUri
from idp.clients.uris import demand_web_uri
from idp.kernel import fetch
from idp.kernel.errors import Refused

LONGEST_TEXT = 500
MOST_SECONDS = 10**9
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")

Rule = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these texts."""

    allowed: tuple[str, ...]

    def __call__(self, name: str, value: Any) -> None:
        """Raise :class:`BadMetadata` for any other value."""
        if not isinstance(value, str) or value not in self.allowed:
            raise BadMetadata(f"{name} must be one of: {', '.join(self.allowed)}.")


def one_of(*allowed: str) -> OneOf:
    """One of these texts."""
    return OneOf(allowed)


def texts(*, most: int) -> Rule:
    """A short list of texts."""

    def check(name: str, value: Any) -> None:
        if not isinstance(value, list) or len(value) > most:
            raise BadMetadata(f"{name} must be a list of at most {most} texts.")
        for one in value:
            text(name, one)

    return check


def text(name: str, value: Any) -> None:
    """A short printable text."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT or not value.isprintable():
        raise BadMetadata(f"{name} must be a printable text of at most {LONGEST_TEXT} characters.")


def flag(name: str, value: Any) -> None:
    """True or false, nothing that resembles them."""
    if not isinstance(value, bool):
        raise BadMetadata(f"{name} must be true or false.")


def seconds(name: str, value: Any) -> None:
    """A whole number of seconds."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_SECONDS:
        raise BadMetadata(f"{name} must be a whole number of seconds.")


def web_uri(name: str, value: Any) -> None:
    """An address that a resident's browser may open: https, or loopback while an app is developed."""
    if not isinstance(value, str):
        raise BadMetadata(f"{name} must be a URI.")
    try:
        demand_web_uri(value)
    except BadRedirectUri as error:
        raise BadMetadata(f"{name}: {error.rule}", about=value) from error


def https_uri(name: str, value: Any) -> None:
    """An https address, without exception."""
    web_uri(name, value)
    if urlsplit(value).scheme != "https":
        raise BadMetadata(f"{name}: use https.", about=value)


def fetched_uri(name: str, value: Any) -> None:
    """An address that Beacon itself may fetch."""
    web_uri(name, value)
    try:
        fetch.demand_fetchable(value)
    except Refused as error:
        raise BadMetadata(f"{name}: this address cannot be fetched from here.", about=value) from error


def request_uris(name: str, value: Any) -> None:
    """Addresses of request objects, each with or without a fragment that names its content (OIDC Core 6.2)."""
    if not isinstance(value, list) or len(value) > 20:
        raise BadMetadata(f"{name} must be a list of at most 20 URIs.")
    for one in value:
        if not isinstance(one, str):
            raise BadMetadata(f"{name} must be a list of URIs.")
        fetched_uri(name, one.partition("#")[0])


def resource(name: str, value: Any) -> None:
    """An absolute URI without fragment (RFC 8707 section 2)."""
    web_uri(name, value)


def resources(name: str, value: Any) -> None:
    """A list of such URIs."""
    if not isinstance(value, list) or len(value) > 50:
        raise BadMetadata(f"{name} must be a list of at most 50 URIs.")
    for one in value:
        resource(name, one)


def scope_names(name: str, value: Any) -> None:
    """Scope tokens (RFC 6749 section 3.3)."""
    if not isinstance(value, list) or len(value) > 50:
        raise BadMetadata(f"{name} must be a list of at most 50 scopes.")
    if not all(isinstance(one, str) and _SCOPE.fullmatch(one) for one in value):
        raise BadMetadata(f"{name} must hold scope names without blanks, quotes and backslashes.")
