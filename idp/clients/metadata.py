"""Client metadata: what an app may be registered with. Pure; every change is checked as if it were new.

Names follow RFC 7591 section 2 and OpenID Connect Registration section 2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from idp.clients import members
from idp.clients.errors import BadMetadata
from idp.clients.members import Metadata, policy_of
from idp.clients.rules import CLIENT_ALGS, SIGNING_ALGS
from idp.clients.uris import demand_redirect_uri, demand_web_uri

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

_TEXT_URIS = ("client_uri", "policy_uri", "tos_uri")


def check(metadata: Mapping[str, Any], *, scopes: frozenset[str], claims: frozenset[str]) -> None:
    """Raise :class:`BadMetadata` (or its ``BadRedirectUri``) when any member cannot be accepted.

    ``scopes`` and ``claims`` are what this installation serves.
    """
    _demand_name(metadata["name"])
    _demand_one_of("auth_method", metadata["auth_method"], AUTH_METHODS)
    _demand_one_of("subject_type", metadata["subject_type"], SUBJECT_TYPES)
    _demand_one_of("id_token_alg", metadata["id_token_alg"], SIGNING_ALGS)
    _demand_known("grant", metadata["grants"], frozenset(GRANTS))
    _demand_known("scope", metadata["scopes"], scopes)
    _demand_known("claim", metadata["required_claims"], claims)
    _demand_uris(metadata)
    _demand_keys(metadata["auth_method"], metadata["jwks"])
    further = Metadata.of(metadata["extra"])
    members.check(further)
    policy = policy_of(further)
    _demand_known("auth method of this profile", (metadata["auth_method"],), policy.auth_methods)
    _demand_known("algorithm of this profile", (metadata["id_token_alg"],), policy.signing_algs)


def sector_of(redirect_uris: list[str], agency_id: str | None) -> str:
    """Who shares a pairwise subject: all apps of one agency, or else the app's own host (OIDC Core section 8.1)."""
    if agency_id is not None:
        return f"agency:{agency_id}"
    first = urlsplit(redirect_uris[0])
    return first.hostname or first.scheme


def key_set(jwks: Mapping[str, Any]) -> KeySet:
    """The public keys of an app, ready to verify with. Raises :class:`BadMetadata`."""
    try:
        return KeySet.import_key_set(dict(jwks))  # type: ignore[arg-type]
    except (JoseError, ValueError, KeyError, TypeError) as error:
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
        raise BadMetadata(f"Unknown {what}: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")


def _demand_uris(metadata: Mapping[str, Any]) -> None:
    native = metadata["auth_method"] == "none"
    uris = [*metadata["redirect_uris"], *metadata["post_logout_redirect_uris"]]
    if not metadata["redirect_uris"] or len(uris) > MOST_URIS:
        raise BadMetadata(f"Register at least one redirect URI, and at most {MOST_URIS} URIs.")
    for uri in uris:
        demand_redirect_uri(uri, native=native)
    for name in _TEXT_URIS:
        if metadata[name] is not None:
            demand_web_uri(metadata[name])


def _demand_keys(auth_method: str, jwks: Mapping[str, Any] | None) -> None:
    if auth_method != "private_key_jwt":
        if jwks is not None:
            raise BadMetadata("A key set goes with private_key_jwt only.")
        return
    if jwks is None:
        raise BadMetadata("private_key_jwt needs the app's public keys (--jwks).")
    keys = key_set(jwks).keys
    if not 0 < len(keys) <= MOST_KEYS:
        raise BadMetadata(f"The key set must hold between 1 and {MOST_KEYS} keys.")
    if len({key.kid for key in keys}) < len(keys):
        raise BadMetadata("Each key of the key set needs a kid of its own.")
    for key in keys:
        if key.key_type == "oct" or key.is_private:
            raise BadMetadata("The key set must hold public keys only.")
        if isinstance(key, RSAKey) and key.public_key.key_size < SMALLEST_RSA:
            raise BadMetadata(f"RSA keys need at least {SMALLEST_RSA} bits.")
