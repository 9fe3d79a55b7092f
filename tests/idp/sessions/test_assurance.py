"""What passed methods amount to: one pure table."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from idp.kernel.contracts import AuthMethod
from idp.sessions.assurance import AAL1, AAL2, AAL2_PHISHING_RESISTANT, AAL3, ORDER, REACHABLE, reached, satisfies

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

    assert acr in REACHABLE
    assert (acr == AAL2) is (len({method.factors for method in methods}) >= 2) is ("mfa" in amr)
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
