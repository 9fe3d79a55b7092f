"""A protocol message, read once: one value a name, and an eye on doubles and control characters."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc import checks
from idp.oidc.errors import DESCRIPTIONS, ProtocolError
from idp.oidc.message import REPEATABLE, Message
from idp.oidc.pkce import demand_challenge
from idp.web.redirects import extended

NAMES = st.text(min_size=1, max_size=8).filter(lambda name: name not in REPEATABLE)
VALUES = st.lists(st.text(max_size=20), min_size=1, max_size=3)


def message(**parameters: Any) -> Message:
    return Message.kept(parameters)


@given(st.dictionaries(NAMES, VALUES))
def test_the_first_of_each_counts_and_doubles_are_named(lists: dict[str, list[str]]) -> None:
    read = Message("GET", lists, {})

    assert read.payload.data == {name: values[0] for name, values in lists.items()}
    assert set(read.payload.duplicates) == {name for name, values in lists.items() if len(values) > 1}
    assert all(read.get(name) == values[0] for name, values in lists.items())
    assert read.get("never sent", "x") == "x"


@given(st.text())
def test_control_characters_are_seen_in_names_and_values(text: str) -> None:
    strange = any((character < " " and character != "\t") or character == "\x7f" for character in text)

    assert bool(message(state=text).payload.unprintable) is strange
    assert bool(Message.kept({text: "x"}).payload.unprintable) is strange


def test_a_post_speaks_through_its_form_and_a_get_through_its_query(app: Flask) -> None:
    with app.test_request_context("/token?a=query", method="POST", data={"a": "form"}):
        posted = Message.received(request)
    with app.test_request_context("/authorize?a=query"):
        looked = Message.received(request)

    assert (posted.form, posted.args) == ({"a": "form"}, {})
    assert (looked.form, looked.args) == ({}, {"a": "query"})


@given(st.text() | st.text("0123456789"))
def test_max_age_is_a_whole_number_or_an_error_and_then_fits_the_arithmetic(text: str) -> None:
    right = text == "" or (text.isascii() and text.isdigit() and len(text) < 10)

    if right:
        checks.max_age(message(max_age=text))
    else:
        with pytest.raises(ProtocolError):
            checks.max_age(message(max_age=text))


@given(st.lists(st.sampled_from([*sorted(checks.PROMPTS), "bogus"])))
def test_a_prompt_is_known_words_and_none_stands_alone(words: list[str]) -> None:
    right = set(words) <= checks.PROMPTS and ("none" not in words or set(words) == {"none"})

    if right:
        checks.prompt(message(prompt=" ".join(words)))
    else:
        with pytest.raises(ProtocolError):
            checks.prompt(message(prompt=" ".join(words)))


@given(st.text(), st.text(max_size=50))
def test_only_s256_with_43_characters_is_a_challenge(method: str, challenge: str) -> None:
    with pytest.raises(ProtocolError):
        demand_challenge(message(code_challenge_method=method, code_challenge=challenge), required=True)


def test_every_description_fits_the_characters_that_the_protocol_allows() -> None:
    for sentence in DESCRIPTIONS.values():
        assert all(32 <= ord(sign) < 127 and sign not in '"\\' for sign in sentence)


def test_an_address_is_extended_without_a_change_to_what_was_registered() -> None:
    assert extended("https://a.example/cb", {}) == "https://a.example/cb"
    assert extended("https://a.example/cb", {"a": "b c&ü"}) == "https://a.example/cb?a=b+c%26%C3%BC"
    assert extended("https://a.example/cb?x=%20", {"a": "b"}) == "https://a.example/cb?x=%20&a=b"
