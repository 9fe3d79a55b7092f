"""The table of limits, and how an operator reads it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from idp.kernel.clock import HOUR, MINUTE
from idp.limits.cli import limit
from idp.limits.ladder import COSTLY_PROOF, FREE, PROOF, Ladder, Spread
from idp.limits.policy import LIMITS, Budget, Limit
from idp.limits.service import spend

BUDGETS = {
    "mail_send": ((3, HOUR), (600, HOUR)),
    "parked_request": ((60, 10 * MINUTE), (6000, 10 * MINUTE)),
    "pushed_request": ((3000, MINUTE), (6000, MINUTE)),
    "public_push": ((60, 10 * MINUTE), (6000, 10 * MINUTE)),
    "request_uri": ((300, MINUTE), (600, MINUTE)),
    "device_request": ((300, 10 * MINUTE), (600, 10 * MINUTE)),
    "user_code": ((8, 10 * MINUTE), (12, 10 * MINUTE)),
    "client_auth": ((20, MINUTE), (200, MINUTE)),
    "registration": ((500, HOUR), (20, HOUR)),
    "registration_change": ((60, HOUR), (200, HOUR)),
}
CODES = {"second_factor": (10, HOUR), "recovery_code": (5, HOUR), "mailed_code": (10, HOUR)}
LANES = {
    "account": {5: (FREE, 0), 10: (PROOF, 0), 20: (FREE, 30), 30: (FREE, 300), 99: (FREE, 3600)},
    "known": {10: (FREE, 0), 20: (PROOF, 0), 30: (FREE, 30), 50: (FREE, 300), 99: (FREE, 3600)},
}
"""The last try of each step, and what it owes."""


def show(*arguments: str) -> Result:
    return CliRunner().invoke(limit, ["show", *arguments])


def test_the_budgets_are_what_was_decided() -> None:
    for name, (account, network) in BUDGETS.items():
        assert LIMITS[name].account == Budget(*account), name
        assert LIMITS[name].network == Budget(*network), name


@pytest.mark.parametrize("lane", LANES)
def test_the_ladders_are_what_was_decided(lane: str) -> None:
    ladder = getattr(LIMITS["password"], lane)
    assert isinstance(ladder, Ladder)
    first = 1
    for last, owed in LANES[lane].items():
        assert {(ladder.step(n).proof, ladder.step(n).wait) for n in (first, last)} == {owed}
        first = last + 1
    assert LIMITS["password"].notify == (10, 30)


def test_three_hundred_a_minute_from_one_network_begin_to_sign_in_at_their_apps() -> None:
    for name in ("passkey", "parked_request", "pushed_request", "public_push", "request_uri"):
        network = LIMITS[name].network
        assert isinstance(network, Budget)
        assert network.allowed * MINUTE / network.window >= 300, name


def test_no_network_is_refused_where_people_sign_in_or_sign_up_or_recover() -> None:
    for name in ("password", "sign_up", "recover", *CODES):
        crowd = LIMITS[name].network
        assert isinstance(crowd, Spread)
        assert [crowd.level(others) for others in (0, 19, 20, 100, 101, 9999)] == [
            *(FREE, FREE),
            *(PROOF, PROOF),
            *(COSTLY_PROOF, COSTLY_PROOF),
        ]
        assert (crowd.window, crowd.alarm) == (10 * MINUTE, 501)
    for name, allowed in CODES.items():
        assert (LIMITS[name].account, LIMITS[name].when_lost) == (Budget(*allowed), "refuse")


@pytest.mark.parametrize("each", LIMITS.values(), ids=list(LIMITS))
def test_every_limit_has_a_reason_and_room_for_more_than_one_resident_in_a_network(each: Limit) -> None:
    assert each.why.endswith(".")
    if isinstance(each.account, Budget) and isinstance(each.network, Budget) and each.name != "registration":
        per_hour = [budget.allowed * HOUR / budget.window for budget in (each.account, each.network)]
        assert per_hour[0] <= per_hour[1]


def test_limit_show_prints_the_table(app: Flask) -> None:
    lines = show().stdout.splitlines()

    assert lines[0].split() == ["limit", "counts", "mode", "allows"]
    assert list(dict.fromkeys(line.split()[0] for line in lines[1:])) == list(LIMITS)
    assert lines[1].endswith("tries in a row: 1-5 free, 6-10 proof, 11-20 wait 30 s, 21-30 wait 5 min, 31- wait 1 h")
    assert lines[3].endswith("accounts that fail in 10 min: free, from 20 proof, from 101 dear proof, from 501 alarm")


def test_limit_show_tells_what_a_key_has_used(app: Flask) -> None:
    spend("password", account="ada", network="203.0.113.0/24")
    spend("password", account="ada")

    facts = {each["name"]: each for each in json.loads(show("--account", "ada", "--json").stdout)}
    assert facts["sign_up"]["account"] == {"allowed": 5, "window": 3600}
    assert facts["password"]["use"]["account"]["used"] == 2
    assert facts["mail_send"]["use"]["account"] == {"used": 0, "resets_at": None}
    assert "used 1" in show("--network", "203.0.113.0/24").stdout


def test_limit_show_without_a_key_speaks_of_no_use(app: Flask) -> None:
    assert all("use" not in each for each in json.loads(show("--json").stdout))
    assert show("--everything").exit_code == 2
