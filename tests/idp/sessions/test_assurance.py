"""What passed methods amount to: one pure table."""

from __future__ import annotations

import ast
import itertools
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from idp.app import FEATURES
from idp.kernel.contracts import AuthMethod
from idp.kernel.db import execute
from idp.sessions import service as sessions
from idp.sessions.assurance import AAL1, AAL2, AAL2_PHISHING_RESISTANT, AAL3, ORDER, REACHABLE, reached, satisfies
from idp.sessions.attempt import MAY_REPLACE, SET_UP
from idp.sessions.models import SessionRow
from idp.signin.finish import FULL, OFFERED
from idp.signin.service import ADDRESS_PROVEN
from tests.support.source import modules

PASSWORD = AuthMethod("password", ("know",), ("pwd",), "Password", lambda _account: True)
QUESTION = AuthMethod("question", ("know",), ("kba",), "Question", lambda _account: True)
APP = AuthMethod("totp", ("have",), ("otp",), "App", lambda _account: True)
CODE = AuthMethod("recovery_code", ("have",), ("otp",), "Recovery code", lambda _account: True)
FACE = AuthMethod("face", ("are",), ("face",), "Face", lambda _account: True)
METHODS = (PASSWORD, QUESTION, APP, CODE, FACE)


def test_one_kind_of_factor_is_the_first_level() -> None:
    assert reached([PASSWORD]) == (AAL1, ("pwd",))
    assert reached([PASSWORD, QUESTION]) == (AAL1, ("pwd", "kba"))
    assert reached([APP, CODE]) == (AAL1, ("otp",))


def test_two_kinds_are_the_second() -> None:
    assert reached([PASSWORD, APP]) == (AAL2, ("pwd", "otp", "mfa"))
    assert reached([APP, PASSWORD]) == (AAL2, ("otp", "pwd", "mfa"))


def test_nothing_is_as_good_as_nothing() -> None:
    assert reached([]) == (AAL1, ())


@given(st.lists(st.sampled_from(METHODS)))
def test_no_list_of_methods_reaches_more_than_its_kinds_allow(methods: list[AuthMethod]) -> None:
    acr, amr = reached(methods)
    factors = {method.factors for method in methods}

    assert acr in REACHABLE
    assert (acr == AAL2) is (len(factors) >= 2 and ("have",) in factors) is ("mfa" in amr)
    assert len(amr) == len(set(amr))


@given(st.lists(st.sampled_from(METHODS)), st.sampled_from(METHODS))
def test_one_method_more_never_lowers_the_level(methods: list[AuthMethod], more: AuthMethod) -> None:
    assert satisfies(reached([*methods, more])[0], reached(methods)[0])


@given(st.sampled_from(ORDER), st.sampled_from(ORDER))
def test_of_two_levels_one_satisfies_the_other_and_only_equals_both_ways(one: str, other: str) -> None:
    assert satisfies(one, other) or satisfies(other, one)
    assert (satisfies(one, other) and satisfies(other, one)) is (one == other)


def test_the_order_is_that_of_the_contract() -> None:
    assert ORDER == (AAL1, AAL2, AAL2_PHISHING_RESISTANT, AAL3)
    assert satisfies(AAL3, AAL2_PHISHING_RESISTANT) and not satisfies(AAL2, AAL2_PHISHING_RESISTANT)


@given(st.text())
def test_an_unknown_level_is_never_satisfied_and_satisfies_nothing(unknown: str) -> None:
    assert unknown in ORDER or not (satisfies(AAL3, unknown) or satisfies(unknown, AAL1))


# The whole table, over every method that Beacon has


def meant(names: frozenset[str]) -> str:
    """What a set of methods is meant to reach, in the words of NIST SP 800-63B-4 section 2.2.1."""
    verified = names & {"passkey", "device_passkey"}
    keys = names & {"security_key", "synced_key"}
    codes = names & {"totp", "recovery_code", "phone", "phone_call"}
    second = "password" in names or verified
    if not (verified or (second and (keys or codes))):
        return AAL1
    if "device_passkey" in names or ("security_key" in names and second):
        return AAL3
    return AAL2_PHISHING_RESISTANT if verified or keys else AAL2


AMR = {
    "password": {"pwd"},
    "passkey": {"swk", "user"},
    "device_passkey": {"hwk", "user"},
    "security_key": {"hwk"},
    "synced_key": {"swk"},
    "totp": {"otp"},
    "recovery_code": {"otp"},
    "phone": {"sms"},
    "phone_call": {"tel"},
}
ALL = {method.name: method for feature in FEATURES for method in feature.methods}


def test_every_method_of_beacon_stands_in_the_table() -> None:
    assert set(ALL) == set(AMR)
    assert {name for name, method in ALL.items() if method.restricted} == {"phone", "phone_call"}


def test_exactly_the_listed_combinations_reach_each_level_and_amr_says_what_was_done() -> None:
    for count in range(len(ALL) + 1):
        for names in itertools.combinations(ALL, count):
            acr, amr = reached(ALL[name] for name in names)
            assert acr == meant(frozenset(names)), names
            done = set().union(*(AMR[name] for name in names))
            assert set(amr) == done | ({"mfa"} if acr != AAL1 else set()), names
            assert "kba" not in amr


def test_a_mailed_code_is_no_method_and_no_note_on_an_attempt_is_one() -> None:
    assert not set(ALL) & {"email", "email_code", ADDRESS_PROVEN, OFFERED, FULL, SET_UP, MAY_REPLACE}


@pytest.mark.only_on("sqlite")
def test_whatever_writes_a_session_its_level_is_that_of_its_methods(app: Flask, make_account: Any) -> None:
    person = make_account()
    names = [frozenset(some) for count in range(1, 3) for some in itertools.combinations(ALL, count)]
    with app.test_request_context():
        for passed in names:
            session_id = sessions.open_session(person.id, sorted(passed))
            for deed in (sessions.elevate, sessions.strengthen):
                row = one(session_id)
                assert (row.acr, tuple(row.amr)) == reached(ALL[name] for name in row.methods)
                deed(session_id, ["password", *sorted(passed)])
            row = one(session_id)
            assert (row.acr, tuple(row.amr)) == reached(ALL[name] for name in row.methods)


def test_levels_are_worked_out_in_one_place() -> None:
    """Nobody else names a level to write it: sessions say what their methods amount to (attack 152)."""
    writers = {
        str(module)
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"insert", "update"}
        and "SessionRow" in ast.unparse(node)
    }
    assert {path.rpartition("/")[0] for path in writers} == {"idp/sessions"}


def one(session_id: str) -> Any:
    return execute(select(SessionRow.__table__).where(SessionRow.id == session_id)).one()
