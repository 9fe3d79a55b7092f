"""What a sign-in still owes. Pure: methods in, the next step out (NIST SP 800-63B-4 section 2)."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Literal

from idp.kernel.contracts import AuthMethod
from idp.kernel.errors import Misconfigured
from idp.sessions.attempt import Purpose


@dataclass(frozen=True, slots=True)
class Step:
    """``first``: nothing is proven yet. ``second``: an enrolled method must be passed. ``enrol``: one must be set up.
    ``offer``: one may be set up, or put off. ``done``: the session may open.

    ``endpoint`` takes ``attempt_id``; ``first`` and ``done`` have none.
    """

    kind: Literal["first", "second", "enrol", "offer", "done"]
    endpoint: str | None = None


def next_step(
    purpose: Purpose,
    *,
    passed: Iterable[AuthMethod],
    enrolled: Iterable[AuthMethod],
    known: Iterable[AuthMethod],
    required: bool,
    offered: bool,
) -> Step:
    """The next step of an attempt.

    ``passed`` are the methods passed in it, ``enrolled`` those of its account, ``known`` all there are. ``required`` is
    whether every sign-in needs two kinds of factor, ``offered`` whether setting one up was offered in it before.
    An enrolled second factor is always asked for, so no setting and no app can talk a sign-in out of it.
    """
    kinds = {method.kind for method in passed}
    if not kinds:
        return Step("first")
    if len(kinds) > 1:
        return Step("done")
    for method in _strongest_first(enrolled):
        if method.challenge_endpoint and method.kind not in kinds:
            return Step("second", method.challenge_endpoint)
    return _set_up(purpose, kinds, known, required=required, offered=offered)


def _set_up(
    purpose: Purpose, kinds: Container[str], known: Iterable[AuthMethod], *, required: bool, offered: bool
) -> Step:
    others = [method for method in _strongest_first(known) if method.kind not in kinds]
    endpoints = [method.enrol_endpoint for method in others if method.enrol_endpoint]
    if required and not endpoints:
        raise Misconfigured(detail="a second factor is required, and no room offers one")
    if required:
        return Step("enrol", endpoints[0])
    if purpose == "sign_up" and endpoints and not offered:
        return Step("offer", endpoints[0])
    return Step("done")


def _strongest_first(methods: Iterable[AuthMethod]) -> list[AuthMethod]:
    return sorted(methods, key=lambda method: not method.phishing_resistant)
