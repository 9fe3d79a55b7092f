"""The members of a client's metadata that have a column of their own, as one table; the rest is in ``members.py``.

Each has its registered name (RFC 7591 section 2, OpenID Connect Registration section 2), what it is when nobody says,
and how its JSON value is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from idp.clients.errors import BadMetadata, BadRedirectUri
from idp.clients.vocabulary import DEFAULT_GRANTS

Reader = Callable[[str, Any], Any]


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise BadMetadata(f"{name} must be a text.")
    return value


def words(name: str, value: Any) -> tuple[str, ...]:
    """Words in one text, with blanks between them (RFC 6749 section 3.3)."""
    return tuple(dict.fromkeys(text(name, value).split()))


def texts(name: str, value: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadMetadata(f"{name} must be a list of texts.")
    return tuple(dict.fromkeys(value))


def uris(name: str, value: Any) -> tuple[str, ...]:
    """A list of URIs."""
    try:
        return texts(name, value)
    except BadMetadata as error:
        raise BadRedirectUri(f"{name} must be a list of URIs.") from error


def key_set(name: str, value: Any) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise BadMetadata(f"{name} must be a JSON object.")
    return value


@dataclass(frozen=True, slots=True)
class Column:
    """One member. ``by_app`` says whether an app may set it when it registers itself; only then is JSON read."""

    registered: str
    default: Any = None
    read: Reader = text
    by_app: bool = True


COLUMNS: Mapping[str, Column] = {
    "name": Column("client_name", ""),
    "redirect_uris": Column("redirect_uris", (), uris),
    "post_logout_redirect_uris": Column("post_logout_redirect_uris", (), uris),
    "auth_method": Column("token_endpoint_auth_method", "client_secret_basic"),
    "jwks": Column("jwks", None, key_set),
    "scopes": Column("scope", (), words),
    "grants": Column("grant_types", DEFAULT_GRANTS, texts),
    "required_claims": Column("require_claims", (), by_app=False),
    "subject_type": Column("subject_type", "pairwise"),
    "id_token_alg": Column("id_token_signed_response_alg", "ES256"),
    "require_acr": Column("require_acr", by_app=False),
    "first_party": Column("first_party", False, by_app=False),
    "client_uri": Column("client_uri"),
    "policy_uri": Column("policy_uri"),
    "tos_uri": Column("tos_uri"),
}
