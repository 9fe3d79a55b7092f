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

REACHABLE = (AAL2, AAL1)
"""What Beacon can reach today, strongest first; the discovery document says the same."""


def reached(methods: Iterable[AuthMethod]) -> tuple[str, tuple[str, ...]]:
    """The ``acr`` and ``amr`` that these passed methods amount to.

    Two different kinds of factor make AAL2; anything less is AAL1. ``amr`` follows RFC 8176 and gains ``mfa`` with the
    second kind.
    """
    passed = tuple(methods)
    amr = tuple(dict.fromkeys(value for method in passed for value in method.amr))
    if len({method.kind for method in passed}) >= 2:
        return AAL2, (*amr, "mfa")
    return AAL1, amr


def satisfies(acr: str, wanted: str) -> bool:
    """Whether ``acr`` is at least as strong as ``wanted``. A level that Beacon does not know is never satisfied."""
    return acr in ORDER and wanted in ORDER and ORDER.index(acr) >= ORDER.index(wanted)
