"""Known browsers: what they show serves the accounts that were signed in to in them, and tells nothing."""

from __future__ import annotations

import pytest
from flask import Flask

from idp.accounts.known import MOST_ACCOUNTS, introduce, known_since, lane

ANA, BO = "ana", "bo"
THEN = 1_700_000_000


def test_a_known_browser_has_a_lane_of_its_own(app: Flask) -> None:
    one, two = introduce(ANA, "", THEN), introduce(ANA, "", THEN)
    assert len({lane(ANA, ""), lane(ANA, one), lane(ANA, two)}) == 3
    assert lane(ANA, one) == lane(ANA, introduce(ANA, one, THEN))


def test_it_is_a_stranger_to_other_accounts(app: Flask) -> None:
    shown = introduce(ANA, "", THEN)
    assert lane(BO, shown) == lane(BO, "")
    both = introduce(BO, shown, THEN)
    assert lane(ANA, both) == lane(ANA, shown)
    assert lane(BO, both) != lane(BO, "")


@pytest.mark.parametrize(
    "change", [str.upper, lambda shown: shown[1:], lambda shown: shown[:-1], lambda _: "..", str.swapcase]
)
def test_what_we_did_not_make_is_a_strangers(app: Flask, change) -> None:
    shown = introduce(ANA, "", THEN)
    assert lane(ANA, change(shown)) == lane(ANA, "")
    assert lane(ANA, shown) != lane(ANA, "")


def test_it_does_not_grow_without_end_and_forgets_the_oldest(app: Flask) -> None:
    shown = ""
    for number in range(MOST_ACCOUNTS + 1):
        shown = introduce(f"account {number}", shown, THEN)
    known = [known_since(f"account {number}", shown) is not None for number in range(MOST_ACCOUNTS + 1)]
    assert known == [False] + [True] * MOST_ACCOUNTS
    assert len(shown) < 400


def test_it_names_nobody(app: Flask) -> None:
    assert ANA not in introduce(ANA, "", THEN)


def test_it_says_since_when_and_cannot_be_made_older(app: Flask) -> None:
    shown = introduce(ANA, "", THEN)
    browser, _, mark = shown.partition(".")
    older = f"{browser}.{THEN - 86400:x}-{mark.partition('-')[2]}"

    assert known_since(ANA, shown) == known_since(ANA, shown, THEN) == THEN
    assert known_since(ANA, shown, THEN + 1) is None and lane(ANA, shown, THEN + 1) == ANA
    assert known_since(ANA, older) is None
    assert known_since(ANA, introduce(ANA, shown, THEN + 5)) == THEN + 5
