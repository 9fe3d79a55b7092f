"""Which step raises a sign-in: pure decisions over authentication methods (NIST SP 800-63B-4 section 2)."""

from __future__ import annotations

from collections.abc import Iterable

from idp.kernel.contracts import AuthMethod
from idp.sessions.assurance import raises, reached, satisfies, strongest_first


def best_acr(methods: Iterable[AuthMethod]) -> str:
    """The ``acr`` that all these methods together amount to."""
    return reached(methods)[0]


def any_satisfied(acr: str, wanted: Iterable[str]) -> bool:
    """Whether ``acr`` is as strong as one of the levels ``wanted``."""
    return any(satisfies(acr, level) for level in wanted)


def next_challenge(passed: Iterable[AuthMethod], enrolled: Iterable[AuthMethod]) -> AuthMethod | None:
    """The strongest enrolled method whose challenge would raise what was passed."""
    done = tuple(passed)
    return next((m for m in strongest_first(enrolled) if m.challenge_endpoint and raises(done, m)), None)


def next_set_up(passed: Iterable[AuthMethod], methods: Iterable[AuthMethod]) -> AuthMethod | None:
    """The strongest method to set up that would raise what was passed."""
    done = tuple(passed)
    return next((m for m in strongest_first(methods) if m.enrol_endpoint and raises(done, m)), None)


def has_second_factor(enrolled: Iterable[AuthMethod]) -> bool:
    """Whether one of these rests on more than knowledge, so that it guards the setting up of others."""
    return any(set(method.factors) - {"know"} for method in enrolled)
