"""The first gate: who is here, and is it who the app means?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from idp.kernel.contracts import Ask, Need, SessionView
from idp.signin.gate import sign_in
from tests.support.clock import Clock

pytestmark = pytest.mark.usefixtures("clock")


def session(clock: Clock, age: int = 0) -> SessionView:
    return SessionView("session", "ana", clock.now - age, ("password",), "acr", ("pwd",))


def ask(clock: Clock, **facts: object) -> Ask:
    blank = Ask("client", frozenset({"openid"}), frozenset(), session=session(clock))
    return replace(blank, **facts)  # type: ignore[arg-type]


def need(outcome: Ask | Need) -> tuple[str, str | None]:
    assert isinstance(outcome, Need), outcome
    return outcome.error, outcome.endpoint


def test_a_standing_session_is_let_through_unchanged(clock: Clock) -> None:
    request = ask(clock)
    assert sign_in(request) is request


def test_nobody_signed_in_must_sign_in(clock: Clock) -> None:
    assert need(sign_in(ask(clock, session=None))) == ("login_required", "signin.sign_in")
    assert need(sign_in(ask(clock, session=None, prompts=frozenset({"none"})))) == ("login_required", "signin.sign_in")


@pytest.mark.parametrize(
    ("prompt", "owed"),
    [
        ("login", ("login_required", "signin.sign_in")),
        ("select_account", ("account_selection_required", "signin.choose")),
        ("create", ("login_required", "signin.sign_up")),
    ],
)
def test_a_prompt_is_answered_once(clock: Clock, prompt: str, owed: tuple[str, str]) -> None:
    request = ask(clock, prompts=frozenset({prompt}))
    assert need(sign_in(request)) == owed
    settled = replace(request, authenticated_at=clock.now)
    assert sign_in(settled) is settled


@pytest.mark.parametrize(("max_age", "age", "enough"), [(60, 60, True), (60, 61, False), (0, 0, False), (1, 0, True)])
def test_max_age_is_measured_from_the_last_proof(clock: Clock, max_age: int, age: int, enough: bool) -> None:
    request = ask(clock, max_age=max_age, session=session(clock, age))
    outcome = sign_in(request)
    assert (outcome is request) if enough else need(outcome) == ("login_required", "signin.sign_in")
    settled = replace(request, authenticated_at=clock.now)
    assert sign_in(settled) is settled


def test_the_resident_whom_the_app_means_is_let_through_and_another_is_not(clock: Clock) -> None:
    meant = ask(clock, hinted_account="ana")
    assert sign_in(meant) is meant
    assert need(sign_in(ask(clock, hinted_account="bo"))) == ("login_required", "signin.sign_in")


def test_who_signed_in_as_somebody_else_again_goes_back_to_the_app(clock: Clock) -> None:
    assert need(sign_in(ask(clock, hinted_account="bo", authenticated_at=clock.now))) == ("login_required", None)
