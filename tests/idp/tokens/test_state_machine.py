"""Codes and refresh tokens as a state machine: whatever is done in whatever order, a model foretells the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.kernel.contracts import SessionView
from idp.sessions.assurance import AAL2
from idp.tokens import codes, families, refreshing
from idp.tokens.errors import GrantRefused
from idp.tokens.refreshing import GRACE, REFRESH_IDLE
from tests.factories import App, Person
from tests.support.clock import START, Clock

KEY, OTHER_KEY = "jkt one", "jkt other"
STEPS = st.lists(
    st.sampled_from(
        [
            *(("refresh", back, KEY) for back in (0, 0, 0, 0, 0, 0, 1, 1, 2)),  # counted from the token that lives
            *(("refresh", back, OTHER_KEY) for back in (0, 1, 2)),
            *(("wait", seconds) for seconds in (1, GRACE, GRACE + 1, REFRESH_IDLE - 1, REFRESH_IDLE)),
            *(("redeem", number) for number in (0, 1, 2)),
            ("revoke", 0),
        ]
    ),
    min_size=8,
    max_size=24,
)
"""Mostly refreshes, so that a family grows before it ends."""


@dataclass
class Family:
    """What the model knows of one family: every refresh token it ever had, oldest first; the last one lives."""

    grant: str
    held: list[str]
    used_at: int
    rotated_at: int = 0
    dead: bool = False

    def foretold(self, place: int, key: str, now: int) -> bool:
        """Whether refreshing with the token at ``place`` works; notes what it does to the family."""
        last = len(self.held) - 1
        if self.dead or key != KEY:
            return False
        if place == last:
            if now >= self.used_at + REFRESH_IDLE:
                return False
            self.used_at = now
            self.rotated_at = now
            return True
        if place == last - 1 and now <= self.rotated_at + GRACE:
            return True
        self.dead = True
        return False


@dataclass
class World:
    """The codes of one run, and the family of each that was redeemed."""

    waiting: dict[int, str]
    given_at: int
    families: dict[int, Family] = field(default_factory=dict)


@pytest.mark.only_on("sqlite")
@given(steps=STEPS, rotate=st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_answer_is_always_the_foretold_one(
    app: Flask,
    person: Person,
    client: App,
    give: Callable[[], str],
    clock: Clock,
    steps: list[tuple[object, ...]],
    rotate: bool,
) -> None:
    clock.now += 1
    world = World({number: give() for number in range(3)}, clock.now)
    redeem(world, 0, client, clock.now)
    for step in steps:
        match step:
            case ("redeem", int(number)):
                redeem(world, number, client, clock.now)
            case ("wait", int(seconds)):
                clock.advance(seconds)
            case ("revoke", _):
                families.revoke_families(account_id=person.id, client_id=client.id)
                for family in world.families.values():
                    family.dead = True
            case ("refresh", int(place), str(key)):
                for family in world.families.values():
                    refresh(family, max(0, len(family.held) - 1 - place), key, rotate, client, clock.now)
        for family in world.families.values():
            assert sum(refreshing.live_refresh(held) is not None for held in family.held) <= (not family.dead)


def redeem(world: World, number: int, client: App, now: int) -> None:
    """A code works once within its minute; a second time it ends what it gave."""
    fresh = number in world.waiting and now < world.given_at + codes.LIFETIME
    code = world.waiting.pop(number, None) or (world.families[number].grant if number in world.families else None)
    if code is None:
        return
    try:
        grant = codes.redeem(code, client.id).grant
    except GrantRefused:
        assert not fresh
        if number in world.families:
            world.families[number].dead = True
        return
    assert fresh
    held = refreshing.open_family(grant, with_refresh=True, confirmation=KEY)
    assert held is not None
    world.families[number] = Family(code, [held], used_at=now)


def refresh(family: Family, place: int, key: str, rotate: bool, client: App, now: int) -> None:
    """A refresh works, turns the token, or ends the family, as foretold."""
    last = place == len(family.held) - 1
    expected = family.foretold(place, key, now)
    try:
        _, successor = refreshing.refresh(family.held[place], client.id, rotate=rotate, confirmation=key)
    except GrantRefused:
        assert not expected
        return
    assert expected
    if last and rotate:
        family.held.append(successor)
    else:
        assert successor == family.held[-1]


@pytest.fixture
def person(make_account: Callable[..., Person]) -> Person:
    return make_account()


@pytest.fixture
def client(make_client: Callable[..., App]) -> App:
    return make_client(scopes=("openid", "offline_access"))


@pytest.fixture
def give(person: Person, client: App) -> Callable[[], str]:
    """``give()`` is a code for offline use."""

    def giving() -> str:
        session = SessionView("session", person.id, START, ("password",), AAL2, ("pwd",))
        code = codes.give(
            client.client,
            session,
            scopes=("openid", "offline_access"),
            claims=(),
            redirect_uri=client.redirect_uri,
            challenge="c" * 43,
            nonce=None,
        )
        assert code is not None
        return code

    return giving
