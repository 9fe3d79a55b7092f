"""Levels: pure decisions over authentication methods (NIST SP 800-63B-4 section 2)."""

from __future__ import annotations

from collections.abc import Iterable

from idp.kernel.contracts import AuthMethod
from idp.sessions.assurance import reached, satisfies


def best_acr(methods: Iterable[AuthMethod]) -> str:
    """The ``acr`` that all these methods together amount to."""
    return reached(methods)[0]


def any_satisfied(acr: str, wanted: Iterable[str]) -> bool:
    """Whether ``acr`` is as strong as one of the levels ``wanted``."""
    return any(satisfies(acr, level) for level in wanted)
