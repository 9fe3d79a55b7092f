"""What happens to all that a resident holds, however much that is."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from idp import lifecycle
from idp.kernel.clock import HOUR
from idp.sessions import service as sessions
from tests.factories import Person
from tests.support.clock import Clock
from tests.support.party import TWO_FACTORS


def opened(app: Flask, person: Person) -> str:
    with app.app_context(), app.test_request_context("/"):
        return sessions.open_session(person.id, TWO_FACTORS)


def test_every_other_session_ends_however_many_there_are(app: Flask, make_account: Callable[..., Person]) -> None:
    ana, ben = make_account(totp=True), make_account(totp=True)
    others = [opened(app, ana) for _ in range(203)]
    kept, foreign = opened(app, ana), opened(app, ben)

    assert lifecycle.end_other_sessions(ana.id, keep=kept) == len(others)

    assert [facts.id for facts in sessions.sessions_of(ana.id)] == [kept]
    assert [facts.id for facts in sessions.sessions_of(ben.id)] == [foreign]


def test_a_session_that_rested_ends_too_and_one_that_expired_is_left(
    app: Flask, make_account: Callable[..., Person], clock: Clock
) -> None:
    ana = make_account(totp=True)
    opened(app, ana)
    clock.advance(11 * HOUR)
    rested = opened(app, ana)
    clock.advance(2 * HOUR)
    kept = opened(app, ana)

    assert lifecycle.end_other_sessions(ana.id, keep=kept) == 1
    ended = [facts.id for facts in sessions.sessions_of(ana.id, live_only=False) if facts.ended_at is not None]
    assert ended == [rested]
