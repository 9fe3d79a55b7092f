"""What an account can reach, and whether a session stands that high."""

from __future__ import annotations

from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.contracts import AuthMethod, SessionView
from idp.kernel.registry import registry
from idp.sessions.assurance import AAL2, ORDER, reached, satisfies

FRESH_FOR = 10 * MINUTE
"""Seconds for which a proof is good enough to change what an account is opened with (ASVS 7.5.1)."""


def methods_of(account_id: str) -> tuple[AuthMethod, ...]:
    """What this account has set up, in the order of the registry."""
    return tuple(method for method in registry().methods.values() if method.enrolled(account_id))


def highest(account_id: str) -> str:
    """The ``acr`` that all the methods of an account together amount to."""
    return reached(methods_of(account_id))[0]


def is_fresh(here: SessionView) -> bool:
    """Whether the last proof of this session is young enough for a change of credentials."""
    return here.auth_time >= clock.now() - FRESH_FOR


def at_full_strength(here: SessionView) -> bool:
    """Whether a session reached the highest level of its account (NIST SP 800-63B-4 section 4.1.2.1)."""
    return satisfies(here.acr, highest(here.account_id))


def at_two_factors(here: SessionView) -> bool:
    """Whether a session reached AAL2, or whatever its account can reach below that."""
    return satisfies(here.acr, min(AAL2, highest(here.account_id), key=ORDER.index))
