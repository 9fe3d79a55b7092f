"""Client metadata: what an app may be registered with. Pure; every change is checked as if it were new.

Names follow RFC 7591 section 2 and OpenID Connect Registration section 2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from idp.clients import members, rules, together
from idp.clients.errors import BadMetadata, BadRedirectUri
from idp.clients.members import Metadata
from idp.clients.public_keys import demand_public
from idp.clients.uris import demand_redirect_uri
from idp.clients.vocabulary import AUTH_METHODS, GRANTS, SIGNING_ALGS, SUBJECT_TYPES

LONGEST_NAME = 200
MOST_URIS = 50

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
