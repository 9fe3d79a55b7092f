"""Time-based codes, as pure functions."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa import totp

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = 60_000_000
AT = STEP * 30 + 7

TWIN_STEP = 60_779_457
"""By chance the seed shows 566269 in this step and in the next."""

STEPS = st.integers(min_value=0, max_value=200_000_000)


def code_of(step):
    return pyotp.TOTP(SEED).generate_otp(step)


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_the_present_code_and_its_neighbours_match(drift):
    assert totp.matching_step(SEED, code_of(STEP + drift), AT, 0) == STEP + drift


@pytest.mark.parametrize("drift", [-3, -2, 2, 3])
def test_codes_farther_away_do_not(drift):
    assert totp.matching_step(SEED, code_of(STEP + drift), AT, 0) is None


def test_a_code_of_the_last_step_spent_or_of_an_earlier_one_does_not_match():
    assert totp.matching_step(SEED, code_of(STEP), AT, STEP - 1) == STEP
    assert totp.matching_step(SEED, code_of(STEP), AT, STEP) is None
    assert totp.matching_step(SEED, code_of(STEP - 1), AT, STEP) is None
    assert totp.matching_step(SEED, code_of(STEP + 1), AT, STEP) == STEP + 1


def test_where_two_steps_show_the_same_code_spending_it_spends_both():
    assert code_of(TWIN_STEP) == code_of(TWIN_STEP + 1)
    spent = totp.matching_step(SEED, code_of(TWIN_STEP), TWIN_STEP * 30, 0)
    assert spent == TWIN_STEP + 1
    assert totp.matching_step(SEED, code_of(TWIN_STEP), TWIN_STEP * 30, spent) is None


@pytest.mark.parametrize("typed", ["", " ", "0", "000000", "null", "true", "12345", "1234567", "\0" * 6, "🙂" * 6])
def test_malformed_codes_never_match(typed):
    assert totp.matching_step(SEED, typed, AT, 0) is None


@given(at=st.integers(min_value=0, max_value=6_000_000_000), last=STEPS, drift=st.integers(-3, 3))
def test_a_match_is_always_later_than_the_last_step_and_at_most_one_step_away(at, last, drift):
    present = at // 30
    code = code_of(max(present + drift, 0))
    step = totp.matching_step(SEED, code, at, last)
    assert step is None or (step > last and abs(step - present) <= 1)


@given(at=st.integers(min_value=60, max_value=6_000_000_000), moves=st.lists(st.integers(-45, 45), max_size=8))
def test_spent_steps_only_ever_rise(at, moves):
    last = 0
    for move in moves:
        step = totp.matching_step(SEED, code_of(max(at + move, 0) // 30), at, last)
        if step is not None:
            assert step > last
            last = step


@given(st.text())
def test_no_text_makes_it_fail(text):
    assert totp.matching_step(SEED, text, AT, STEP + 1) is None


def test_a_new_seed_has_160_random_bits():
    first, second = totp.new_seed(), totp.new_seed()
    assert first != second
    assert len(pyotp.TOTP(first).byte_secret()) == 20


def test_the_address_for_apps_names_site_and_account_and_cannot_be_broken_out_of():
    uri = totp.uri(SEED, issuer="Beacon & Co", account="a:b?c&d#e@example.com")
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("otpauth", "totp", "")
    assert unquote(parts.path) == "/Beacon & Co:a:b?c&d#e@example.com"
    assert parse_qs(parts.query) == {"secret": [SEED], "issuer": ["Beacon & Co"]}


@pytest.mark.only_on("sqlite")
def test_an_offered_seed_belongs_to_one_account_and_one_occasion(app):
    seed = totp.seed_for("alice", "one")
    assert seed == totp.seed_for("alice", "one")
    assert len({seed, totp.seed_for("alice", "two"), totp.seed_for("bob", "one")}) == 3
    assert len(pyotp.TOTP(seed).byte_secret()) == 20
