"""How much a set of passed methods proves. Pure; no other path raises a level (NIST SP 800-63B-4 section 2)."""

from __future__ import annotations

from collections.abc import Iterable

from idp.kernel.contracts import AuthMethod

_AAL = "http://idmanagement.gov/ns/assurance/aal/"
AAL1 = _AAL + "1"
AAL2 = _AAL + "2"
AAL2_PHISHING_RESISTANT = _AAL + "2?phishing_resistant=true"
AAL3 = _AAL + "3"

ORDER = (AAL1, AAL2, AAL2_PHISHING_RESISTANT, AAL3)
"""Weakest first."""

REACHABLE = ORDER[::-1]
"""What Beacon can reach, strongest first; the discovery document says the same."""


def reached(methods: Iterable[AuthMethod]) -> tuple[str, tuple[str, ...]]:
    """The ``acr`` and ``amr`` that these passed methods amount to.

    Something one has and a second kind of factor make AAL2; anything less is AAL1. If what one has resists phishing, so
    does the sign-in, and a key that cannot leave its device makes it AAL3. ``amr`` follows RFC 8176 and gains ``mfa``
    with the second kind.
    """
    passed = tuple(methods)
    amr = tuple(dict.fromkeys(value for method in passed for value in method.amr))
    factors = {factor for method in passed for factor in method.factors}
    if "have" not in factors or len(factors) == 1:
        return AAL1, amr
    resistant = [method for method in passed if method.phishing_resistant]
    level = AAL3 if any(method.hardware for method in resistant) else AAL2_PHISHING_RESISTANT if resistant else AAL2
    return level, (*amr, "mfa")


def satisfies(acr: str, wanted: str) -> bool:
    """Whether ``acr`` is at least as strong as ``wanted``. A level that Beacon does not know is never satisfied."""
    return acr in ORDER and wanted in ORDER and ORDER.index(acr) >= ORDER.index(wanted)


def raises(passed: Iterable[AuthMethod], method: AuthMethod) -> bool:
    """Whether passing ``method`` as well would reach a higher level."""
    before = tuple(passed)
    return ORDER.index(reached((*before, method))[0]) > ORDER.index(reached(before)[0])


def strongest_first(methods: Iterable[AuthMethod]) -> list[AuthMethod]:
    """Ways to prove the same in the order in which they are offered; what is equally strong keeps its place."""
    return sorted(methods, key=lambda method: (not method.phishing_resistant, method.restricted))
