"""The rules of consent, for every request, history and clock that hypothesis can think of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import policy
from consent.policy import Live
from idp.kernel.contracts import Ask

NOW = 1_800_000_000
CLAIMS = ("email", "given_name", "birthdate", "phone_number", "address")
claims = st.frozensets(st.sampled_from(CLAIMS))
scopes = st.frozensets(st.sampled_from(("profile", "email", "offline_access"))).map(lambda more: more | {"openid"})
foreign = st.frozensets(st.sampled_from((*CLAIMS, "ssn", "is_admin", "sub", "")))


@st.composite
def asks(draw) -> Ask:
    return Ask(
        client_id="c",
        scopes=draw(scopes),
        claims=draw(claims),
        prompts=draw(st.frozensets(st.sampled_from(("login", "consent")))),
        decided=draw(st.booleans()),
    )


@st.composite
def lives(draw) -> Live:
    asked = draw(claims)
    expires = draw(st.integers(NOW - 5, NOW + 5))
    return Live("d", draw(scopes), asked, asked & draw(claims), expires - policy.REMEMBERED_FOR, expires)


@given(asks(), foreign, claims)
def test_an_answer_never_grants_more_than_was_asked_and_ticked_or_needed(ask: Ask, ticked, required) -> None:
    granted = policy.released(ask.claims, ticked, required)
    assert granted <= ask.claims
    assert granted <= ticked | required
    assert ask.claims & ticked <= granted
    assert ask.claims & required <= granted


@given(asks(), st.none() | lives(), claims, st.booleans())
def test_a_request_that_passes_gets_no_more_than_was_granted(ask: Ask, live, required, assured) -> None:
    if policy.reason_to_ask(ask, live, NOW, required=required, assured=assured) is not None:
        return
    assert live is not None
    assert live.expires_at > NOW
    outcome = policy.granted(ask, live)
    assert outcome.claims <= ask.claims & live.granted_claims
    assert outcome.scopes <= ask.scopes
    assert live.offline or not outcome.offline
    assert outcome.scopes >= ask.scopes - {"offline_access"}


@given(asks(), lives(), claims)
def test_what_was_decided_before_is_kept_only_where_the_new_request_is_silent(ask: Ask, live, ticked) -> None:
    _scopes, asked, granted = policy.kept(live, ask, NOW)
    assert not asked & ask.claims
    assert granted <= asked
    assert granted <= live.granted_claims
    if live.expires_at <= NOW:
        assert not granted


STANDING = Live(
    "d", frozenset({"openid", "email"}), frozenset({"email", "phone_number"}), frozenset({"email"}), NOW, NOW + 1
)
PLAIN = Ask(client_id="c", scopes=frozenset({"openid", "email"}), claims=frozenset({"email"}))


def why(
    ask: Ask = PLAIN, live: Live | None = STANDING, now: int = NOW, required=(), assured: bool = True
) -> str | None:
    return policy.reason_to_ask(ask, live, now, required=required, assured=assured)


def test_an_answer_that_stands_is_remembered() -> None:
    assert why() is None
    assert why(replace(PLAIN, claims=frozenset({"email", "phone_number"}))) is None
    assert why(replace(PLAIN, prompts=frozenset({"login"}))) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"live": None}, "never asked"),
        ({"now": NOW + 1}, "the decision has expired"),
        ({"ask": replace(PLAIN, prompts=frozenset({"consent"}))}, "the app wants it asked again"),
        ({"ask": replace(PLAIN, claims=frozenset({"email", "birthdate"}))}, "the app asks for more"),
        (
            {"ask": replace(PLAIN, scopes=PLAIN.scopes | {"offline_access"})},
            "the app asks to act while the resident is away",
        ),
        (
            {"ask": replace(PLAIN, claims=frozenset({"phone_number"})), "required": ("phone_number",)},
            "the app needs a claim that was not granted",
        ),
        ({"assured": False}, "the app cannot be told from another"),
    ],
)
def test_each_reason_to_ask_again(change, reason: str) -> None:
    assert why(**change) == reason


@pytest.mark.parametrize("change", [{"prompts": frozenset({"consent"})}, {"claims": frozenset({"email", "birthdate"})}])
def test_an_answered_request_is_not_asked_twice(change) -> None:
    assert why(replace(PLAIN, **change)) is not None
    assert why(replace(PLAIN, decided=True, **change)) is None
    assert policy.granted(replace(PLAIN, decided=True, **change), STANDING).claims == {"email"}


def test_an_answer_is_no_answer_once_it_is_withdrawn_or_over() -> None:
    assert why(replace(PLAIN, decided=True), None) == "never asked"
    assert why(replace(PLAIN, decided=True), now=NOW + 1) == "the decision has expired"


@pytest.mark.parametrize(
    ("uris", "native", "sure"),
    [
        (("https://rp.test/cb",), False, True),
        (("http://localhost:8001/cb",), False, True),
        (("https://rp.test/cb",), True, True),
        (("http://127.0.0.1/cb",), True, False),
        (("https://rp.test/cb", "com.example.app:/cb"), True, False),
        (("https://localhost/cb",), True, False),
    ],
)
def test_a_public_app_on_the_device_cannot_be_told_from_another(uris, native: bool, sure: bool) -> None:
    assert policy.assured(native=native, redirect_uris=uris) is sure
