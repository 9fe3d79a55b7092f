"""Client metadata: what an app may be registered with. Pure; every change is checked as if it were new.

Names follow RFC 7591 section 2 and OpenID Connect Registration section 2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from idp.clients import members, rules, together
from idp.clients.errors import BadMetadata, BadRedirectUri
from idp.clients.members import Metadata
from idp.clients.rules import CLIENT_ALGS, SIGNING_ALGS
from idp.clients.uris import demand_redirect_uri, is_loopback

AUTH_METHODS = (
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "none",
)
SUBJECT_TYPES = ("pairwise", "public")
ASSERTION_ALGS = CLIENT_ALGS
DEFAULT_GRANTS = ("authorization_code", "refresh_token")
GRANTS = (
    *DEFAULT_GRANTS,
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
)
LONGEST_NAME = 200
MOST_URIS = 50
MOST_KEYS = 20
SMALLEST_RSA = 2048
PRIVATE_PARTS = frozenset("d p q dp dq qi oth k".split())

_TEXT_URIS = ("client_uri", "policy_uri", "tos_uri")


def check(
    metadata: Mapping[str, Any], *, scopes: frozenset[str], api_scopes: frozenset[str], claims: frozenset[str]
) -> None:
    """Raise :class:`BadMetadata` (or its ``BadRedirectUri``) when any member cannot be accepted.

    ``scopes`` and ``claims`` are what this installation serves, ``api_scopes`` what the APIs of its apps do.
    """
    _demand_name(metadata["name"])
    _demand_one_of("auth_method", metadata["auth_method"], AUTH_METHODS)
    _demand_one_of("subject_type", metadata["subject_type"], SUBJECT_TYPES)
    _demand_one_of("id_token_alg", metadata["id_token_alg"], SIGNING_ALGS)
    _demand_known("grant", metadata["grants"], frozenset(GRANTS))
    _demand_known("claim", metadata["required_claims"], claims)
    further = Metadata.of(metadata["extra"])
    members.check(further)
    _demand_uris(metadata, native=metadata["auth_method"] == "none" or further.application_type == "native")
    if metadata["jwks"] is not None:
        demand_public(metadata["jwks"])
    _demand_scopes_of_its_own(further, scopes)
    _demand_known("scope", metadata["scopes"], scopes | api_scopes.union(further.resource_scopes))
    together.check(metadata, further)


def sector_of(client_id: str, redirect_uris: Sequence[str], agency_id: str | None, document: str | None) -> str:
    """Who shares a pairwise subject (OIDC Core section 8.1).

    All apps of one agency do; else all that one sector document lists; else all that return to one host. An app that
    returns to several hosts, or to none that is somebody's own, is a sector of its own.
    """
    if agency_id is not None:
        return f"agency:{agency_id}"
    if document is not None:
        return urlsplit(document).hostname or document
    hosts = {parts.hostname or parts.scheme for parts in map(urlsplit, redirect_uris)}
    shared = hosts.pop() if len(hosts) == 1 else None
    return f"app:{client_id}" if shared is None or is_loopback(shared) else shared


def key_set(jwks: Mapping[str, Any]) -> KeySet:
    """The public keys of an app, ready to verify with. Raises :class:`BadMetadata`."""
    try:
        return KeySet.import_key_set(dict(jwks))  # type: ignore[arg-type]
    except (JoseError, UnsupportedAlgorithm, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadMetadata("The key set cannot be read: it must be a JSON object with a list of public keys.") from error


def _demand_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME:
        raise BadMetadata(f"The name must have between 1 and {LONGEST_NAME} characters.")
    if any(unicodedata.category(letter).startswith("C") for letter in name):
        raise BadMetadata("The name must not hold invisible or direction-changing characters.")


def _demand_one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadMetadata(f"{what} must be one of: {', '.join(allowed)}.")


def _demand_known(what: str, values: tuple[str, ...], known: frozenset[str]) -> None:
    if unknown := sorted(set(values) - known):
        raise BadMetadata(f"Each {what} must be one of: {', '.join(sorted(known))}.", about=", ".join(unknown))


def _demand_scopes_of_its_own(metadata: Metadata, scopes: frozenset[str]) -> None:
    """No API may call a scope of its own what opens claims here."""
    if reserved := sorted(scopes.intersection(metadata.resource_scopes)):
        raise BadMetadata(f"resource_scopes must not be scopes of Beacon itself: {', '.join(reserved)}.")


def _demand_uris(metadata: Mapping[str, Any], *, native: bool) -> None:
    uris = [*metadata["redirect_uris"], *metadata["post_logout_redirect_uris"]]
    if len(uris) > MOST_URIS:
        raise BadRedirectUri(f"Register at most {MOST_URIS} URIs.")
    for uri in uris:
        demand_redirect_uri(uri, native=native)
    for name in _TEXT_URIS:
        if metadata[name] is not None:
            rules.web_uri(name, metadata[name])


def demand_public(jwks: Mapping[str, Any]) -> KeySet:
    """The keys of a set that holds good public keys alone, a few of them. Raises :class:`BadMetadata` otherwise."""
    keys = key_set(jwks)
    if not 0 < len(keys.keys) <= MOST_KEYS:
        raise BadMetadata(f"The key set must hold between 1 and {MOST_KEYS} keys.")
    if len({key.kid for key in keys}) < len(keys.keys):
        raise BadMetadata("No two keys of the key set may have the same kid.")
    if any(PRIVATE_PARTS & set(key) for key in jwks["keys"]):
        raise BadMetadata("The key set must hold public keys only.")
    for key in keys:
        if isinstance(key, RSAKey) and key.public_key.key_size < SMALLEST_RSA:
            raise BadMetadata(f"RSA keys need at least {SMALLEST_RSA} bits.")
    return keys
