"""What a sign-in still owes. Pure: methods in, the next step out (NIST SP 800-63B-4 section 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from idp.kernel.contracts import AuthMethod
from idp.kernel.errors import Misconfigured
from idp.sessions.assurance import AAL1, AAL2, reached, satisfies
from idp.sessions.attempt import Purpose
from idp.sessions.ways import ways_to_add, ways_up

SECOND_WAY = "signin.second_way"
"""Where a resident chooses which second way to set up."""

RECOVER = "signin.recover_from"
"""Where a resident goes who has a second way that cannot be used."""

HELD = "signin.held"
"""Where a resident comes whose account is frozen or closing."""


@dataclass(frozen=True, slots=True)
class Step:
    """``first``: nothing is proven yet. ``second``: an enrolled method must be passed. ``enrol``: one must be set up.
    ``offer``: one may be set up, or put off. ``recover``: one is held and none works. ``held``: the account was put
    away. ``done``: the session may open.

    ``endpoint`` takes ``attempt_id``; ``first`` and ``done`` have none.
    """

    kind: Literal["first", "second", "enrol", "offer", "recover", "held", "done"]
    endpoint: str | None = None


def next_step(
    purpose: Purpose,
    *,
    passed: Iterable[AuthMethod],
    enrolled: Iterable[AuthMethod],
    known: Iterable[AuthMethod],
    guarded: bool,
    required: bool,
    offered: bool,
    wanted: str = AAL2,
) -> Step:
    """The next step of an attempt.

    ``passed`` are the methods passed in it, ``enrolled`` those of its account, ``known`` all there are. ``guarded`` is
    whether the account holds a second factor, working or not; ``required`` whether every sign-in needs two kinds of
    factor, ``offered`` whether setting one up was offered in it before, ``wanted`` the level that it is for. An
    enrolled second factor is always asked for, so no setting and no app can talk a sign-in out of it; and where one
    is held and none works, a password alone neither opens a session nor sets up the next.
    """
    done = tuple(passed)
    if not done:
        return Step("first")
    level = reached(done)[0]
    if level != AAL1 and satisfies(level, wanted):
        return Step("done")
    if ways := ways_up(done, enrolled):
        usual = next((method for method in ways if not method.spare), ways[0])
        return Step("second", usual.challenge_endpoint)
    if level != AAL1:
        return Step("done")
    if guarded:
        return Step("recover", RECOVER)
    return _set_up(purpose, done, known, required=required, offered=offered)


def put_away(step: Step) -> Step:
    """What is owed where the account is frozen or closing: each proof as always, then its page in place of the rest."""
    return Step("held", HELD) if step.kind in {"enrol", "offer", "done"} else step


def _set_up(
    purpose: Purpose, done: tuple[AuthMethod, ...], known: Iterable[AuthMethod], *, required: bool, offered: bool
) -> Step:
    possible = bool(ways_to_add(done, known))
    if required and not possible:
        raise Misconfigured(detail="a second factor is required, and no room offers one")
    if required:
        return Step("enrol", SECOND_WAY)
    if purpose == "sign_up" and possible and not offered:
        return Step("offer", SECOND_WAY)
    return Step("done")
