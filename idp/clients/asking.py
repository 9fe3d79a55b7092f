"""What an app asks a resident for: its scopes, and the claims that these or the ``claims`` parameter name.

The authorization endpoint and the consent page both read a request here, so that nobody agrees to anything but what is
given then. Pure, but for the catalogue of claims.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.clients.errors import MalformedClaims
from idp.clients.service import Client
from idp.kernel.registry import registry

LONGEST = 8192
DEEPEST = 16
MOST_SUBJECTS = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """How one claim is asked for (OIDC Core section 5.5.1). ``values`` are those that would do; None for any."""

    essential: bool = False
    values: tuple[Any, ...] | None = None

    def accepts(self, value: Any) -> bool:
        """Whether ``value`` would do. True is not 1, as JSON has it."""
        return self.values is None or any(
            one == value and isinstance(one, bool) is isinstance(value, bool) for one in self.values
        )


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The ``claims`` parameter: which claims are asked for at the userinfo endpoint and in the ID token."""

    userinfo: Mapping[str, Wanted]
    id_token: Mapping[str, Wanted]

    @property
    def names(self) -> frozenset[str]:
        """Every claim that is asked for in either place."""
        return frozenset({*self.userinfo, *self.id_token})

    @property
    def subjects(self) -> tuple[tuple[Any, ...], ...]:
        """The subjects that would do, from each place that names some (OIDC Core section 5.5.1)."""
        named = [part["sub"].values for part in (self.id_token, self.userinfo) if "sub" in part]
        return tuple(values for values in named if values is not None)

    def within(self, names: frozenset[str]) -> ClaimsRequest:
        """The same request, of no other claims than these."""
        return ClaimsRequest(
            {name: wanted for name, wanted in self.userinfo.items() if name in names},
            {name: wanted for name, wanted in self.id_token.items() if name in names},
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """The scopes and claims that a request may have, and its ``claims`` parameter as it was sent."""

    scopes: frozenset[str]
    claims: frozenset[str]
    request: ClaimsRequest


def of(client: Client, scope: str, claims: str) -> Asked:
    """What a request with these two parameters asks for. Raises :class:`MalformedClaims`.

    An app may ask for a claim by name when one of its registered scopes opens it, or when it is registered as needed.
    Anything else is left out, never an error (OIDC Core sections 5.4 and 5.5).
    """
    scopes = frozenset(scope.split(" ")) & frozenset(client.scopes)
    request = parse(claims)
    if "openid" not in scopes:
        return Asked(scopes, frozenset(), request)
    opened = registry().claims_of(scopes)
    if request.names:
        opened |= request.names & (registry().claims_of(client.scopes) | frozenset(client.required_claims))
    return Asked(scopes, opened, request)


def parse(text: str) -> ClaimsRequest:
    """Read the ``claims`` parameter (OIDC Core section 5.5). Raises :class:`MalformedClaims`."""
    if not text:
        return NOTHING
    try:
        value = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not _shallow(value, DEEPEST):
        raise MalformedClaims
    request = ClaimsRequest(_members(value.get("userinfo")), _members(value.get("id_token")))
    if any(len(values) > MOST_SUBJECTS for values in request.subjects):
        raise MalformedClaims
    return request


NOTHING = ClaimsRequest({}, {})


def _members(value: Any) -> dict[str, Wanted]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedClaims
    return {name: _wanted(one) for name, one in value.items()}


def _wanted(value: Any) -> Wanted:
    """One claim: null, or an object whose further members do not matter (section 5.5.1)."""
    if value is None:
        return Wanted()
    if not isinstance(value, dict):
        raise MalformedClaims
    essential, values = value.get("essential", False), value.get("values", [])
    if not isinstance(essential, bool) or not isinstance(values, list):
        raise MalformedClaims
    wanted = (*values, *([value["value"]] if "value" in value else []))
    return Wanted(essential, wanted if {"value", "values"} & value.keys() else None)


def _shallow(value: Any, room: int) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return room > 0 and all(_shallow(part, room - 1) for part in parts)
