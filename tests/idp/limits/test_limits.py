"""Budgets: never more than allowed, whoever asks in whatever order, and the right time to wait; in both places."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from idp.kernel import db
from idp.limits.errors import Throttled
from idp.limits.models import Counter
from idp.limits.policy import LIMITS, Budget, Limit
from idp.limits.service import forgive, purge, spend, use
from tests.support.clock import Clock

SMALL = Limit("small", account=Budget(3, 60), network=Budget(5, 100), why="Small enough to be used up in a test.")
HOME = "203.0.113.0/24"
fresh = count()

in_the_database = pytest.mark.parametrize("counted_in", ["database"], indirect=True)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, counted_in: str) -> None:
    monkeypatch.setitem(LIMITS, "small", SMALL)


def passes(**keys: str) -> bool:
    """Whether one more use of the small limit is let through."""
    try:
        spend("small", **keys)
    except Throttled:
        return False
    return True


def test_an_account_may_use_what_is_allowed_and_no_more(app: Flask) -> None:
    assert [passes(account="ada") for _ in range(5)] == [True, True, True, False, False]
    assert passes(account="bob")


def test_a_network_is_limited_over_all_accounts(app: Flask) -> None:
    assert [passes(account=f"resident {n}", network=HOME) for n in range(7)] == [True] * 5 + [False] * 2
    assert passes(account="resident 9", network="198.51.100.0/24")


def test_an_account_is_limited_over_all_networks(app: Flask) -> None:
    assert [passes(account="ada", network=f"198.51.{n}.0/24") for n in range(4)] == [True, True, True, False]


def test_a_network_that_is_shut_out_cannot_use_up_a_residents_budget(app: Flask) -> None:
    for number in range(5):
        passes(account=f"resident {number}", network=HOME)

    assert not any(passes(account="ada", network=HOME) for _ in range(5))

    assert use("small", "account", "ada").used == 0
    assert passes(account="ada", network="198.51.100.0/24")


def test_each_limit_counts_for_itself(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "other", Limit("other", SMALL.account, SMALL.network, "Another."))
    for _ in range(3):
        spend("other", account="ada")

    assert passes(account="ada")
    assert passes(network="ada"), "an account's key is not a network's"


def test_the_refusal_says_how_long_to_wait_in_minutes(app: Flask, clock: Clock) -> None:
    for _ in range(3):
        spend("small", account="ada")
    clock.advance(10)

    with pytest.raises(Throttled) as refused:
        spend("small", account="ada")
    assert refused.value.wait == 50
    assert str(refused.value.sentence) == "Too many tries. Wait 50 seconds, then try again."
    assert (refused.value.code, refused.value.status) == ("too_many", 429)


@pytest.mark.parametrize(
    ("wait", "words"), [(1, "1 second,"), (60, "1 minute,"), (61, "2 minutes,"), (900, "15 minutes,")]
)
def test_minutes_are_rounded_up_and_seconds_are_said(app: Flask, wait: int, words: str) -> None:
    assert words in str(Throttled(wait).sentence)


def test_after_the_wait_the_budget_is_whole_again(app: Flask, clock: Clock) -> None:
    for _ in range(4):
        passes(account="ada")

    clock.advance(59)
    assert not passes(account="ada")
    clock.advance(1)
    assert [passes(account="ada") for _ in range(4)] == [True, True, True, False]


def test_trying_while_shut_out_does_not_make_it_longer(app: Flask, clock: Clock) -> None:
    for _ in range(3):
        spend("small", account="ada")
    for _ in range(59):
        clock.advance(1)
        assert not passes(account="ada")

    clock.advance(1)
    assert passes(account="ada")


def test_a_success_clears_the_account_and_gives_the_network_one_back(app: Flask) -> None:
    for _ in range(3):
        spend("small", account="mallory", network=HOME)

    forgive("small", account="mallory", network=HOME)

    assert use("small", "account", "mallory").used == 0
    assert use("small", "network", HOME).used == 2


def test_a_sprayer_does_not_clear_the_network_by_signing_in_to_an_account_of_their_own(app: Flask) -> None:
    wrong = 0
    for number in range(40):
        if number % 2:
            wrong += passes(account=f"victim {number}", network=HOME)
        elif passes(account="mallory", network=HOME):
            forgive("small", account="mallory", network=HOME)

    assert wrong == SMALL.network.allowed


def test_forgiving_where_nothing_was_spent_changes_nothing(app: Flask) -> None:
    forgive("small", account="ada", network=HOME)

    assert [passes(network=HOME) for _ in range(6)] == [True] * 5 + [False]


def test_a_refused_network_gets_exactly_one_use_back(app: Flask) -> None:
    assert [passes(network=HOME) for _ in range(8)].count(True) == 5

    forgive("small", network=HOME)

    assert [passes(network=HOME) for _ in range(3)] == [True, False, False]


def test_a_limit_is_not_spent_inside_a_transaction(app: Flask) -> None:
    with db.transaction(), pytest.raises(RuntimeError, match="before the transaction"):
        spend("small", account="ada")

    assert passes(account="ada")


def test_a_try_counts_even_when_what_follows_fails(app: Flask) -> None:
    def stumble() -> None:
        spend("small", account="ada")
        with db.transaction():
            raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            stumble()
    assert not passes(account="ada")


def test_an_unknown_limit_is_a_mistake(app: Flask) -> None:
    with pytest.raises(KeyError):
        spend("no such limit", account="ada")


EXEMPT = {"limits_exempt": "203.0.113.64/26 2001:db8:1::/48"}


@pytest.mark.settings(**EXEMPT)
@pytest.mark.parametrize("network", [HOME, "203.0.113.70/32", "203.0.113.70", "2001:db8:1:2::/64"])
def test_an_exempt_network_is_charged_nothing_nor_are_its_residents(app: Flask, network: str) -> None:
    assert all(passes(account="ada", network=network) for _ in range(20))

    assert use("small", "account", "ada").used == 0
    assert use("small", "network", network).used == 0


@pytest.mark.settings(**EXEMPT)
@pytest.mark.parametrize("network", ["203.0.112.0/24", "2001:db8:2:2::/64", "a", "203.0.113.999", "None", " "])
def test_every_other_network_is_charged_what_is_not_a_network_too(app: Flask, network: str) -> None:
    assert [passes(network=network) for _ in range(6)] == [True] * 5 + [False]


@pytest.mark.settings(**EXEMPT)
def test_an_account_without_a_network_is_charged(app: Flask) -> None:
    assert [passes(account="ada") for _ in range(4)] == [True] * 3 + [False]


@in_the_database
def test_counters_name_nobody(app: Flask) -> None:
    spend("small", account="ada@residents.example", network=HOME)

    rows = str(db.execute(select(Counter.__table__)).all())
    assert "ada" not in rows and "203.0" not in rows


@pytest.mark.parametrize("key", ["", "nul\0byte", "x" * 100_000, "\udcff", "ÅÅ", "'; DROP TABLE limit_counters; --"])
def test_any_text_may_be_a_key(app: Flask, key: str) -> None:
    assert [passes(account=key) for _ in range(4)] == ([True] * 4 if not key else [True, True, True, False])


@in_the_database
def test_only_expired_counters_are_swept_in_batches(app: Flask, clock: Clock) -> None:
    for number in range(5):
        spend("small", account=str(number))
    clock.advance(30)
    spend("small", account="late")

    clock.advance(29)
    assert purge(100) == 0
    clock.advance(1)
    assert [purge(3), purge(3), purge(3)] == [3, 2, 0]
    assert use("small", "account", "late").used == 1
    assert db.execute(select(func.count()).select_from(Counter)).scalar_one() == 1


def test_a_clock_that_was_set_back_keeps_the_limit(app: Flask, clock: Clock) -> None:
    for _ in range(3):
        spend("small", account="ada")

    clock.advance(-3600)
    assert not passes(account="ada")


@in_the_database
def test_a_full_counter_does_not_grow(app: Flask) -> None:
    for _ in range(50):
        passes(account="ada")

    assert db.execute(select(Counter.used)).scalar_one() == SMALL.account.allowed + 1
    assert use("small", "account", "ada").used == SMALL.account.allowed


class Model:
    """What a fixed window should do, written down plainly: for each key, when its window began and what it used."""

    def __init__(self) -> None:
        self.windows: dict[tuple[str, str], tuple[int, int]] = {}

    def charge(self, budget: Budget, key: tuple[str, str], now: int) -> int | None:
        """None when let through, else the time to wait."""
        began, used = self.windows.get(key, (now, 0))
        if now >= began + budget.window:
            began, used = now, 0
        if used >= budget.allowed:
            return began + budget.window - now
        self.windows[key] = (began, used + 1)
        return None

    def give_back(self, key: tuple[str, str]) -> None:
        if key in self.windows:
            began, used = self.windows[key]
            self.windows[key] = (began, max(0, used - 1))


people = st.sampled_from(["", "ada", "bob"])
places = st.sampled_from(["", HOME, "198.51.100.0/24"])
acts = st.one_of(
    st.tuples(st.just("spend"), people, places),
    st.tuples(st.just("forgive"), people, places),
    st.tuples(st.just("wait"), st.integers(0, 70), st.none()),
)


@examples(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(acts, max_size=40))
def test_any_order_of_acts_does_what_fixed_windows_say(app: Flask, clock: Clock, story: list[Any]) -> None:
    round_, model = next(fresh), Model()
    for act, who, where in story:
        if act == "wait":
            clock.advance(who)
            continue
        person, place = who and f"{who} {round_}", where and f"{where} {round_}"
        if act == "forgive":
            forgive("small", account=person, network=place)
            model.windows.pop(("account", person), None)
            model.give_back(("network", place))
            continue
        wait = model.charge(SMALL.network, ("network", place), clock.now) if place else None
        if wait is None and person:
            wait = model.charge(SMALL.account, ("account", person), clock.now)
        assert _wait(person, place) == wait


def _wait(person: str, place: str) -> int | None:
    try:
        spend("small", account=person, network=place)
    except Throttled as refused:
        return refused.wait
    return None


@examples(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_no_pace_gets_more_than_allowed_through_a_window(app: Flask, clock: Clock, pauses: list[int]) -> None:
    key = f"paced {next(fresh)}"
    passed: list[int] = []
    for pause in pauses:
        clock.advance(pause)
        if passes(account=key):
            passed.append(clock.now)

    began: int | None = None
    inside = 0
    for moment in passed:
        if began is None or moment >= began + SMALL.account.window:
            began, inside = moment, 0
        inside += 1
        assert inside <= SMALL.account.allowed


@pytest.fixture
def together(app: Flask) -> Callable[[Callable[[], int], int], list[int]]:
    """``together(work, 8)`` runs ``work`` in so many threads that start at once."""

    def run(work: Callable[[], int], threads: int) -> list[int]:
        barrier = Barrier(threads)

        def one(_number: int) -> int:
            with app.app_context():
                barrier.wait()
                return work()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(threads)))

    return run


def test_simultaneous_uses_get_exactly_what_is_allowed(together: Any) -> None:
    assert (
        sum(together(lambda: sum(passes(account="ada", network=HOME) for _ in range(3)), 10)) == SMALL.account.allowed
    )


def test_simultaneous_uses_of_a_window_that_is_over_get_one_new_window(together: Any, clock: Clock) -> None:
    for _ in range(3):
        spend("small", account="ada")
    clock.advance(60)

    assert sum(together(lambda: sum(passes(account="ada") for _ in range(2)), 8)) == SMALL.account.allowed


@in_the_database
def test_sweeping_meanwhile_gives_nothing_away(together: Any, clock: Clock) -> None:
    def work() -> int:
        purge(100)
        return sum(passes(account="ada") for _ in range(3))

    assert sum(together(work, 6)) == SMALL.account.allowed


@in_the_database
def test_a_counter_that_was_renewed_meanwhile_is_not_swept(app: Flask, clock: Clock) -> None:
    spend("small", account="ada")
    with db.transaction():
        db.execute(update(Counter).values(resets_at=clock.now + 1))

    assert purge(10) == 0
