"""Which passwords are refused, and why."""

from __future__ import annotations

import gzip
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts import strength
from idp.accounts.errors import WeakPassword

CONTEXT = ("Ana.Lopez1990@mail.example.org", "Ana Maria", "Beacon", "the Commonwealth")


def why_refused(password: str, minimum: int = 8, context: tuple[str, ...] = CONTEXT) -> str | None:
    try:
        strength.demand(password, minimum=minimum, context=context)
    except WeakPassword as refusal:
        return refusal.detail
    return None


@pytest.mark.parametrize(
    "password",
    [
        "river lamp quiet",
        "kx7#mPq2Lw",
        "a password phrase of ours",
        "Tr4mpoline-Sunday",
        "8392 0174 6592 8371",
        "my ana goes to school",
        "beacon of the north sea",
        "passwordriverlamp",
        "\u5bc6\u7801\u5f88\u957f\u4f46\u662f\u4e0d\u5e38\u89c1",
        "\u0643\u0644\u0645\u0629 \u0633\u0631 \u0637\u0648\u064a\u0644\u0629",
    ],
)
def test_a_password_that_is_not_to_be_guessed_is_taken(password: str) -> None:
    assert why_refused(password) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short12", "short"),
        ("x" * 1025, "long"),
        ("password", "common"),
        ("Password1234!", "common"),
        ("p@$$w0rd!!", "common"),
        ("hell0hell0", "common"),
        ("passsswooord2026", "common"),
        ("passwordpassword", "common"),
        ("P.a.s.s.w.o.r.d", "common"),
        ("jennifer1987", "common"),
        ("letmein2024!!!!", "common"),
        ("aaaaaaaaaaaaaaa", "repeat"),
        ("abcabcabcabcabc", "repeat"),
        ("qwertyuiopasdfgh", "run"),
        ("1qaz2wsx3edc", "run"),
        ("12345678987654321", "run"),
        ("ZYXWVUTSRQP", "run"),
        ("ana.lopez1990", "context"),
        ("An4L0pez!!2026", "context"),
        ("MAIL.example.ORG", "context"),
        ("beacon2026!", "context"),
        ("AnaMariaLopez", "context"),
        ("thecommonwealth1", "context"),
    ],
)
def test_a_guessable_password_is_refused_and_the_reason_is_known(password: str, why: str) -> None:
    assert why_refused(password) == why


def test_each_reason_is_said_in_words() -> None:
    sentences = set()
    for password in ("short", "x" * 1025, "password", "aaaaaaaaa", "qwertyuiop", "beaconbeacon1"):
        with pytest.raises(WeakPassword) as refusal:
            strength.demand(password, minimum=8, context=CONTEXT)
        sentences.add(str(refusal.value.sentence))
    assert len(sentences) == 6
    assert all(sentence.endswith(".") for sentence in sentences)


def test_the_minimum_counts_code_points() -> None:
    assert why_refused("\U0001f40c\U0001f33b\U0001f9e9\U0001f6b2\U0001f4ce\U0001f344\U0001f3ba") == "short"
    assert why_refused("\U0001f40c\U0001f33b\U0001f9e9\U0001f6b2\U0001f4ce\U0001f344\U0001f3ba\U0001fa81") is None


@given(st.text(min_size=1, max_size=200))
def test_every_text_is_judged_and_nothing_breaks(password: str) -> None:
    assert why_refused(password) in {None, "short", "common", "repeat", "run", "context"}


@given(st.sampled_from(["monkey", "sunshine", "football"]), st.text(string.digits + "!?.-", max_size=12))
def test_digits_and_marks_after_a_common_word_do_not_help(word: str, tail: str) -> None:
    padded = word + tail
    assert strength.common(padded)
    assert strength.common(padded.upper())


@given(st.text(alphabet=string.ascii_letters + string.digits, min_size=1, max_size=3), st.integers(5, 30))
def test_a_short_piece_again_and_again_is_refused(piece: str, times: int) -> None:
    assert why_refused(piece * times) in {"repeat", "short"}


@given(st.text(alphabet=string.ascii_letters + string.digits + "@$!|+.- ", max_size=40))
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    normal = strength.normal_form(text)
    if any(mark.isalpha() for mark in normal):
        assert strength.normal_form(normal) == normal


def test_the_shipped_list_is_sorted_and_in_normal_form() -> None:
    listed = gzip.decompress(strength.LIST.read_bytes()).decode().split("\n")
    assert len(listed) == 30_000
    assert listed == sorted(set(listed))
    assert all(strength.normal_form(form) == form for form in listed)


@pytest.mark.parametrize("password", ["ab" * 512, "a1" * 511 + "zz", "beacon" * 170, "\u0301" * 1024])
def test_the_longest_password_is_judged_quickly(password: str) -> None:
    started = time.perf_counter()
    why_refused(password)
    assert time.perf_counter() - started < 0.5
