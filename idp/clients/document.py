"""A client's metadata as one JSON object by registered names (RFC 7591 section 2): written for it, and read from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.clients.columns import COLUMNS
from idp.clients.errors import BadMetadata
from idp.clients.members import DEFAULTS, MEMBERS
from idp.clients.service import Client
from idp.clients.vocabulary import CODE, DEFAULT_GRANTS
from idp.kernel.registry import registry

STANDARD_SCOPES = ("openid", "profile", "email", "phone", "address", "offline_access")
"""What an app that registers itself may ask for: the scopes of OpenID Connect Core, not those of the state."""

OWN_DEFAULTS = {"id_token_alg": "RS256", "grants": (CODE,)}
"""OpenID Connect Registration section 2, where Beacon's own defaults differ."""


def written(client: Client) -> dict[str, Any]:
    """Every member of an app's metadata."""
    columns = {column.registered: getattr(client, name) for name, column in COLUMNS.items()}
    further = {name: getattr(client.metadata, name) for name in MEMBERS}
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in (columns | further).items()}
    return listed | {"scope": " ".join(client.scopes)}


def shown(client: Client) -> dict[str, Any]:
    """What an app that registered itself is told of its own metadata."""
    hidden = {column.registered for column in COLUMNS.values() if not column.by_app}
    hidden |= {name for name, member in MEMBERS.items() if not member.by_app}
    said = {name: value for name, value in written(client).items() if name not in hidden and value not in (None, [])}
    return said | {"response_types": ["code"] if CODE in client.grants else []}


def read(document: Mapping[str, Any], present: Client | None = None) -> dict[str, Any]:
    """The metadata that an app asks for, as members for :func:`idp.clients.service.register`; unknown ones are ignored.

    ``present`` is the app when it changes its registration: then the whole is replaced, except for what an operator
    decides. A null is as good as nothing said (RFC 7592 section 2.2). Raises :class:`BadMetadata`.
    """
    said = {name: value for name, value in document.items() if value is not None}
    _demand_code(said)
    members = _columns(said) | _further(said)
    members["name"] = members["name"] or f"An app at {_first(members['redirect_uris'])}"
    members["scopes"] = _scopes(members["scopes"], present)
    allowed = {*DEFAULT_GRANTS, *(present.grants if present else ())}
    if not set(members["grants"]) <= allowed:
        raise BadMetadata(f"grant_types may hold only: {', '.join(sorted(allowed))}.")
    subject_type = present.subject_type if present else "pairwise"
    if "subject_type" in said and members["subject_type"] != subject_type:
        raise BadMetadata(f"subject_type must be {subject_type}: an operator decides over it.")
    return members | {"subject_type": subject_type}


def _columns(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: column.read(column.registered, said[column.registered])
        if column.registered in said
        else OWN_DEFAULTS.get(name, column.default)
        for name, column in COLUMNS.items()
        if column.by_app
    }


def _further(said: Mapping[str, Any]) -> dict[str, Any]:
    members = {name: said.get(name, DEFAULTS[name]) for name, member in MEMBERS.items() if member.by_app}
    for name in members.keys() & said.keys():
        MEMBERS[name].check(name, members[name])
    return members


def _scopes(asked: tuple[str, ...], present: Client | None) -> tuple[str, ...]:
    """The asked scopes that the app may have, or all of them when it does not ask (RFC 7591 section 2)."""
    standard = tuple(scope for scope in STANDARD_SCOPES if scope in registry().scopes)
    allowed = (*standard, *(present.scopes if present else ()))
    return tuple(scope for scope in asked if scope in allowed) if asked else standard


def _demand_code(said: Mapping[str, Any]) -> None:
    if said.get("response_types", ["code"]) not in (["code"], []):
        raise BadMetadata("response_types may hold only: code.")


def _first(redirect_uris: tuple[str, ...]) -> str:
    return next(iter(redirect_uris), "no address").partition("//")[2].partition("/")[0] or "no address"
