"""Setting up an authenticator app, and spending its codes."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import update

from idp.kernel.clock import DAY
from idp.kernel.db import execute, transaction
from idp.limits.errors import Throttled
from mfa import codes as recovery_codes
from mfa import service, totp
from mfa.errors import ClockOff, LastWayIn, NoSuchApp, SetUpClosed, TooManyApps, TurnedOff, WrongCode
from mfa.models import TotpAuthenticator

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

HOME = "192.0.2.0/24"
BROWSER = "a browser that the account knows"


def present(seed, clock, offset=0):
    return pyotp.TOTP(seed).at(clock.now, counter_offset=offset)


def verify(person, code, network=HOME, known=""):
    service.verify_totp(person.id, code, network=network, known=known)


def guess_wrong(person, clock, times):
    """``times`` wrong codes, slowly enough for the limit."""
    for _ in range(times):
        clock.advance(3600)
        with pytest.raises(WrongCode):
            verify(person, f"{(int(person.code()) + 500_000) % 1_000_000:06d}")


# Setting up


def test_the_first_code_sets_the_app_up_and_the_resident_is_told(carol, clock, letters, kinds):
    service.confirm_totp(carol.id, "occasion", present(totp.seed_for(carol.id, "occasion"), clock))
    assert service.apps_of(carol.id)[0].created_at == clock.now
    assert kinds(carol)[-1] == "mfa.authenticator_added"
    (letter,) = letters()
    assert letter.to == carol.email
    assert "authenticator app was added" in letter.subject


def test_a_wrong_code_sets_nothing_up(carol, clock, letters):
    with pytest.raises(WrongCode):
        service.confirm_totp(carol.id, "occasion", present(totp.seed_for(carol.id, "occasion"), clock, 50))
    assert service.apps_of(carol.id) == []
    assert letters() == []


def test_a_clock_that_is_minutes_off_is_learnt_at_set_up_and_its_codes_work(carol, clock):
    seed = totp.seed_for(carol.id, "occasion")
    assert service.confirm_totp(carol.id, "occasion", present(seed, clock, 9)) == 270
    clock.advance(60)
    verify(carol, present(seed, clock, 9))


def test_a_clock_farther_off_is_told_by_how_much(carol, clock):
    seed = totp.seed_for(carol.id, "occasion")
    with pytest.raises(ClockOff) as fast:
        service.confirm_totp(carol.id, "occasion", present(seed, clock, 15))
    with pytest.raises(ClockOff) as slow:
        service.confirm_totp(carol.id, "occasion", present(seed, clock, -15))
    assert "450 seconds fast" in str(fast.value.sentence)
    assert "450 seconds slow" in str(slow.value.sentence)
    assert service.apps_of(carol.id) == []


@pytest.mark.parametrize(("account", "occasion"), [("carol", "another"), ("alice", "occasion")])
def test_a_code_of_another_offer_sets_nothing_up(carol, alice, clock, account, occasion):
    other = totp.seed_for({"carol": carol, "alice": alice}[account].id, occasion)
    with pytest.raises(WrongCode):
        service.confirm_totp(carol.id, "occasion", present(other, clock))
    assert service.apps_of(carol.id) == []


def test_the_code_that_set_the_app_up_does_not_sign_in(carol, clock):
    seed = totp.seed_for(carol.id, "occasion")
    service.confirm_totp(carol.id, "occasion", present(seed, clock))
    with pytest.raises(WrongCode):
        verify(carol, present(seed, clock))
    clock.advance(30)
    verify(carol, present(seed, clock))


def another(person, clock, occasion="occasion", **facts):
    """One more app of a person, a second after what was before; its seed."""
    clock.advance(1)
    seed = totp.seed_for(person.id, occasion)
    service.confirm_totp(person.id, occasion, present(seed, clock), **facts)
    return seed


def test_several_apps_work_side_by_side_each_with_its_own_clock(alice, clock):
    seed = another(alice, clock, name="Tablet")
    assert [app.name for app in service.apps_of(alice.id)] == [None, "Tablet"]
    for _ in range(2):
        clock.advance(30)
        verify(alice, alice.code(1))
        verify(alice, present(seed, clock))


def test_a_password_alone_sets_up_no_app_beside_one_that_is_held(alice, clock):
    with transaction():
        execute(update(TotpAuthenticator).values(suspended_at=1))
    with pytest.raises(SetUpClosed):
        another(alice, clock, first=True)
    assert len(service.apps_of(alice.id)) == 1


def test_one_occasion_sets_up_one_app(alice, clock):
    another(alice, clock)
    with pytest.raises(SetUpClosed):
        another(alice, clock)


def test_five_apps_are_the_most(alice, clock):
    for number in range(4):
        another(alice, clock, f"occasion {number}")
    with pytest.raises(TooManyApps):
        another(alice, clock, "one too many")


# Removing


def test_an_app_is_removed_at_once_or_later_and_the_resident_is_told(alice, clock, letters, kinds):
    another(alice, clock, name="Tablet")
    old, new = service.apps_of(alice.id)
    service.remove(alice.id, new.id, leaves_at=clock.now + DAY)
    assert "will be removed" in letters()[-1].subject
    assert "Tablet" in letters()[-1].text
    service.stop_removal(alice.id, new.id)
    service.remove(alice.id, old.id, leaves_at=None)
    assert "was removed" in letters()[-1].subject
    assert [app.id for app in service.apps_of(alice.id)] == [new.id]
    assert kinds(alice)[-3:] == ["mfa.authenticator_leaves", "mfa.authenticator_kept", "mfa.authenticator_removed"]
    with pytest.raises(WrongCode):
        verify(alice, alice.code())


def test_an_app_that_leaves_works_until_then_and_no_longer(alice, clock):
    another(alice, clock)
    old = service.apps_of(alice.id)[0]
    service.remove(alice.id, old.id, leaves_at=clock.now + DAY)
    verify(alice, alice.code())
    clock.advance(DAY)
    with pytest.raises(WrongCode):
        verify(alice, alice.code())
    with pytest.raises(NoSuchApp):
        service.stop_removal(alice.id, old.id)
    assert (service.sweep(10), len(service.apps_of(alice.id))) == (1, 1)


def test_the_last_app_stays_while_every_sign_in_needs_it(alice, clock):
    recovery_codes.make(alice.id)
    (only,) = service.apps_of(alice.id)
    with pytest.raises(LastWayIn):
        service.remove(alice.id, only.id, leaves_at=None)
    another(alice, clock)
    service.remove(alice.id, only.id, leaves_at=clock.now + DAY)
    with pytest.raises(LastWayIn):
        service.remove(alice.id, service.apps_of(alice.id)[1].id, leaves_at=None)


def test_nobody_touches_somebody_elses_app(alice, bob):
    theirs = service.apps_of(bob.id)[0]
    for act in (
        lambda: service.remove(alice.id, theirs.id, leaves_at=None),
        lambda: service.rename(alice.id, theirs.id, "Mine"),
        lambda: service.stop_removal(alice.id, theirs.id),
    ):
        with pytest.raises(NoSuchApp):
            act()
    assert service.apps_of(bob.id) == [theirs]


def test_quarantine_takes_what_is_new_out_of_use_and_leaves_the_rest(alice, clock):
    since = clock.advance(60)
    seed = another(alice, clock)
    assert service.quarantine(alice.id, since) == 1
    assert [app.works for app in service.apps_of(alice.id)] == [True, False]
    clock.advance(30)
    with pytest.raises(WrongCode):
        verify(alice, present(seed, clock))
    verify(alice, alice.code())
    service.erase(alice.id)
    assert service.apps_of(alice.id) == []


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


@pytest.mark.parametrize(
    ("drift", "words"), [(-2, "60 seconds slow"), (2, "60 seconds fast"), (20, "600 seconds fast")]
)
def test_but_not_two_and_the_resident_hears_why(alice, drift, words):
    with pytest.raises(ClockOff) as refused:
        verify(alice, alice.code(drift), known=BROWSER)
    assert words in str(refused.value.sentence)


@pytest.mark.parametrize("drift", [-20, -2, 2, 20])
def test_a_stranger_who_guesses_a_code_of_another_time_is_not_told_so(alice, drift):
    with pytest.raises(WrongCode) as refused:
        verify(alice, alice.code(drift))
    assert not isinstance(refused.value, ClockOff)


def test_a_clock_that_drifts_slowly_is_followed(alice, clock):
    for steps in range(1, 5):
        clock.advance(DAY)
        verify(alice, alice.code(steps))
    clock.advance(DAY)
    with pytest.raises(ClockOff):
        verify(alice, alice.code(6), known=BROWSER)


def test_who_sets_the_clock_right_is_not_shut_out(alice, clock):
    for steps in (1, 2, 3):
        clock.advance(DAY)
        verify(alice, alice.code(steps))
    clock.advance(DAY)
    verify(alice, alice.code())


def test_a_code_sent_again_from_another_browser_is_noted(alice, kinds):
    code = alice.code()
    service.verify_totp(alice.id, code, network=HOME, browser=b"one")
    for browser, noted in ((b"one", False), (b"two", True)):
        with pytest.raises(WrongCode):
            service.verify_totp(alice.id, code, network=HOME, browser=browser)
        assert (kinds(alice)[-1] == "mfa.code_sent_twice") is noted


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
    assert not service.apps_of(alice.id)[0].off
    assert letters() == []
    guess_wrong(alice, clock, 1)
    assert service.apps_of(alice.id)[0].off
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
    assert not service.apps_of(alice.id)[0].off


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
    assert not service.apps_of(alice.id)[0].off


def test_a_wrong_code_counts_for_all_apps_and_a_right_one_of_any_forgives_all(alice, clock):
    seed = another(alice, clock)
    guess_wrong(alice, clock, 60)
    clock.advance(3600)
    verify(alice, present(seed, clock))
    guess_wrong(alice, clock, 99)
    assert not any(app.off for app in service.apps_of(alice.id))
    guess_wrong(alice, clock, 1)
    assert all(app.off for app in service.apps_of(alice.id))


def test_an_app_that_is_off_is_added_again(alice, clock):
    with transaction():
        execute(update(TotpAuthenticator).values(failures=100))
    seed = another(alice, clock)
    clock.advance(30)
    verify(alice, present(seed, clock))
    assert [app.off for app in service.apps_of(alice.id)] == [True, False]


def test_apps_that_are_out_of_use_leave_room_for_one_that_works(alice, clock):
    for _ in range(service.MOST_APPS - 1):
        service.add_totp_for_operator(alice.id)
    code = present(totp.seed_for(alice.id, "new phone"), clock)
    with pytest.raises(TooManyApps):
        service.confirm_totp(alice.id, "new phone", code)
    service.quarantine(alice.id, 0)
    service.confirm_totp(alice.id, "new phone", code)
    assert [app.works for app in service.apps_of(alice.id)].count(True) == 1
