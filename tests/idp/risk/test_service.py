"""Assessments: kept when something was strange, explained, and forgotten after a month."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from idp.audit.service import search
from idp.kernel.clock import DAY
from idp.kernel.db import execute
from idp.limits import modes
from idp.risk import service
from idp.risk.cli import risk
from idp.risk.models import AssessmentRow
from idp.risk.signals import Signals
from tests.support.clock import START, Clock

pytestmark = pytest.mark.only_on("sqlite")

STRANGE = Signals(stranger=True, new_browser=True, phishable=True)


def kept() -> int:
    return int(execute(select(func.count()).select_from(AssessmentRow)).scalar_one())


def test_what_is_ordinary_leaves_no_trace(app: Flask, clock: Clock) -> None:
    assert service.assess("sign_in", Signals(), attempt_id="attempt") == service.Assessment(0, (), ())
    assert kept() == 0 and search(kind="risk.assessed") == []


def test_what_is_strange_is_kept_with_its_reasons(app: Flask, clock: Clock) -> None:
    found = service.assess("sign_in", STRANGE, attempt_id="attempt", account_id="ana")

    assert (found.score, found.answer) == (70, "hold")
    assert found.reasons == ("new_browser", "phishable_in_new_browser")
    (event,) = search(kind="risk.assessed")
    facts = {"action": "sign_in", "attempt_id": "attempt", "score": 70, "answer": "hold"}
    assert event.account_id == "ana" and event.facts == facts


def test_a_rule_that_only_observes_speaks_and_asks_for_nothing(app: Flask, clock: Clock) -> None:
    modes.observe("risk.phishable_in_new_browser")
    found = service.assess("sign_in", STRANGE, attempt_id="attempt")
    assert (found.score, found.answers, found.reasons) == (70, ("notify",), ("new_browser",))

    modes.enforce("risk.phishable_in_new_browser")
    clock.advance(2)
    assert service.assess("sign_in", STRANGE, attempt_id="attempt").answer == "hold"
    first, second = service.explain("attempt")
    assert [rule.name for rule in first.observed] == ["phishable_in_new_browser"] and not second.observed


def test_an_operator_is_told_what_spoke_and_what_only_observed(app: Flask, clock: Clock) -> None:
    modes.observe("risk.new_browser")
    service.assess("sign_in", STRANGE, attempt_id="attempt", account_id="ana")

    (told,) = json.loads(CliRunner().invoke(risk, ["explain", "attempt", "--json"]).stdout)
    assert (told["action"], told["account_id"], told["at"], told["score"]) == ("sign_in", "ana", START, 70)
    assert told["answer"] == "hold"
    assert [(one["rule"], one["weight"]) for one in told["enforced"]] == [("risk.phishable_in_new_browser", 40)]
    assert [(one["rule"], one["answer"]) for one in told["observed"]] == [("risk.new_browser", "notify")]
    words = CliRunner().invoke(risk, ["explain", "attempt"]).stdout
    assert "score 70" in words and "observed   30  risk.new_browser (notify): Nobody had" in words


def test_of_what_was_ordinary_there_is_nothing_to_explain(app: Flask) -> None:
    told = CliRunner().invoke(risk, ["explain", "made-up"])

    assert told.exit_code == 1 and "made-up" in told.stderr


def test_assessments_are_deleted_after_thirty_days(app: Flask, clock: Clock) -> None:
    service.assess("sign_in", STRANGE)
    clock.advance(30 * DAY)
    assert service.sweep(10) == 0

    clock.advance(1)
    assert service.sweep(10) == 1 and kept() == 0
