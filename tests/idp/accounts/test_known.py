"""Known browsers: what they show serves the accounts that were signed in to in them, and tells nothing."""

from __future__ import annotations

import pytest
from flask import Flask

from idp.accounts.known import MOST_ACCOUNTS, introduce, lane

ANA, BO = b"a" * 32, b"b" * 32


def test_a_known_browser_has_a_lane_of_its_own(app: Flask) -> None:
    one, two = introduce(ANA, ""), introduce(ANA, "")
    assert len({lane(ANA, ""), lane(ANA, one), lane(ANA, two)}) == 3
    assert lane(ANA, one) == lane(ANA, introduce(ANA, one))


def test_it_is_a_stranger_to_other_accounts(app: Flask) -> None:
    shown = introduce(ANA, "")
    assert lane(BO, shown) == lane(BO, "")
    both = introduce(BO, shown)
    assert lane(ANA, both) == lane(ANA, shown)
    assert lane(BO, both) != lane(BO, "")


@pytest.mark.parametrize(
    "change", [str.upper, lambda shown: shown[1:], lambda shown: shown[:-1], lambda _: "..", str.swapcase]
)
def test_what_we_did_not_make_is_a_strangers(app: Flask, change) -> None:
    shown = introduce(ANA, "")
    assert lane(ANA, change(shown)) == lane(ANA, "")
    assert lane(ANA, shown) != lane(ANA, "")


def test_it_does_not_grow_without_end_and_forgets_the_oldest(app: Flask) -> None:
    shown = ""
    for number in range(MOST_ACCOUNTS + 1):
        shown = introduce(bytes([number]) * 32, shown)
    known = [lane(bytes([number]) * 32, shown) != lane(bytes([number]) * 32, "") for number in range(MOST_ACCOUNTS + 1)]
    assert known == [False] + [True] * MOST_ACCOUNTS
    assert len(shown) < 400


def test_it_names_nobody(app: Flask) -> None:
    assert ANA.hex() not in introduce(ANA, "")
