"""Signed texts: algorithms by the names that apps know, and what every reader of such a text needs."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What the library may raise at a text that is no signed object."""

FARTHEST = 10**12
"""A moment that nobody means, in seconds."""


class Signatures(JWSRegistry):
    """The library's algorithms. It warns of the name ``EdDSA`` since RFC 9864; apps in the field have no other yet."""

    algorithms = JWSRegistry.algorithms | {"EdDSA": copy(JWSRegistry.algorithms["EdDSA"])}


Signatures.algorithms["EdDSA"].security_warning = None


def moment(members: Mapping[str, Any], name: str) -> float | None:
    """A member that is a time in seconds (RFC 7519 section 2), None where there is none. Raises ValueError."""
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < FARTHEST:
        raise ValueError(name)
    return value
