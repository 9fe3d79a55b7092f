"""Limits that only observe, and what they would have done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from prometheus_client import REGISTRY
from sqlalchemy import func, select

from idp.audit.service import search
from idp.kernel.db import execute
from idp.limits.cli import limit
from idp.limits.errors import ProofOwed, Throttled
from idp.limits.models import Counter, Member, Run, SpentProof, Stop
from idp.limits.service import fail, forgive, observed, purge, spend
from tests.support.clock import Clock
from tests.support.proofs import solved

HOME = "203.0.113.0/24"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(limit, arguments)


def setting(name: str, mode: str) -> Result:
    return run("set", name, mode, "--reason", "trial", "--operator", "vera")


def report(since: str = "7d") -> list[dict[str, Any]]:
    return json.loads(run("simulate", "--since", since, "--json").stdout)


def test_a_limit_that_only_observes_stops_nobody_and_says_whom_it_would_have_stopped(app: Flask, clock: Clock) -> None:
    assert setting("password", "--observe").exit_code == 0
    for number in range(15):
        spend("password", account="ada", network=HOME)
        spend("password", account="bob", network=HOME)
        spend("password", account=f"somebody {number}", network=HOME)
    forgive("password", account="ada", network=HOME)

    facts = {"limit": "password", "enforced": False}
    assert facts | {"scope": "account", "people": 2, "then_right": 1} in report()
    told = run("simulate").stdout
    assert "password (account): would have stopped 2 people, 1 of whom then signed in correctly" in told


def test_it_works_again_when_told_so_and_both_are_on_record(app: Flask) -> None:
    for mode, kind in (("--observe", "limit.observed"), ("--enforce", "limit.enforced")):
        assert setting("second_factor", mode).exit_code == 0
        assert observed("second_factor") is (mode == "--observe")
        (entry,) = search(kind=kind)
        assert (entry.actor, entry.reason, entry.facts) == ("vera", "trial", {"limit": "second_factor"})
    for _ in range(10):
        spend("second_factor", account="ada")
    with pytest.raises(Throttled):
        spend("second_factor", account="ada")


def test_a_mode_holds_on_every_node_within_a_second(app: Flask, clock: Clock) -> None:
    assert not observed("risk.new_browser")
    assert setting("risk.new_browser", "--observe").exit_code == 0
    app.extensions.pop("beacon.limit_modes")
    assert observed("risk.new_browser")
    app.extensions["beacon.limit_modes"]["all"] = (float(clock.now), frozenset())
    clock.advance(2)
    assert observed("risk.new_browser")


def test_a_name_that_is_neither_a_limit_nor_a_rule_is_refused(app: Flask) -> None:
    for name in ("passwords", "risk.nonsense", "new_browser"):
        assert setting(name, "--observe").exit_code == 1
    assert run("set", "password", "--reason", "trial").exit_code == 2
    assert run("simulate", "--since", "9d").exit_code == 2
    assert run("simulate", "--since", "soon").exit_code == 2


def test_what_is_enforced_is_reported_too_once_for_a_person_in_an_hour(app: Flask, clock: Clock) -> None:
    name, labels = "beacon_limit_stops_total", {"limit": "password", "scope": "account", "enforced": "yes"}
    before = REGISTRY.get_sample_value(name, labels) or 0
    for _ in range(5):
        spend("password", account="ada")
    for _ in range(4):
        with pytest.raises(ProofOwed):
            spend("password", account="ada")

    assert report() == [{"limit": "password", "scope": "account", "enforced": True, "people": 1, "then_right": 0}]
    assert execute(select(func.count()).select_from(Stop)).scalar_one() == 1
    assert REGISTRY.get_sample_value(name, labels) == before + 4
    clock.advance(3600)
    assert report("1h") != []
    clock.advance(1)
    assert report("1h") == []


def test_only_the_limit_that_observes_lets_pass(app: Flask) -> None:
    """The proof for a sprayed secret is owed still when the account's own waits are only observed, and the reverse."""
    for number in range(10):
        fail("password", account=f"somebody {number}", tried="Summer2026!")
    setting("password", "--observe")
    with pytest.raises(ProofOwed):
        spend("password", account="ada", tried="Summer2026!")
    setting("password_spray", "--observe")
    for _ in range(12):
        spend("password", account="ada", tried="Summer2026!")
    setting("password", "--enforce")
    with pytest.raises(ProofOwed):
        spend("password", account="ada", tried="Summer2026!")


def test_everything_is_swept_in_its_time(app: Flask, clock: Clock) -> None:
    for _ in range(6):
        try:
            spend("password", account="ada", network=HOME)
        except ProofOwed as owed:
            spend("password", account="ada", network=HOME, proof=solved(owed.challenge))
    spend("sign_up", account="ada")
    fail("password", account="ada", tried="wrong")
    tables = (Counter, Member, Run, SpentProof, Stop)

    def rows() -> list[int]:
        return [execute(select(func.count()).select_from(table)).scalar_one() for table in tables]

    assert rows() == [1, 2, 1, 1, 1]
    assert purge(100) == 0
    clock.advance(8 * 86_400)
    assert purge(100) == 6
    assert rows() == [0] * 5
