"""The rules: pure, and more strangeness is never less."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from idp.risk.rules import BY_NAME, LADDER, NOTIFY_FROM, RULES, Answer, answers, score, speaking
from idp.risk.signals import Signals

AGES = ("country_moved", "credentials_age", "recovery_age")
AGE = st.none() | st.integers(0, 30 * 86400)


def _of(name: str) -> st.SearchStrategy[object]:
    return AGE if name in AGES else st.integers(0, 200) if name.startswith("fail") else st.booleans()


SIGNALS = st.builds(Signals, **{field.name: _of(field.name) for field in fields(Signals)})


def rung(signals: Signals) -> int:
    asked = answers(speaking(signals))
    return LADDER.index(asked[-1]) if asked else 0


def stranger_still(one: Signals, other: Signals) -> Signals:
    """Each fact as strange as in the stranger of the two: more failures, and what happened, more lately."""
    facts = {}
    for field in fields(Signals):
        held = [value for value in (getattr(one, field.name), getattr(other, field.name)) if value is not None]
        facts[field.name] = (min if field.name in AGES else max)(held, default=None)
    return Signals(**facts)


@given(SIGNALS, SIGNALS)
def test_more_strangeness_never_scores_less_nor_asks_for_less(one: Signals, other: Signals) -> None:
    both = stranger_still(one, other)

    assert score(speaking(both)) >= max(score(speaking(one)), score(speaking(other)))
    assert rung(both) >= max(rung(one), rung(other))
    assert set(speaking(one)) | set(speaking(other)) <= set(speaking(both))


@given(SIGNALS)
def test_the_same_facts_always_give_the_same_answer(signals: Signals) -> None:
    again = replace(signals)

    assert speaking(signals) == speaking(again) and answers(speaking(signals)) == answers(speaking(again))


@given(st.sets(st.sampled_from(RULES)))
def test_no_sum_of_hints_asks_for_more_than_a_letter(rules: set[object]) -> None:
    hints = [rule for rule in RULES if rule in rules and rule.answer == "log"]

    assert set(answers(hints)) <= {"log", "notify"}
    assert ("notify" in answers(hints)) is (score(hints) >= NOTIFY_FROM)


def test_what_is_ordinary_says_nothing() -> None:
    assert speaking(Signals()) == () and answers(()) == ()
    assert speaking(Signals(phishable=True, failures=4, credentials_age=86400)) == ()


def test_each_answer_is_the_one_that_the_plan_has_for_it() -> None:
    def asked(**facts: object) -> tuple[Answer, ...]:
        return answers(speaking(Signals(**facts)))  # type: ignore[arg-type]

    assert asked(stranger=True) == ("notify",)
    assert asked(stranger=True, new_browser=True, phishable=True) == ("notify", "hold")
    assert asked(stranger=True, new_browser=True) == ("notify",)
    assert asked(drifted=True) == ("step_up",)
    assert asked(known_bad_password=True) == ("disable",)
    assert asked(failures=5, recovery_age=60) == ("log",)
    assert asked(failures=5, recovery_age=60, country_moved=60) == ("log", "notify")


def test_every_rule_can_speak_and_has_a_sentence() -> None:
    everything = Signals(True, True, True, True, True, 5, 20, 0, 0, 0)

    assert speaking(everything) == RULES and len(BY_NAME) == len(RULES)
    assert all(rule.sentence.endswith(".") and rule.weight > 0 and rule.answer in LADDER for rule in RULES)
    assert all(len("risk." + rule.name) <= 64 for rule in RULES)
