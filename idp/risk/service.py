"""Assess an action, keep what was strange, and explain it later.

A rule that an operator told to observe only still speaks and is kept, and asks for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.clock import DAY
from idp.kernel.crypto import new_id
from idp.kernel.db import execute, transaction
from idp.limits.modes import observed
from idp.risk import rules
from idp.risk.events import RiskAssessed
from idp.risk.models import AssessmentRow
from idp.risk.rules import BY_NAME, Answer, Rule
from idp.risk.signals import Signals

KEPT_FOR = 30 * DAY
PREFIX = "risk."
"""Rules are observed and enforced under their name with this before it, beside the limits."""

_OBSERVED = ":observed"


@dataclass(frozen=True, slots=True)
class Assessment:
    """How strange an action was. ``reasons`` are the rules that spoke and count, ``answers`` the rungs they ask for.

    ``score`` is what all rules that spoke add up to, those that only observe too.
    """

    score: int
    reasons: tuple[str, ...]
    answers: tuple[Answer, ...]

    @property
    def answer(self) -> Answer:
        """The highest rung."""
        return self.answers[-1] if self.answers else "log"


@dataclass(frozen=True, slots=True)
class Explained:
    """One assessment as it was kept. ``enforced`` and ``observed`` are the rules that spoke."""

    action: str
    account_id: str | None
    at: int
    score: int
    answer: str
    enforced: tuple[Rule, ...]
    observed: tuple[Rule, ...]


def assess(
    action: str, signals: Signals, *, attempt_id: str | None = None, account_id: str | None = None
) -> Assessment:
    """Assess an action such as ``sign_in``. What is not strange at all leaves no row and costs no statement."""
    spoke = rules.speaking(signals)
    if not spoke:
        return Assessment(0, (), ())
    counting = tuple(rule for rule in spoke if not observed(PREFIX + rule.name))
    found = Assessment(rules.score(spoke), tuple(rule.name for rule in counting), rules.answers(counting))
    _keep(action, found, [rule.name for rule in spoke if rule not in counting], attempt_id, account_id)
    return found


def explain(attempt_id: str) -> list[Explained]:
    """What was assessed in the course of an attempt, oldest first; of one second, what knew less first."""
    mine = select(AssessmentRow.__table__).where(AssessmentRow.attempt_id == attempt_id)
    return [
        Explained(
            action=row.action,
            account_id=row.account_id,
            at=row.at,
            score=row.score,
            answer=row.answer,
            enforced=tuple(BY_NAME[name] for name in row.reasons if name in BY_NAME),
            observed=tuple(BY_NAME[name] for word in row.reasons if (name := word.removesuffix(_OBSERVED)) != word),
        )
        for row in execute(mine.order_by(AssessmentRow.at, AssessmentRow.score, AssessmentRow.id))
    ]


def sweep(limit: int) -> int:
    """Delete assessments after thirty days."""
    old = select(AssessmentRow.id).where(AssessmentRow.at < clock.now() - KEPT_FOR).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(AssessmentRow).where(AssessmentRow.id.in_(old))).rowcount


def _keep(
    action: str, found: Assessment, observed_rules: list[str], attempt_id: str | None, account_id: str | None
) -> None:
    row = {
        "id": new_id(),
        "attempt_id": attempt_id,
        "account_id": account_id,
        "action": action,
        "score": found.score,
        "reasons": (*found.reasons, *(name + _OBSERVED for name in observed_rules)),
        "answer": found.answer,
        "at": clock.now(),
    }
    told = RiskAssessed(action=action, attempt_id=attempt_id, score=found.score, answer=found.answer)
    with transaction() as connection:
        connection.execute(insert(AssessmentRow), row)
        record(told, account_id=account_id)
