"""Recovery codes, as pure functions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa import recovery


def test_ten_different_codes_of_80_bits_in_groups_of_four():
    codes = recovery.new_codes()
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)
    assert len(recovery.ALPHABET) == 32
    assert recovery.LENGTH * 5 == 80


@pytest.mark.parametrize(
    "typed",
    [
        "01AB-CD23-EFGH-1011",
        "01abcd23efgh1011",
        " 01ab cd23 efgh 1011 ",
        "OIAB-CD23-EFGH-lOil",
        "٠١ab-cd23-efgh-١٠١١",
        "01AB\u2013CD23\u2013EFGH\u20131011",
    ],
)
def test_case_spacing_and_look_alikes_do_not_matter(typed):
    assert recovery.normalised(typed) == "01ABCD23EFGH1011"


@pytest.mark.parametrize("typed", ["", "01AB-CD23-EFGH-101", "01AB-CD23-EFGH-10111", "UUUU" * 4, "01AB\0CD23EFGH101"])
def test_what_cannot_be_a_code_is_none(typed):
    assert recovery.normalised(typed) is None


@given(st.text(alphabet=recovery.ALPHABET, min_size=16, max_size=16))
def test_a_code_as_shown_reads_back(code):
    assert recovery.normalised(recovery.grouped(code).lower()) == code


@given(st.text())
def test_no_text_makes_it_fail(text):
    code = recovery.normalised(text)
    assert code is None or (len(code) == 16 and set(code) <= set(recovery.ALPHABET))


@pytest.mark.only_on("sqlite")
def test_the_digest_depends_on_code_and_salt(app):
    salt, other = recovery.new_salt(), recovery.new_salt()
    code = "01ABCD23EFGH1011"
    assert recovery.digest(code, salt) == recovery.digest(code, salt)
    assert len({recovery.digest(code, salt), recovery.digest(code, other), recovery.digest(code[::-1], salt)}) == 3
