"""What a sign-in still owes: the pure table."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kernel.contracts import AuthMethod, Factor
from idp.kernel.errors import Misconfigured
from idp.sessions.assurance import AAL1, AAL2, AAL2_PHISHING_RESISTANT, ORDER, reached, satisfies
from idp.sessions.attempt import Purpose
from idp.sessions.ways import ways_in, ways_to_add, ways_up
from idp.signin.journey import Step, next_step


def method(name: str, *factors: Factor, enrols: bool = True, resists: bool = False, spare: bool = False) -> AuthMethod:
    return AuthMethod(
        name=name,
        factors=factors,
        amr=(name,),
        label=name,
        enrolled=lambda _account: True,
        challenge_endpoint=f"ask.{name}",
        enrol_endpoint=f"add.{name}" if enrols and factors != ("know",) else None,
        phishing_resistant=resists,
        spare=spare,
        restricted=name == "phone",
    )


PASSWORD = method("password", "know")
APP = method("app", "have")
PHONE = method("phone", "have")
PAPER = method("paper", "have", enrols=False, spare=True)
KEY = method("key", "have", resists=True)
PASSKEY = method("passkey", "have", "are", resists=True)
KNOWN = (PASSWORD, APP, PHONE, PAPER, KEY, PASSKEY)
CHOICE, RECOVER = Step("enrol", "signin.second_way"), Step("recover", "signin.recover_from")


def step(purpose: Purpose = "sign_in", **facts: object) -> Step:
    given_ = {"passed": (PASSWORD,), "enrolled": (PASSWORD,), "known": KNOWN, "required": True, "offered": False}
    return next_step(purpose, **{"guarded": False} | given_ | facts)  # type: ignore[arg-type]


def test_with_nothing_proven_the_first_step_is_owed() -> None:
    assert step(passed=()) == Step("first")


def test_two_kinds_are_enough_and_so_is_a_key_that_verifies_its_holder() -> None:
    assert step(passed=(PASSWORD, APP), enrolled=(PASSWORD, APP)) == Step("done")
    assert step(passed=(PASSWORD, PAPER), enrolled=(PASSWORD, APP)) == Step("done")
    assert step(passed=(PASSKEY,), enrolled=(PASSWORD, APP, PASSKEY)) == Step("done")


def test_a_key_that_verifies_nobody_still_owes_the_password() -> None:
    assert step(passed=(KEY,), enrolled=(PASSWORD, APP, KEY)) == Step("second", "ask.password")


def test_an_enrolled_app_is_always_asked_for() -> None:
    for required in (True, False):
        for purpose in get_args(Purpose):
            assert step(purpose, enrolled=(PASSWORD, APP), required=required, offered=True) == Step("second", "ask.app")


def test_the_strongest_enrolled_method_comes_first_and_paper_last() -> None:
    assert step(enrolled=(PASSWORD, APP, PAPER, KEY)) == Step("second", "ask.key")
    assert step(enrolled=(PASSWORD, PAPER, PHONE, APP)) == Step("second", "ask.app")
    assert step(enrolled=(PASSWORD, PAPER, PHONE)) == Step("second", "ask.phone")
    assert step(enrolled=(PASSWORD, PAPER)) == Step("second", "ask.paper")


def test_a_page_that_needs_more_gets_more_where_there_is_more() -> None:
    strong = {"passed": (PASSWORD, APP), "wanted": AAL2_PHISHING_RESISTANT}
    assert step("confirm", enrolled=(PASSWORD, APP, KEY), **strong) == Step("second", "ask.key")
    assert step("confirm", enrolled=(PASSWORD, APP), **strong) == Step("done")


def test_where_it_is_required_the_first_second_factor_must_be_chosen() -> None:
    assert step() == CHOICE
    assert step("sign_up", offered=True) == CHOICE


def test_what_is_held_and_does_not_work_is_recovered_from_and_not_replaced() -> None:
    for purpose in get_args(Purpose):
        for required in (True, False):
            assert step(purpose, guarded=True, required=required, offered=True) == RECOVER
    assert step(guarded=True, enrolled=(PASSWORD, PAPER)) == Step("second", "ask.paper")


def test_where_it_is_optional_it_is_offered_once_to_newcomers() -> None:
    assert step("sign_up", required=False) == Step("offer", "signin.second_way")
    assert step("sign_up", required=False, offered=True) == Step("done")
    assert step("sign_in", required=False) == Step("done")


@pytest.mark.parametrize("known", [(PASSWORD,), (PASSWORD, PAPER), (PASSWORD, PHONE)])
def test_a_house_that_requires_what_nobody_offers_opens_no_session(known: tuple[AuthMethod, ...]) -> None:
    with pytest.raises(Misconfigured):
        step(known=known)


@given(
    st.sampled_from(get_args(Purpose)),
    st.sets(st.sampled_from(KNOWN)),
    st.sets(st.sampled_from(KNOWN)),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(ORDER),
)
def test_no_session_opens_below_what_is_owed(
    purpose: Purpose,
    passed: set[AuthMethod],
    enrolled: set[AuthMethod],
    guarded: bool,
    required: bool,
    offered: bool,
    wanted: str,
) -> None:
    facts = {"guarded": guarded, "required": required, "offered": offered, "wanted": wanted}
    outcome = step(purpose, passed=passed, enrolled=enrolled, **facts)
    if outcome.kind == "done":
        best = reached(passed | enrolled)[0]
        assert passed
        assert reached(passed)[0] != AAL1 or (best == AAL1 and not guarded and not required)
        assert satisfies(reached(passed)[0], min(wanted, best, key=ORDER.index))
    elif outcome.kind in {"enrol", "offer"}:
        assert not guarded and reached(passed | enrolled)[0] == AAL1


# Which ways are offered


def names(ways: list[AuthMethod]) -> list[str]:
    return [way.name for way in ways]


def test_other_ways_are_strongest_first_with_the_restricted_last() -> None:
    assert names(ways_up([PASSWORD], (PASSWORD, APP, PAPER, PHONE, KEY))) == ["key", "app", "paper", "phone"]
    assert names(ways_up([PASSWORD, APP], (PASSWORD, APP, PAPER, KEY))) == ["key"]


def test_methods_that_share_a_page_are_offered_once() -> None:
    synced = replace(PASSKEY, name="device_passkey", hardware=True)
    assert names(ways_up([PASSWORD], (PASSKEY, synced, APP))) == ["passkey", "app"]
    assert names(ways_to_add([PASSWORD], (PASSKEY, synced, APP))) == ["passkey", "app"]


def test_a_confirmation_begins_with_the_passkey_and_has_no_password_where_it_leads_nowhere() -> None:
    assert names(ways_in((PASSWORD, APP, PASSKEY), AAL2)) == ["passkey", "password"]
    assert names(ways_in((PASSWORD, APP, PASSKEY), AAL2_PHISHING_RESISTANT)) == ["passkey"]
    assert names(ways_in((PASSWORD, KEY), AAL2_PHISHING_RESISTANT)) == ["password"]
    assert names(ways_in((PASSKEY,), AAL2_PHISHING_RESISTANT)) == ["passkey"]
    assert names(ways_in((PASSWORD, APP), AAL2)) == ["password"]
    assert names(ways_in((PASSWORD,), AAL1)) == ["password"]


def test_a_choice_begins_with_what_resists_phishing_and_never_is_a_telephone_alone() -> None:
    assert names(ways_to_add([PASSWORD], KNOWN)) == ["key", "passkey", "app", "phone"]
    assert names(ways_to_add([PASSWORD, APP], KNOWN)) == ["key", "passkey", "phone"]
    assert names(ways_to_add([PASSWORD], (PASSWORD, PHONE, PAPER))) == []
