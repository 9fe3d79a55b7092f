"""Setting up an authenticator app, and spending its codes."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import update

from idp.kernel.db import execute, transaction
from idp.limits.errors import Throttled
from mfa import service, totp
from mfa.errors import SetUpClosed, TurnedOff, WrongCode
from mfa.models import TotpAuthenticator

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

HOME = "192.0.2.0/24"


def present(seed, clock, offset=0):
    return pyotp.TOTP(seed).at(clock.now, counter_offset=offset)


def verify(person, code, network=HOME):
    service.verify_totp(person.id, code, network=network)


def guess_wrong(person, clock, times):
    """``times`` wrong codes, slowly enough for the limit."""
    for _ in range(times):
        clock.advance(3600)
        with pytest.raises(WrongCode):
            verify(person, f"{(int(person.code()) + 500_000) % 1_000_000:06d}")


# Setting up


def test_the_first_code_sets_the_app_up_and_the_resident_is_told(carol, clock, letters, kinds):
    service.confirm_totp(carol.id, "occasion", present(totp.seed_for(carol.id, "occasion"), clock))
    assert service.app_of(carol.id).created_at == clock.now
    assert kinds(carol)[-1] == "mfa.authenticator_added"
    (letter,) = letters()
    assert letter.to == carol.email
    assert "authenticator app was added" in letter.subject


def test_a_wrong_code_sets_nothing_up(carol, clock, letters):
    with pytest.raises(WrongCode):
        service.confirm_totp(carol.id, "occasion", present(totp.seed_for(carol.id, "occasion"), clock, 5))
    assert service.app_of(carol.id) is None
    assert letters() == []


@pytest.mark.parametrize(("account", "occasion"), [("carol", "another"), ("alice", "occasion")])
def test_a_code_of_another_offer_sets_nothing_up(carol, alice, clock, account, occasion):
    other = totp.seed_for({"carol": carol, "alice": alice}[account].id, occasion)
    with pytest.raises(WrongCode):
        service.confirm_totp(carol.id, "occasion", present(other, clock))
    assert service.app_of(carol.id) is None


def test_the_code_that_set_the_app_up_does_not_sign_in(carol, clock):
    seed = totp.seed_for(carol.id, "occasion")
    service.confirm_totp(carol.id, "occasion", present(seed, clock))
    with pytest.raises(WrongCode):
        verify(carol, present(seed, clock))
    clock.advance(30)
    verify(carol, present(seed, clock))


def test_an_account_with_an_app_gets_another_only_in_its_place(alice, clock, letters):
    seed, old = totp.seed_for(alice.id, "occasion"), service.app_of(alice.id)
    with pytest.raises(SetUpClosed):
        service.confirm_totp(alice.id, "occasion", present(seed, clock))
    verify(alice, alice.code())
    service.confirm_totp(alice.id, "occasion", present(seed, clock), replaces=old.id)
    assert service.app_of(alice.id).id != old.id
    assert "was changed" in letters()[-1].subject
    clock.advance(30)
    with pytest.raises(WrongCode):
        verify(alice, alice.code())
    verify(alice, present(seed, clock))


def test_an_app_cannot_take_the_place_of_somebody_elses(alice, bob, clock):
    theirs = service.app_of(bob.id)
    with pytest.raises(SetUpClosed):
        service.confirm_totp(
            alice.id, "occasion", present(totp.seed_for(alice.id, "occasion"), clock), replaces=theirs.id
        )
    assert service.app_of(bob.id) == theirs
    verify(alice, alice.code())


def test_an_operators_resident_signs_in_with_the_printed_seed(carol, clock, letters):
    seed = service.add_totp_for_operator(carol.id)
    verify(carol, present(seed, clock))
    assert letters() == []


def test_the_seed_does_not_stand_in_the_database(alice):
    (sealed,) = execute(TotpAuthenticator.__table__.select()).mappings().all()
    assert alice.totp_secret.encode() not in sealed["seed"]


# Spending


def test_a_code_works_once(alice, kinds):
    verify(alice, alice.code())
    with pytest.raises(WrongCode):
        verify(alice, alice.code())
    assert kinds(alice)[-2:] == ["mfa.code_accepted", "mfa.code_refused"]


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_clock_may_be_one_step_off(alice, drift):
    verify(alice, alice.code(drift))


@pytest.mark.parametrize("drift", [-2, 2])
def test_but_not_two(alice, drift):
    with pytest.raises(WrongCode):
        verify(alice, alice.code(drift))


def test_the_step_before_the_one_spent_is_spent_too(alice, clock):
    verify(alice, alice.code())
    with pytest.raises(WrongCode):
        verify(alice, alice.code(-1))
    verify(alice, alice.code(1))


def test_the_next_code_works_after_the_last(alice, clock):
    for _ in range(3):
        verify(alice, alice.code())
        clock.advance(30)


def test_a_code_belongs_to_its_account(alice, bob):
    with pytest.raises(WrongCode):
        verify(bob, alice.code())
    verify(bob, bob.code())


def test_an_account_without_an_app_has_no_code(carol):
    with pytest.raises(WrongCode):
        verify(carol, "000000")


# Guessing


def test_the_limit_is_spent_before_the_code_is_looked_at(alice, clock):
    for _ in range(10):
        with pytest.raises(WrongCode):
            verify(alice, "000000")
    with pytest.raises(Throttled):
        verify(alice, alice.code(), network="198.51.100.0/24")
    clock.advance(3600)
    verify(alice, alice.code())


def test_a_right_code_gives_the_tries_back(alice, clock):
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(WrongCode):
                verify(alice, "000000")
        verify(alice, alice.code())
        clock.advance(30)


def test_a_hundred_wrong_codes_in_a_row_turn_the_app_off_and_the_resident_is_told(alice, clock, letters, kinds):
    guess_wrong(alice, clock, 99)
    assert not service.app_of(alice.id).off
    assert letters() == []
    guess_wrong(alice, clock, 1)
    assert service.app_of(alice.id).off
    assert kinds(alice)[-1] == "mfa.method_turned_off"
    assert [letter.to for letter in letters()] == [alice.email]
    clock.advance(3600)
    with pytest.raises(TurnedOff):
        verify(alice, alice.code())


def test_a_right_code_in_time_starts_the_count_anew(alice, clock):
    for _ in range(2):
        guess_wrong(alice, clock, 60)
        clock.advance(3600)
        verify(alice, alice.code())
    assert not service.app_of(alice.id).off


def test_a_used_code_sent_again_is_no_guess(alice, clock):
    with transaction():
        execute(update(TotpAuthenticator).values(failures=98))
    code = alice.code()
    with pytest.raises(WrongCode):
        verify(alice, "12345")
    verify(alice, code)
    with transaction():
        execute(update(TotpAuthenticator).values(failures=99))
    with pytest.raises(WrongCode):
        verify(alice, code)
    assert not service.app_of(alice.id).off


def test_setting_the_app_up_anew_turns_it_on(alice, clock):
    with transaction():
        execute(update(TotpAuthenticator).values(failures=100))
    old, seed = service.app_of(alice.id), totp.seed_for(alice.id, "occasion")
    service.confirm_totp(alice.id, "occasion", present(seed, clock), replaces=old.id)
    assert not service.app_of(alice.id).off
    clock.advance(30)
    verify(alice, present(seed, clock))
