"""Making and spending recovery codes."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from idp.kernel.db import execute, transaction
from idp.limits.errors import Throttled
from mfa import codes as recovery_codes
from mfa import recovery
from mfa.errors import TurnedOff, WrongRecoveryCode
from mfa.models import RecoveryCode, RecoveryCodeSet

HOME = "192.0.2.0/24"
NO_CODE = "0000-0000-0000-0000"


def spend(person, code, network=HOME):
    recovery_codes.spend(person.id, code, network=network)


def test_a_code_works_once_and_the_resident_is_told_how_many_are_left(alice, codes, letters, kinds):
    spend(alice, codes[0])
    assert recovery_codes.codes_of(alice.id).left == 9
    assert kinds(alice)[-1] == "mfa.recovery_code_used"
    letter = letters()[-1]
    assert letter.to == alice.email
    assert "9 recovery codes left" in letter.text
    with pytest.raises(WrongRecoveryCode):
        spend(alice, codes[0])
    assert kinds(alice)[-1] == "mfa.code_refused"


def test_every_one_of_the_ten_works(alice, codes):
    for code in codes:
        spend(alice, code)
    assert recovery_codes.codes_of(alice.id).left == 0


def test_small_letters_and_spaces_work(alice, codes):
    spend(alice, codes[0].lower().replace("-", " "))


def test_a_code_belongs_to_its_account(alice, bob, codes):
    recovery_codes.make(bob.id)
    with pytest.raises(WrongRecoveryCode):
        spend(bob, codes[0])
    spend(alice, codes[0])


def test_an_account_without_codes_has_none(bob, codes):
    with pytest.raises(WrongRecoveryCode):
        spend(bob, codes[0])


def test_new_codes_end_the_old_ones(alice, codes, letters, kinds):
    new = recovery_codes.make(alice.id)
    assert set(new).isdisjoint(codes)
    with pytest.raises(WrongRecoveryCode):
        spend(alice, codes[0])
    spend(alice, new[0])
    assert kinds(alice).count("mfa.recovery_codes_made") == 2
    assert [letter.subject for letter in letters()].count("New recovery codes were made for your account") == 2


@pytest.mark.parametrize("typed", ["", "0", "null", "\0", "A" * 16, "0000-0000", "x" * 64])
def test_malformed_codes_never_work_and_are_counted(alice, codes, typed):
    with pytest.raises(WrongRecoveryCode):
        spend(alice, typed)
    assert execute(RecoveryCodeSet.__table__.select()).one().failures == 1


def test_the_limit_is_spent_before_the_code_is_looked_at(alice, codes, clock):
    for _ in range(5):
        with pytest.raises(WrongRecoveryCode):
            spend(alice, NO_CODE)
    with pytest.raises(Throttled):
        spend(alice, codes[0], network="198.51.100.0/24")
    clock.advance(3600)
    spend(alice, codes[0])


def test_a_hundred_wrong_codes_in_a_row_turn_the_set_off(alice, codes, clock, letters):
    with transaction():
        execute(update(RecoveryCodeSet).values(failures=99))
    with pytest.raises(WrongRecoveryCode):
        spend(alice, NO_CODE)
    assert recovery_codes.codes_of(alice.id).off
    assert "turned off" in letters()[-1].subject
    with pytest.raises(TurnedOff):
        spend(alice, codes[0])
    spend(alice, recovery_codes.make(alice.id)[0])


def test_a_right_code_starts_the_count_anew(alice, codes):
    with transaction():
        execute(update(RecoveryCodeSet).values(failures=99))
    spend(alice, codes[0])
    with pytest.raises(WrongRecoveryCode):
        spend(alice, NO_CODE)
    assert not recovery_codes.codes_of(alice.id).off


def test_an_attempt_costs_one_computation_whether_ten_codes_are_left_or_one(alice, codes, monkeypatch):
    counted, digest = [], recovery.digest
    monkeypatch.setattr(recovery, "digest", lambda *facts: counted.append(facts) or digest(*facts))
    spend(alice, codes[9])
    with pytest.raises(WrongRecoveryCode):
        spend(alice, NO_CODE)
    assert len(counted) == 2


def test_codes_do_not_stand_in_the_database(codes):
    kept = [row.digest for row in execute(RecoveryCode.__table__.select())]
    assert len(set(kept)) == 10
    assert not any(code.replace("-", "").encode() in digest for code in codes for digest in kept)
