"""What a sign-in still owes: the pure table."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kernel.contracts import AuthMethod
from idp.kernel.errors import Misconfigured
from idp.sessions.attempt import Purpose
from idp.signin.journey import Step, next_step


def method(name: str, kind: str, *, enrols: bool = True, resists: bool = False) -> AuthMethod:
    second = kind != "know"
    return AuthMethod(
        name=name,
        factors=(kind,),  # type: ignore[arg-type]
        amr=(name,),
        label=name,
        enrolled=lambda _account: True,
        challenge_endpoint=f"ask.{name}" if second else None,
        enrol_endpoint=f"add.{name}" if second and enrols else None,
        phishing_resistant=resists,
    )


PASSWORD = method("password", "know")
APP = method("app", "have")
PAPER = method("paper", "have", enrols=False)
KEY = method("key", "have", resists=True)
KNOWN = (PASSWORD, APP, PAPER, KEY)


def step(purpose: Purpose = "sign_in", **facts: object) -> Step:
    given_ = {"passed": (PASSWORD,), "enrolled": (PASSWORD,), "known": KNOWN, "required": True, "offered": False}
    return next_step(purpose, **given_ | facts)  # type: ignore[arg-type]


def test_with_nothing_proven_the_first_step_is_owed() -> None:
    assert step(passed=()) == Step("first")


def test_a_password_and_an_app_are_enough() -> None:
    assert step(passed=(PASSWORD, APP), enrolled=(PASSWORD, APP)) == Step("done")
    assert step(passed=(PASSWORD, PAPER), enrolled=(PASSWORD, APP)) == Step("done")


def test_an_enrolled_app_is_always_asked_for() -> None:
    for required in (True, False):
        for purpose in get_args(Purpose):
            assert step(purpose, enrolled=(PASSWORD, APP), required=required, offered=True) == Step("second", "ask.app")


def test_the_strongest_enrolled_method_comes_first() -> None:
    assert step(enrolled=(PASSWORD, APP, PAPER, KEY)) == Step("second", "ask.key")
    assert step(enrolled=(PASSWORD, APP, PAPER)) == Step("second", "ask.app")
    assert step(enrolled=(PASSWORD, PAPER)) == Step("second", "ask.paper")


def test_where_it_is_required_the_first_second_factor_must_be_set_up() -> None:
    assert step() == Step("enrol", "add.key")
    assert step("sign_up", offered=True) == Step("enrol", "add.key")


def test_where_it_is_optional_it_is_offered_once_to_newcomers() -> None:
    assert step("sign_up", required=False) == Step("offer", "add.key")
    assert step("sign_up", required=False, offered=True) == Step("done")
    assert step("sign_in", required=False) == Step("done")


def test_a_house_that_requires_what_nobody_offers_opens_no_session() -> None:
    with pytest.raises(Misconfigured):
        step(known=(PASSWORD,))


@given(
    st.sampled_from(get_args(Purpose)),
    st.sets(st.sampled_from(KNOWN)),
    st.sets(st.sampled_from(KNOWN)),
    st.booleans(),
    st.booleans(),
)
def test_no_session_opens_below_what_is_owed(
    purpose: Purpose, passed: set[AuthMethod], enrolled: set[AuthMethod], required: bool, offered: bool
) -> None:
    try:
        outcome = step(purpose, passed=passed, enrolled=enrolled, required=required, offered=offered)
    except Misconfigured:
        return
    if outcome.kind == "done":
        kinds = {each.factors for each in passed}
        others = {each.factors for each in enrolled if each.challenge_endpoint} - kinds
        assert len(kinds) > 1 or (kinds and not required and not others)
