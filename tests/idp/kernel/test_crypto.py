"""Random texts, digests, and seals that open in one place only."""

from __future__ import annotations

import base64
import json

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from idp.kernel import crypto
from idp.kernel.crypto import KeyFile, ResidentKey
from idp.kernel.errors import Misconfigured

pytestmark = pytest.mark.only_on("sqlite")


def test_secrets_have_256_bits_and_ids_128():
    assert len(base64.urlsafe_b64decode(crypto.token() + "=")) == 32
    assert len(base64.urlsafe_b64decode(crypto.new_id() + "==")) == 16
    assert len({crypto.token() for _ in range(100)}) == 100


@given(st.integers(1, 12))
def test_codes_have_as_many_digits_as_asked(count):
    code = crypto.digits(count)
    assert len(code) == count
    assert code.isdecimal()


@given(st.text(), st.text())
def test_only_equal_texts_are_the_same(left, right):
    assert crypto.same(left, left)
    assert crypto.same(left, right) is (left == right)


@given(st.text(st.characters(codec=None)))
def test_any_text_has_a_digest_even_one_that_is_no_utf8(text):
    assert len(crypto.digest(text)) == 32


def test_a_residents_value_opens_for_its_own_field(app: Flask):
    key = ResidentKey.make("resident-1")
    assert key.open("birthdate", key.seal("birthdate", "1990-01-02")) == "1990-01-02"


def test_a_sealed_value_never_looks_the_same_twice(app: Flask):
    key = ResidentKey.make("resident-1")
    assert key.seal("birthdate", "1990-01-02") != key.seal("birthdate", "1990-01-02")


def test_a_sealed_value_opens_nowhere_else(app: Flask):
    mine, theirs = ResidentKey.make("resident-1"), ResidentKey.make("resident-2")
    sealed = mine.seal("birthdate", "1990-01-02")
    for key, field, value in (
        (mine, "phone_number", sealed),
        (theirs, "birthdate", sealed),
        (ResidentKey("resident-2", mine.wrapped), "birthdate", sealed),
        (mine, "birthdate", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (mine, "birthdate", b""),
    ):
        with pytest.raises(Misconfigured):
            key.open(field, value)


def test_a_system_secret_opens_in_its_own_context_only(app: Flask):
    sealed = crypto.seal_for_system("a seed", "totp\0one")
    assert crypto.open_for_system(sealed, "totp\0one") == "a seed"
    with pytest.raises(Misconfigured):
        crypto.open_for_system(sealed, "totp\0two")


def test_a_blind_index_depends_on_kind_value_and_key(app: Flask):
    one = crypto.blind_index("email", "a@example.org")
    assert one == crypto.blind_index("email", "a@example.org")
    assert one != crypto.blind_index("network", "a@example.org")
    assert one != crypto.blind_index("email", "b@example.org")
    assert one != KeyFile.make().keyed("index", "email\0a@example.org")


def test_a_key_file_is_read_as_it_was_written_for_its_owner_only(tmp_path):
    keys, path = KeyFile.make(), tmp_path / "deep" / "beacon.keys"
    keys.write(path)
    assert KeyFile.read(path) == keys
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_file_is_never_written_over(tmp_path):
    path = tmp_path / "beacon.keys"
    KeyFile.make().write(path)
    with pytest.raises(FileExistsError):
        KeyFile.make().write(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"wrap": 5}',
        json.dumps(dict.fromkeys(("wrap", "index", "pepper", "audit"), "c2hvcnQ=")),
        json.dumps(dict.fromkeys(("wrap", "index", "pepper"), base64.b64encode(bytes(32)).decode())),
    ],
)
def test_what_is_no_key_file_is_refused_in_one_sentence(tmp_path, text):
    path = tmp_path / "beacon.keys"
    path.write_text(text)
    with pytest.raises(Misconfigured, match="key file"):
        KeyFile.read(path)
