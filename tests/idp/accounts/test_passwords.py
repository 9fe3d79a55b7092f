"""How passwords are kept and checked."""

from __future__ import annotations

import time
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from idp.accounts import passwords
from idp.accounts.errors import WeakPassword
from idp.kernel.crypto import KeyFile

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

LONG = "kestrel harbour " * 6 + "\u00e9nd"


@pytest.fixture(autouse=True)
def nothing_is_remembered(warm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the hasher itself."""
    remembering: Any = passwords._HASHER
    monkeypatch.setattr(passwords, "_HASHER", remembering.true)


@pytest.fixture
def kept(app: Flask) -> str:
    return passwords.make_hash(LONG)


def test_only_the_exact_password_is_right(kept: str) -> None:
    assert passwords.verify(kept, LONG)
    for wrong in (LONG[:72], LONG[1:], LONG + " ", " " + LONG, LONG.upper(), LONG + "\0", "", LONG[:-1], LONG * 2):
        assert not passwords.verify(kept, wrong)


def test_both_unicode_forms_of_one_password_are_right(kept: str) -> None:
    assert passwords.verify(kept, LONG.replace("\u00e9", "e\u0301"))
    assert not passwords.verify(kept, LONG.replace("\u00e9", "e"))


def test_the_hash_is_argon2id_with_the_parameters_we_promise(kept: str) -> None:
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.outdated(kept)
    assert passwords.outdated(PasswordHasher(time_cost=1).hash("x"))


def test_the_same_password_is_kept_differently_each_time(app: Flask, kept: str) -> None:
    assert passwords.make_hash(LONG) != kept


def test_a_stolen_hash_is_useless_without_the_pepper(app: Flask, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = KeyFile.make()
    monkeypatch.setitem(app.extensions, "beacon.keys", other)
    assert not passwords.verify(kept, LONG)


def test_no_password_is_right_where_none_is_kept(app: Flask) -> None:
    assert not passwords.verify(None, LONG)
    assert not passwords.verify(None, "")
    assert not passwords.verify(passwords.DECOY, LONG)
    assert not passwords.verify("not a hash", LONG)


def test_every_answer_costs_one_argon2_computation(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = _Counting()
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    for hash_, password in ((kept, LONG), (kept, "wrong"), (None, LONG), (kept, "x" * 1_000_000)):
        passwords.verify(hash_, password)
    assert hasher.verified == 4


def test_the_decoy_costs_what_a_real_hash_costs(app: Flask) -> None:
    assert not passwords.outdated(passwords.DECOY)


def test_a_megabyte_is_refused_without_a_megabytes_work(kept: str) -> None:
    started = time.perf_counter()
    assert not passwords.verify(kept, "\u0344" * 1_000_000)
    with pytest.raises(WeakPassword):
        passwords.demand_strong("\u0344" * 1_000_000, minimum=8, context=())
    assert time.perf_counter() - started < 1


def test_a_password_of_64_characters_and_more_is_taken(app: Flask) -> None:
    passwords.demand_strong(LONG, minimum=15, context=())
    assert len(LONG) > 64


@pytest.mark.settings(mfa="optional")
def test_a_password_that_may_stand_alone_needs_15_characters(app: Flask) -> None:
    assert passwords.minimum_length() == 15
    with pytest.raises(WeakPassword):
        passwords.demand_strong("kx7#mPq2Lw9!aZ", minimum=passwords.minimum_length(), context=())


def test_a_password_with_a_second_factor_needs_8_characters(app: Flask) -> None:
    assert passwords.minimum_length() == 8
    passwords.demand_strong("kx7#mPq2", minimum=passwords.minimum_length(), context=())


@pytest.mark.settings(site_name="Lighthouse", agency_name="Commonwealth of Examples")
def test_the_names_of_the_service_are_no_passwords(app: Flask) -> None:
    for word in ("Lighthouse!", "commonwealthofexamples", "Beacon2026"):
        with pytest.raises(WeakPassword):
            passwords.demand_strong(word, minimum=8, context=())


@pytest.mark.parametrize("new", ["short", "password1234", "lopez1990", "marked!!"])
def test_a_new_password_is_hashed_only_when_the_rules_allow_it(app: Flask, new: str) -> None:
    with pytest.raises(WeakPassword):
        passwords.hash_new(new, "marked.one@residents.example", "Lopez")
    assert passwords.verify(passwords.hash_new(LONG, "marked.one@residents.example", "Lopez"), LONG)


class _Counting:
    """Counts what the true hasher does."""

    def __init__(self) -> None:
        self.true: Any = passwords._HASHER
        self.verified = 0

    def verify(self, kept: str, password: bytes) -> bool:
        self.verified += 1
        return bool(self.true.verify(kept, password))
