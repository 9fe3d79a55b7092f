"""Which facts are strange, how much, and what each asks for. A table and three pure functions.

The answers are the ladder of Beacon's response, mildest first: from a line in the log to the whole account. A rule
speaks for a rung by itself; weights only add up to a letter, so that no sum of hints ever locks anybody out. Waits and
proof of work come from the limits, before a secret is looked at, and only a resident quarantines an account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from idp.kernel.clock import DAY, HOUR
from idp.risk.signals import Signals

Answer = Literal["log", "slow", "proof", "step_up", "notify", "hold", "disable", "quarantine"]

LADDER: tuple[Answer, ...] = ("log", "slow", "proof", "step_up", "notify", "hold", "disable", "quarantine")
"""Mildest first."""

NOTIFY_FROM = 50
"""The score from which the resident hears of it whatever the single rules say."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``sentence`` tells an operator what it saw; residents and strangers are never told which rule spoke."""

    name: str
    weight: int
    answer: Answer
    applies: Callable[[Signals], bool]
    sentence: str


def _within(age: int | None, span: int) -> bool:
    return age is not None and age < span


RULES = (
    Rule("new_browser", 30, "notify", lambda s: s.stranger, "Nobody had signed in to the account in this browser."),
    Rule(
        "phishable_in_new_browser",
        40,
        "hold",
        lambda s: s.phishable and s.new_browser,
        "The sign-in could have been passed on by a false page, in a browser that is new to the account.",
    ),
    Rule(
        "breached_password",
        20,
        "disable",
        lambda s: s.known_bad_password,
        "The password is on the list of passwords that attackers try first.",
    ),
    Rule(
        "session_drift",
        40,
        "step_up",
        lambda s: s.drifted,
        "A session turned up in another network and another kind of browser.",
    ),
    Rule("many_failures", 25, "log", lambda s: s.failures >= 5, "Five or more wrong tries came in the hour before."),
    Rule(
        "failing_network",
        15,
        "log",
        lambda s: s.failing_accounts >= 20,
        "Twenty or more accounts failed in the same network shortly before.",
    ),
    Rule("new_country", 15, "log", lambda s: s.country_moved is not None, "The last sign-in was in another country."),
    Rule(
        "hurried_travel",
        15,
        "log",
        lambda s: _within(s.country_moved, 2 * HOUR),
        "The last sign-in was in another country, less than two hours before. Such places are often wrong.",
    ),
    Rule(
        "credentials_changed",
        10,
        "log",
        lambda s: _within(s.credentials_age, DAY),
        "A way to sign in was added, changed or removed in the last day.",
    ),
    Rule(
        "recovered",
        20,
        "log",
        lambda s: _within(s.recovery_age, 7 * DAY),
        "The account was recovered in the last seven days.",
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}


def speaking(signals: Signals) -> tuple[Rule, ...]:
    """The rules that apply to these facts, in the order of the table."""
    return tuple(rule for rule in RULES if rule.applies(signals))


def score(rules: Iterable[Rule]) -> int:
    """What these rules add up to."""
    return sum(rule.weight for rule in rules)


def answers(rules: Iterable[Rule]) -> tuple[Answer, ...]:
    """Every rung that these rules ask for, mildest first; nothing where none speaks."""
    spoke = tuple(rules)
    asked = {rule.answer for rule in spoke} | ({"notify"} if score(spoke) >= NOTIFY_FROM else set())
    return tuple(rung for rung in LADDER if rung in asked)
