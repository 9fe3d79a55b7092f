"""The table of limits, and how an operator reads it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from idp.kernel.clock import HOUR, MINUTE
from idp.limits.cli import limit
from idp.limits.policy import LIMITS
from idp.limits.service import spend

FIGURES = {
    "password": ((10, 15 * MINUTE), (100, 10 * MINUTE)),
    "second_factor": ((10, HOUR), (100, 10 * MINUTE)),
    "recovery_code": ((5, HOUR), (50, HOUR)),
    "mailed_code": ((10, HOUR), (100, 10 * MINUTE)),
    "mail_send": ((3, HOUR), (30, 10 * MINUTE)),
    "sign_up": ((5, HOUR), (100, HOUR)),
    "parked_request": ((60, 10 * MINUTE), (1000, 10 * MINUTE)),
    "pushed_request": ((3000, MINUTE), (6000, MINUTE)),
    "public_push": ((60, 10 * MINUTE), (100, 10 * MINUTE)),
    "request_uri": ((300, MINUTE), (600, MINUTE)),
    "device_request": ((300, 10 * MINUTE), (600, 10 * MINUTE)),
    "user_code": ((8, 10 * MINUTE), (12, 10 * MINUTE)),
    "client_auth": ((20, MINUTE), (200, MINUTE)),
    "registration": ((500, HOUR), (20, HOUR)),
    "registration_change": ((60, HOUR), (200, HOUR)),
}


def show(*arguments: str) -> Result:
    return CliRunner().invoke(limit, ["show", *arguments])


def test_the_table_says_what_was_decided() -> None:
    assert {
        name: ((each.account.allowed, each.account.window), (each.network.allowed, each.network.window))
        for name, each in LIMITS.items()
    } == FIGURES


@pytest.mark.parametrize("each", [each for each in LIMITS.values() if each.name != "registration"], ids=str)
def test_every_limit_has_a_reason_and_room_for_more_than_one_resident_in_a_network(each: object) -> None:
    limit_ = LIMITS[each.name]  # type: ignore[attr-defined]
    assert limit_.why.endswith(".")
    per_hour = [budget.allowed * HOUR / budget.window for budget in (limit_.account, limit_.network)]
    assert per_hour[0] < per_hour[1]


def test_limit_show_prints_the_table(app: Flask) -> None:
    lines = show().stdout.splitlines()

    assert lines[0].split() == ["limit", "account", "network"]
    assert [line.split()[0] for line in lines[1:]] == list(LIMITS)
    assert "10 in 15 min" in lines[1] and "100 in 10 min" in lines[1]


def test_limit_show_tells_what_a_key_has_used(app: Flask) -> None:
    spend("password", account="ada", network="203.0.113.0/24")
    spend("password", account="ada")

    facts = {each["name"]: each for each in json.loads(show("--account", "ada", "--json").stdout)}
    assert facts["password"]["account"] == {"allowed": 10, "window": 900}
    assert facts["password"]["use"]["account"]["used"] == 2
    assert facts["mail_send"]["use"]["account"] == {"used": 0, "resets_at": None}
    assert "used 1" in show("--network", "203.0.113.0/24").stdout


def test_limit_show_without_a_key_speaks_of_no_use(app: Flask) -> None:
    assert all("use" not in each for each in json.loads(show("--json").stdout))
    assert show("--everything").exit_code == 2
