"""The methods of one sign-in, out of all that there are."""

from __future__ import annotations

from collections.abc import Iterable

from idp.kernel.contracts import AuthMethod
from idp.kernel.registry import registry


def named(names: Iterable[str]) -> tuple[AuthMethod, ...]:
    """The methods with these names; other notes on an attempt prove nothing."""
    known = registry().methods
    return tuple(known[name] for name in names if name in known)
