"""Signing keys: published before they sign, retired after, and sealed all the while."""

from __future__ import annotations

import base64

import pytest
from flask import Flask
from joserfc import jwt
from sqlalchemy import delete, select

from idp.audit.service import search
from idp.kernel.clock import DAY, HOUR
from idp.kernel.db import db, execute, transaction
from idp.keys import service as keys
from idp.keys.errors import LastKey, NoKey, UnknownKey
from idp.keys.models import SigningKeyRow
from tests.support.clock import Clock
from tests.support.statements import recorded


def states() -> dict[str, str]:
    return {key.kid: key.state for key in keys.every()}


def test_each_algorithm_has_a_key_that_signs(app: Flask) -> None:
    assert {keys.signer(alg).alg for alg in keys.ALGORITHMS} == {"ES256", "RS256", "PS256", "EdDSA"}
    assert len(base64.urlsafe_b64decode(str(keys.signer("RS256").key.as_dict()["n"]) + "==")) >= 3072 // 8


def test_keys_are_made_once(app: Flask) -> None:
    assert keys.ensure() == 0

    with transaction():
        execute(delete(SigningKeyRow).where(SigningKeyRow.alg == "ES256"))
    assert keys.ensure() == 1


def test_an_installation_that_is_older_than_an_algorithm_gets_its_key_at_once(app: Flask, clock: Clock) -> None:
    with transaction():
        execute(delete(SigningKeyRow).where(SigningKeyRow.alg.in_(["PS256", "EdDSA"])))
    assert keys.ensure() == 2
    clock.advance(2)

    assert {key["alg"] for key in keys.public_set()["keys"]} == set(keys.ALGORITHMS)
    for alg in keys.ALGORITHMS:
        assert keys.signer(alg).state == "active"


def test_without_a_key_the_operator_is_told_what_to_do(app: Flask, clock: Clock) -> None:
    with transaction():
        execute(delete(SigningKeyRow))
    clock.advance(2)

    with pytest.raises(NoKey) as refusal:
        keys.signer("ES256")
    assert "beacon key rotate" in str(refusal.value.sentence)


def test_a_new_key_waits_an_hour_and_the_old_one_then_retires(app: Flask, clock: Clock) -> None:
    old = keys.signer("ES256").kid
    (new,) = keys.rotate("ES256")
    clock.advance(2)
    assert (states()[old], states()[new], keys.signer("ES256").kid) == ("active", "published", old)

    clock.advance(HOUR)
    assert (states()[old], states()[new], keys.signer("ES256").kid) == ("retired", "active", new)

    clock.advance(keys.PUBLIC_AFTER)
    assert old not in states() and keys.signer("ES256").kid == new


def test_in_an_emergency_a_key_signs_at_once_and_the_others_are_withdrawn_even_during_a_rotation(
    app: Flask, clock: Clock
) -> None:
    old = keys.signer("ES256").kid
    (waiting,) = keys.rotate("ES256")
    (new,) = keys.rotate("ES256", at_once=True)
    clock.advance(2)

    assert keys.signer("ES256").kid == new
    assert not {old, waiting} & states().keys()
    clock.advance(2 * HOUR)
    assert keys.signer("ES256").kid == new


def test_all_algorithms_turn_together_unless_one_is_named(app: Flask, clock: Clock) -> None:
    rsa = keys.signer("RS256").kid
    assert len(keys.rotate("ES256", at_once=True)) == 1
    clock.advance(2)
    assert keys.signer("RS256").kid == rsa

    assert len(keys.rotate(at_once=True)) == 4
    clock.advance(2)
    assert keys.signer("RS256").kid != rsa


def test_the_only_key_of_an_algorithm_cannot_be_retired(app: Flask, clock: Clock) -> None:
    only = keys.signer("ES256").kid
    with pytest.raises(LastKey):
        keys.retire(only)
    with pytest.raises(UnknownKey):
        keys.retire("made-up")

    keys.rotate("ES256")
    with pytest.raises(LastKey):
        keys.retire(only)
    clock.advance(HOUR)
    keys.rotate("ES256", at_once=True)


def test_a_retired_key_still_verifies_what_it_signed(app: Flask, clock: Clock) -> None:
    old = keys.signer("ES256")
    signed = jwt.encode({"alg": "ES256", "kid": old.kid}, {"sub": "x"}, old.key)
    keys.rotate("ES256")
    clock.advance(30 * DAY)

    assert old.kid not in states()
    assert jwt.decode(signed, keys.verification_keys(), algorithms=["ES256"]).claims == {"sub": "x"}
    assert all(not key.is_private for key in keys.verification_keys())


def test_a_key_that_others_may_know_vouches_for_nothing_more(app: Flask, clock: Clock) -> None:
    old = keys.signer("ES256").kid
    keys.rotate("ES256", at_once=True)
    clock.advance(2)

    assert old not in {key.kid for key in keys.verification_keys()}


def test_the_database_keeps_no_private_key_in_the_clear(app: Flask) -> None:
    for row in execute(select(SigningKeyRow.__table__)):
        key = next(key for key in keys.every() if key.kid == row.kid).key
        assert b"PRIVATE" not in row.private
        for member in ("d", "p", "q"):
            assert str(key.as_dict(private=True).get(member, "no such member")) not in str(tuple(row))


def test_the_set_is_read_at_most_once_a_second(app: Flask, clock: Clock) -> None:
    keys.every()
    with recorded(db.engine) as statements:
        for _ in range(5):
            keys.signer("ES256")
        assert statements == []
        clock.advance(2)
        keys.signer("ES256")
        assert len(statements) == 1


def test_each_turn_is_on_record(app: Flask) -> None:
    (new,) = keys.rotate("ES256")

    assert {event.facts["kid"] for event in search(kind="key.published")} >= {new}
    assert len(search(kind="key.retired")) == 1
