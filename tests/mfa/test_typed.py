"""What residents type is understood the way they mean it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.typed import plain

DIGITS = {
    "Arabic": "٠١٢٣٤٥٦٧٨٩",
    "Persian": "۰۱۲۳۴۵۶۷۸۹",
    "Khmer": "០១២៣៤៥៦៧៨៩",
    "full width": "０１２３４５６７８９",
}
BETWEEN = st.text(alphabet=" \t\u00a0\u202f-\u2010\u2011\u2013\u2212\u200f\u200e\u2066\u2069", max_size=3)


@pytest.mark.parametrize("script", DIGITS)
def test_digits_of_any_script_are_digits(script):
    assert plain(DIGITS[script]) == "0123456789"


@pytest.mark.parametrize("typed", ["123 456", "123-456", "\u200f123\u2013456 ", "1\u00a02\u00a03 4\t5 6"])
def test_spaces_dashes_and_direction_marks_do_not_matter(typed):
    assert plain(typed) == "123456"


@pytest.mark.parametrize("typed", ["12345\0", "¹²³456", "12.3456", "12345six"])
def test_what_is_no_digit_stays_and_so_never_matches(typed):
    assert plain(typed) != "123456"
    assert not plain(typed).isdecimal()


@given(st.text(alphabet="0123456789", min_size=6, max_size=6), st.sampled_from(sorted(DIGITS)), st.data())
def test_a_code_survives_any_script_and_spacing(code, script, data):
    spread = "".join(data.draw(BETWEEN) + DIGITS[script][int(digit)] for digit in code) + data.draw(BETWEEN)
    assert plain(spread) == code


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    assert plain(plain(text)) == plain(text)
