"""What an account remembers of browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from idp.accounts import browsers
from idp.accounts import service as accounts
from idp.kernel.clock import DAY
from tests.factories import Person
from tests.support.clock import Clock


@pytest.fixture
def ana(make_account: Callable[..., Person]) -> str:
    return make_account().id


def test_the_first_browser_ever_is_no_stranger_and_any_other_is(app: Flask, ana: str, clock: Clock) -> None:
    assert not browsers.acquaintance(ana, "").stranger and not browsers.acquaintance(ana, "").new
    home = browsers.introduce(ana, "")

    assert not browsers.acquaintance(ana, home).new
    other = browsers.acquaintance(ana, "")
    assert other.stranger and other.new and other.settles_at == clock.now + DAY


def test_another_browser_stays_new_for_a_day_however_often_it_signs_in(app: Flask, ana: str, clock: Clock) -> None:
    browsers.introduce(ana, "")
    clock.advance(60)
    other = browsers.introduce(ana, "")
    settles_at = clock.now + DAY
    clock.advance(DAY - 1)
    other = browsers.introduce(ana, other)

    seen = browsers.acquaintance(ana, other)
    assert seen.new and not seen.stranger and seen.settles_at == settles_at
    clock.advance(1)
    assert not browsers.acquaintance(ana, other).new


def test_once_forgotten_every_browser_is_a_stranger_and_has_no_lane(
    app: Flask, make_account: Callable[..., Person], clock: Clock
) -> None:
    person = make_account()
    home = browsers.introduce(person.id, "")
    clock.advance(60)
    theirs = browsers.introduce(person.id, "")
    browsers.forget(person.id)

    assert all(browsers.acquaintance(person.id, shown).stranger for shown in (home, theirs, ""))
    clock.advance(1)
    again = browsers.introduce(person.id, home)
    assert browsers.acquaintance(person.id, again).new and not browsers.acquaintance(person.id, again).stranger
    assert accounts.check_password(person.email, person.password, network="192.0.2.0/24", browser=again) == person.id


def test_one_accounts_browser_is_nothing_to_another(
    app: Flask, ana: str, make_account: Callable[..., Person], clock: Clock
) -> None:
    bo = make_account().id
    browsers.introduce(bo, "")
    home = browsers.introduce(ana, "")

    assert browsers.acquaintance(bo, home).stranger
