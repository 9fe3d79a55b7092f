"""What a sign-in still owes. Pure: methods in, the next step out (NIST SP 800-63B-4 section 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from idp.kernel.contracts import AuthMethod
from idp.kernel.errors import Misconfigured
from idp.sessions.assurance import AAL1, raises, reached, strongest_first
from idp.sessions.attempt import Purpose

SECOND_WAY = "signin.second_way"
"""Where a resident chooses which second way to set up."""


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
    done = tuple(passed)
    if not done:
        return Step("first")
    if reached(done)[0] != AAL1:
        return Step("done")
    for method in strongest_first(enrolled):
        if method.challenge_endpoint and raises(done, method):
            return Step("second", method.challenge_endpoint)
    return _set_up(purpose, done, known, required=required, offered=offered)


def _set_up(
    purpose: Purpose, done: tuple[AuthMethod, ...], known: Iterable[AuthMethod], *, required: bool, offered: bool
) -> Step:
    possible = any(method.enrol_endpoint and raises(done, method) for method in known)
    if required and not possible:
        raise Misconfigured(detail="a second factor is required, and no room offers one")
    if required:
        return Step("enrol", SECOND_WAY)
    if purpose == "sign_up" and possible and not offered:
        return Step("offer", SECOND_WAY)
    return Step("done")
