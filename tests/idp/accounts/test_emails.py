"""Addresses: how they are written, and when two are the same."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts import emails
from idp.accounts.errors import InvalidEmail


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana@example.com", "Ana@Example.COM"),
        ("ana@example.com", "  ana@example.com\n"),
        ("jos\u00e9@example.com", "jose\u0301@example.com"),
        ("stra\u00dfe@example.com", "STRASSE@example.com"),
        ("ana@b\u00fccher.example", "ANA@xn--bcher-kva.EXAMPLE"),
    ],
    ids=["case", "spaces", "composed", "sharp-s", "idn"],
)
def test_spellings_of_one_address_have_one_normal_form(one: str, other: str) -> None:
    assert emails.normalise(one) == emails.normalise(other)


@pytest.mark.parametrize("other", ["anna@example.com", "ana@example.org", "a.na@example.com", "ana+x@example.com"])
def test_different_addresses_stay_different(other: str) -> None:
    assert emails.normalise("ana@example.com") != emails.normalise(other)


def test_mail_goes_to_the_spelling_of_its_owner() -> None:
    assert (
        emails.deliverable(" Stra\u00dfe.O'Neill@B\u00dcCHER.example ") == "Stra\u00dfe.O'Neill@xn--bcher-kva.example"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "a b@example.com",
        "ana@exa mple.com",
        "ana@example..com",
        "ana@localhost",
        "ana@[127.0.0.1]",
        "ana\0@example.com",
        "\ud800@example.com",
        "Ana <ana@example.com>",
        "a" * 250 + "@example.com",
        "ana@example.com, eve@example.com",
        "ana@example.com\nbcc: eve@example.com",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidEmail):
        emails.normalise(text)


@given(st.text(max_size=300))
def test_any_text_is_normalised_or_refused_and_never_breaks(text: str) -> None:
    try:
        normal = emails.normalise(text)
    except InvalidEmail:
        return
    assert emails.normalise(normal) == normal


@given(st.emails())
def test_the_case_of_an_address_never_matters(address: str) -> None:
    try:
        normal = emails.normalise(address)
    except InvalidEmail:
        return
    assert emails.normalise(address.upper()) == normal
    assert emails.normalise(address.lower()) == normal


def test_the_index_of_an_address_does_not_show_it(app: Flask) -> None:
    index = emails.lookup("ana@example.com")
    assert index == emails.lookup("ANA@example.com")
    assert len(index) == 32
    assert b"ana" not in index
