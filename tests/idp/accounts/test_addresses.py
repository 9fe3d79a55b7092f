"""Email addresses of a resident: added after proof, changed with a veto, gone after three days."""

from __future__ import annotations

import pytest
from flask import Flask

from idp.accounts import addresses, new_addresses, notices, receiving, vetoes
from idp.accounts import service as accounts
from idp.accounts.errors import (
    AddressGone,
    AddressNotUsable,
    AlreadyYours,
    NoSuchAddress,
    StillMain,
    TooLateToUndo,
    TooManyAddresses,
)
from idp.kernel.clock import DAY, HOUR
from idp.kernel.errors import TooMany
from idp.kernel.registry import registry
from idp.limits.errors import Throttled
from tests.factories import PASSWORD, Person
from tests.support.addresses import NETWORK, SESSION, added, asked, named

SECOND = "marked.second@residents.example"
THIRD = "marked.third@residents.example"


@pytest.fixture
def ana(make_account) -> Person:
    return make_account()


def signs_in(email: str) -> str | None:
    return accounts.check_password(email, PASSWORD, network=NETWORK)


def mains(person: Person) -> list[str]:
    return [one.email for one in addresses.of(person.id) if one.is_main]


def test_an_address_is_nothing_until_its_code_was_typed(ana, letters) -> None:
    handle = asked(ana.id, SECOND)
    assert [one.email for one in addresses.of(ana.id)] == [ana.email]
    assert (letters()[-1].to, accounts.find_by_email(SECOND), signs_in(SECOND)) == (SECOND, None, None)
    assert handle not in letters()[-1].subject and SECOND not in handle
    assert new_addresses.prove(SESSION, handle, letters()[-1].code, network=NETWORK) == SECOND


def test_a_new_address_signs_in_is_told_of_and_cannot_recover_for_a_week(ana, letters, clock) -> None:
    new = added(ana, SECOND)
    assert (new.is_main, new.good, new.new) == (False, True, True)
    assert signs_in(SECOND) == signs_in(ana.email) == ana.id
    told = [letter for letter in letters() if "/not-me/" in letter.text]
    assert {letter.to for letter in told} == {ana.email, SECOND}
    assert accounts.resident(ana.id).credentials_changed_at == clock.now
    clock.advance(7 * DAY)
    assert not named(ana, SECOND).new


def test_a_handle_is_good_in_its_own_session_alone(ana) -> None:
    handle = asked(ana.id, SECOND)
    assert new_addresses.awaited(SESSION, handle) == SECOND
    for session, shown in (("another", handle), (SESSION, handle[:-2]), (SESSION, ""), (SESSION, "x\N{BULLET}")):
        with pytest.raises(AddressGone):
            new_addresses.awaited(session, shown)


def test_ones_own_address_is_not_added_twice(ana) -> None:
    with pytest.raises(AlreadyYours):
        asked(ana.id, ana.email.upper())
    added(ana, SECOND)
    with pytest.raises(AlreadyYours):
        asked(ana.id, SECOND)


def test_an_address_that_an_operator_wrote_down_is_confirmed_by_adding_it(app: Flask) -> None:
    email = "marked.unproven@residents.example"
    bo = Person(accounts.open_account(email, PASSWORD, "en", confirmed=False), email, PASSWORD)
    assert not accounts.resident(bo.id).email_confirmed
    added(bo, email)
    assert accounts.resident(bo.id).email_confirmed
    assert mains(bo) == [email]


def test_an_account_has_at_most_twelve(ana, clock) -> None:
    for number in range(11):
        added(ana, f"marked.{number}@residents.example")
        clock.advance(HOUR)
    with pytest.raises(TooManyAddresses):
        asked(ana.id, SECOND)
    addresses.remove(ana.id, named(ana, "marked.3@residents.example").id)
    clock.advance(3 * DAY)
    added(ana, SECOND)


def test_nobody_has_letters_sent_without_end(ana) -> None:
    for number in range(10):
        asked(ana.id, f"marked.{number}@elsewhere.example")
    with pytest.raises(Throttled):
        asked(ana.id, SECOND)


def test_the_main_address_changes_and_the_old_one_stays(ana, letters) -> None:
    new = added(ana, SECOND)
    addresses.make_main(ana.id, new.id)
    assert mains(ana) == [SECOND] == [accounts.main_email(ana.id)]
    assert {letter.to for letter in letters()[-2:]} == {ana.email, SECOND}
    assert signs_in(ana.email) == ana.id
    count = len(letters())
    addresses.make_main(ana.id, new.id)
    assert len(letters()) == count, "what is so already is no news"


def test_the_main_address_is_not_removed(ana) -> None:
    with pytest.raises(StillMain):
        addresses.remove(ana.id, named(ana, ana.email).id)


def test_a_removed_address_opens_nothing_and_hears_everything_for_three_days(ana, letters, clock) -> None:
    old = named(ana, ana.email)
    addresses.make_main(ana.id, added(ana, SECOND).id)
    addresses.remove(ana.id, old.id)
    assert {letter.to for letter in letters()[-2:]} == {ana.email, SECOND}
    assert (signs_in(ana.email), signs_in(SECOND)) == (None, ana.id)
    with pytest.raises(AddressNotUsable):
        addresses.make_main(ana.id, old.id)
    with pytest.raises(AlreadyYours):
        asked(ana.id, ana.email)
    notices.announce(ana.id, "accounts/password_changed", about="password")
    assert letters()[-1].to == ana.email
    clock.advance(72 * HOUR)
    notices.announce(ana.id, "accounts/password_changed", about="password")
    assert letters()[-1].to == SECOND
    assert addresses.sweep(10) == 1
    assert accounts.find_by_email(ana.email) is None


def test_an_address_that_leaves_is_nobody_elses_until_it_is_gone(ana, make_account, letters, clock) -> None:
    bo, old = make_account(), named(ana, ana.email)
    addresses.make_main(ana.id, added(ana, SECOND).id)
    addresses.remove(ana.id, old.id)
    asked(bo.id, ana.email)
    assert "belongs to your account" in letters()[-1].text and letters()[-1].to == ana.email
    clock.advance(72 * HOUR)
    addresses.sweep(10)
    assert added(bo, ana.email).good


def test_a_new_address_that_is_removed_is_gone_at_once_and_told(ana, letters) -> None:
    new = added(ana, SECOND)
    addresses.remove(ana.id, new.id)
    assert {letter.to for letter in letters()[-2:]} == {ana.email, SECOND}
    assert [one.email for one in addresses.of(ana.id)] == [ana.email]
    with pytest.raises(NoSuchAddress):
        vetoes.keep(ana.id, new.id)
    with pytest.raises(TooLateToUndo):
        vetoes.stop(ana.id, new.id)


def test_its_owner_keeps_a_removed_address(ana, clock) -> None:
    second = added(ana, SECOND)
    clock.advance(8 * DAY)
    addresses.remove(ana.id, second.id)
    vetoes.keep(ana.id, second.id)
    assert named(ana, SECOND).good
    assert mains(ana) == [ana.email]


def test_the_old_address_takes_a_whole_change_back(ana, letters, clock) -> None:
    old, new = named(ana, ana.email), added(ana, SECOND)
    addresses.make_main(ana.id, new.id)
    addresses.remove(ana.id, old.id)
    clock.advance(71 * HOUR)
    link = next(
        word for letter in reversed(letters()) if letter.to == ana.email for word in letter.links if "/not-me/" in word
    )
    notice = notices.find(link.rpartition("/")[2])
    assert (notice.about, notice.subject) == ("email", old.id)
    registry().undos[notice.about].stop(ana.id, notice.subject)
    assert mains(ana) == [ana.email]
    assert named(ana, ana.email).good
    assert named(ana, SECOND).suspended_at == clock.now
    assert (signs_in(ana.email), signs_in(SECOND)) == (ana.id, None)
    assert letters()[-1].to == ana.email, "what is out of use hears no more"
    with pytest.raises(TooLateToUndo):
        vetoes.stop(ana.id, new.id)


def test_a_veto_comes_too_late_after_three_days(ana, clock) -> None:
    old = named(ana, ana.email)
    addresses.make_main(ana.id, added(ana, SECOND).id)
    addresses.remove(ana.id, old.id)
    clock.advance(72 * HOUR)
    for subject in (old.id, named(ana, SECOND).id, None, "nothing"):
        with pytest.raises(TooLateToUndo):
            vetoes.stop(ana.id, subject)
    assert mains(ana) == [SECOND]


def test_an_added_address_and_a_change_of_the_main_one_can_be_taken_back(ana, clock) -> None:
    new = added(ana, SECOND)
    addresses.make_main(ana.id, new.id)
    vetoes.stop(ana.id, new.id)
    assert mains(ana) == [ana.email]
    assert not named(ana, SECOND).good
    third = added(ana, THIRD)
    clock.advance(8 * DAY)
    addresses.make_main(ana.id, third.id)
    vetoes.stop(ana.id, third.id)
    assert mains(ana) == [ana.email]
    assert named(ana, THIRD).good, "it stood for a week, so it only stops being the main one"
    with pytest.raises(TooLateToUndo):
        vetoes.stop(ana.id, third.id)


def test_a_new_address_has_no_veto(ana, clock) -> None:
    mine, new = named(ana, ana.email), added(ana, SECOND)
    with pytest.raises(TooLateToUndo):
        vetoes.stop(ana.id, mine.id)
    addresses.make_main(ana.id, new.id)
    with pytest.raises(TooLateToUndo):
        vetoes.stop(ana.id, mine.id)
    assert mains(ana) == [SECOND]


def test_quarantine_keeps_what_was_there_and_brings_back_what_was_removed(ana, clock) -> None:
    second = added(ana, SECOND)
    clock.advance(8 * DAY)
    since, old = clock.now, named(ana, ana.email)
    third = added(ana, THIRD)
    addresses.make_main(ana.id, third.id)
    addresses.remove(ana.id, old.id)
    assert vetoes.quarantine(ana.id, since) == 1
    assert mains(ana) == [ana.email]
    assert [one.email for one in addresses.of(ana.id) if one.good] == [ana.email, SECOND]
    assert second.id == named(ana, SECOND).id


def test_quarantine_leaves_the_oldest_whenever_it_came(ana) -> None:
    added(ana, SECOND)
    assert vetoes.quarantine(ana.id, 0) == 1
    assert vetoes.quarantine(ana.id, 0) == 0
    assert mains(ana) == [ana.email]


def test_an_erased_account_has_no_address(ana) -> None:
    added(ana, SECOND)
    vetoes.erase(ana.id)
    assert addresses.of(ana.id) == []
    assert accounts.find_by_email(SECOND) is None


def test_several_addresses_buy_no_more_tries(ana) -> None:
    added(ana, SECOND)
    refused = {ana.email: 0, SECOND: 0}
    for number in range(12):
        email = (ana.email, SECOND)[number % 2]
        try:
            accounts.check_password(email, "Wrong-Kestrel-12-ferry", network="")
        except TooMany:
            refused[email] += 1
    assert refused[ana.email] and refused[SECOND], "after five or ten tries at both together, as the ladder has it"


def test_each_app_gets_the_chosen_address_and_else_the_main_one(ana, make_client) -> None:
    app_, other, second = make_client().client, make_client().client, added(ana, SECOND)

    def told(client_id: str) -> str:
        who = accounts.resident(ana.id, client_id)
        return who.key.open("email", who.sealed_email or b"")

    addresses.choose_for(ana.id, app_.id, second.id)
    assert (told(app_.id), told(other.id), told("")) == (SECOND, ana.email, ana.email)
    addresses.choose_for(ana.id, app_.id, "")
    assert (told(app_.id), receiving.chosen(ana.id, app_.id)) == (ana.email, None)
    addresses.choose_for(ana.id, app_.id, second.id)
    vetoes.stop(ana.id, second.id)
    assert (told(app_.id), receiving.chosen(ana.id, app_.id)) == (ana.email, None)
    for unusable, error in ((second.id, AddressNotUsable), ("nothing", NoSuchAddress)):
        with pytest.raises(error):
            addresses.choose_for(ana.id, app_.id, unusable)
