"""The methods of one account, and of one sign-in, out of all that there are."""

from __future__ import annotations

from collections.abc import Iterable

from idp.kernel.contracts import AuthMethod
from idp.kernel.registry import registry


def methods_of(account_id: str) -> tuple[AuthMethod, ...]:
    """What this account has set up, in the order of the registry."""
    return tuple(method for method in registry().methods.values() if method.enrolled(account_id))


def named(names: Iterable[str]) -> tuple[AuthMethod, ...]:
    """The methods with these names; other notes on an attempt prove nothing."""
    known = registry().methods
    return tuple(known[name] for name in names if name in known)
