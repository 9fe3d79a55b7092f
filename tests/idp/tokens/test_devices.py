"""Devices that wait: what is read out of what people type, and an answer that comes too late."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from idp import lifecycle
from idp.kernel.contracts import Ask
from idp.kernel.crypto import digest
from idp.sessions import service as sessions
from idp.tokens import codes, devices
from idp.tokens.errors import DeviceGone, GrantRefused
from tests.factories import App, Person
from tests.idp.tokens.test_epoch import sessions_secret

CODES = st.text(devices.ALPHABET, min_size=devices.LENGTH, max_size=devices.LENGTH)
NOISE = st.text(" -\u2013\u2014\u00a0\u2011", max_size=3)


@given(CODES, st.lists(NOISE, min_size=devices.LENGTH, max_size=devices.LENGTH), st.booleans())
def test_a_code_is_read_whatever_stands_between_its_letters(code: str, noise: list[str], small: bool) -> None:
    typed = "".join(gap + letter for gap, letter in zip(noise, code, strict=True))
    assert devices.normalised(typed.lower() if small else typed) == code
    assert devices.normalised(devices.shown(code)) == code


@given(st.text())
def test_anything_else_is_no_code(typed: str) -> None:
    read = devices.normalised(typed)
    assert read is None or (len(read) == devices.LENGTH and set(read) <= set(devices.ALPHABET))


@pytest.mark.parametrize(
    "typed", ["", "BCDFGHJ", "BCDFGHJKL", "BCDFGHJA", "BCDFGHJ0", "ВCDFGHJK", "ＢCDFGHJK", "ſBCDFGHJ"]
)
def test_lookalikes_and_other_lengths_are_no_code(typed: str) -> None:
    assert devices.normalised(typed) is None


def test_an_answer_after_everything_was_taken_back_waits_for_a_new_sign_in(
    app: Flask, make_account: Callable[..., Person], make_client: Callable[..., App]
) -> None:
    person, agency = make_account(), make_client()
    begun = devices.begin(agency.id, scopes=("openid",), resources=(), network="192.0.2.0/24")
    device, ask = digest(begun.device_code), Ask(agency.id, frozenset({"openid"}), frozenset())
    with app.test_request_context():
        found = sessions.find(sessions_secret(person))
        assert found is not None
        lifecycle.sign_out(person.id)
        assert not devices.approve(device, agency.client, found.view, ask)
    assert devices.demand(device).client_id == agency.id, "it still waits"
    with pytest.raises(GrantRefused):
        codes.redeem(begun.device_code, agency.id)


def test_what_was_settled_is_not_settled_again(
    app: Flask, make_account: Callable[..., Person], make_client: Callable[..., App]
) -> None:
    person, agency = make_account(), make_client()
    begun = devices.begin(agency.id, scopes=("openid",), resources=(), network="192.0.2.0/24")
    device, ask = digest(begun.device_code), Ask(agency.id, frozenset({"openid"}), frozenset())
    devices.deny(device, agency.id, None)
    with app.test_request_context():
        found = sessions.find(sessions_secret(person))
        assert found is not None
        with pytest.raises(DeviceGone):
            devices.approve(device, agency.client, found.view, ask)
    assert devices.poll(begun.device_code, agency.id) == "denied"
