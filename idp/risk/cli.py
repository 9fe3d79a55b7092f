"""``beacon risk``: why an action was found strange."""

from __future__ import annotations

from typing import Any

import click

from idp.audit.operator import data_command, emit, stamp
from idp.kernel.errors import NotFound
from idp.risk import service
from idp.risk.rules import Rule
from idp.risk.service import Explained


@click.group()
def risk() -> None:
    """See why a sign-in was found strange."""


@risk.command("explain")
@click.argument("attempt_id", metavar="ATTEMPT")
@data_command
def explain(attempt_id: str, as_json: bool) -> None:
    """The rules that spoke in the course of a sign-in, and what was answered."""
    found = service.explain(attempt_id)
    if not found:
        raise NotFound(f"Nothing strange is known of an attempt {attempt_id}.")
    emit([_facts(one) for one in found], as_json, "\n".join(line for one in found for line in _lines(one)))


def _facts(one: Explained) -> dict[str, Any]:
    return {
        "action": one.action,
        "account_id": one.account_id,
        "at": one.at,
        "score": one.score,
        "answer": one.answer,
        "enforced": [_of(rule) for rule in one.enforced],
        "observed": [_of(rule) for rule in one.observed],
    }


def _of(rule: Rule) -> dict[str, Any]:
    return {"rule": service.PREFIX + rule.name, "weight": rule.weight, "answer": rule.answer, "why": rule.sentence}


def _lines(one: Explained) -> list[str]:
    kinds = (("enforced", one.enforced), ("observed", one.observed))
    return [
        f"{stamp(one.at)}  {one.action}  score {one.score}  answer {one.answer}",
        *(
            f"  {kind}  {rule.weight:>3}  {service.PREFIX}{rule.name} ({rule.answer}): {rule.sentence}"
            for kind, spoke in kinds
            for rule in spoke
        ),
    ]
