"""Phones of a resident: which numbers, confirmed by a code, changed with a veto, sent to sparingly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp.accounts import new_phones, numbers, phones, texting
from idp.accounts import service as accounts
from idp.accounts.errors import (
    CodeExhausted,
    CodeExpired,
    InvalidNumber,
    NextTextLater,
    NoSuchPhone,
    PhoneHeld,
    TextsClosed,
    TooLateToUndo,
    TooManyPhones,
    WrongPhoneCode,
)
from idp.accounts.models import Account, Phone
from idp.accounts.new_phones import Adding
from idp.kernel.clock import DAY, HOUR, MINUTE
from idp.kernel.db import execute
from idp.kernel.registry import registry
from idp.kernel.settings import Settings
from tests.factories import Person
from tests.support.clock import Clock
from tests.support.letters import Letter
from tests.support.texts import NUMBER, OTHER, give_phone, texts

pytestmark = pytest.mark.only_on("sqlite")  # the races are in tests/attacks/test_texts.py
HERE = "192.0.2.0/24"
ALLOWED = ("US", "PR", "CA")


@pytest.fixture
def ana(make_account: Callable[..., Person]) -> Person:
    return make_account()


def begin(person: Person, number: str = NUMBER, *, occasion: str = "one", channel: Any = "text") -> Any:
    """Ask for a code to a new number, and what stands for it."""
    adding = Adding(person.id, occasion)
    return adding.opened(new_phones.begin(adding, number, "US", channel, network=HERE))


def written_since(letters: Callable[[], list[Letter]], count: int) -> list[str]:
    return [letter.subject for letter in letters()[count:]]


# Numbers


@pytest.mark.parametrize("typed", ["(617) 555-0142", "+1 617 555 0142", "617.555.0142", "6175550142"])
def test_a_number_may_be_written_in_any_way(typed: str, app: Flask) -> None:
    assert numbers.for_codes(typed, "US", ALLOWED) == NUMBER


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("hello", "such as"),
        ("617 555", "too few"),
        ("117 555 0142", "no such"),
        ("617 555 0142 ext. 5", "extension"),
        ("+1 876 555 1234", "country"),
        ("+44 7911 123456", "country"),
        ("+1 900 555 0123", "kind"),
        ("+1 800 555 0123", "kind"),
        ("9" * 5000, ""),
    ],
)
def test_a_number_that_no_code_can_be_sent_to_is_refused(typed: str, says: str, app: Flask) -> None:
    with pytest.raises(InvalidNumber) as refusal:
        numbers.for_codes(typed, "US", ALLOWED)
    assert says in str(refusal.value.sentence)


# Adding


def test_a_number_counts_once_its_code_came_back(ana: Person, clock: Clock, letters: Any) -> None:
    target = begin(ana)
    assert not phones.held(ana.id)
    assert texts()[-1].to == NUMBER

    new_phones.add(target, texts()[-1].code, network=HERE)

    (phone,) = phones.usable(ana.id)
    assert (phone.number, phone.ending, phone.is_main, phone.works) == (NUMBER, "42", True, True)
    assert (phone.trusted_from, phone.trusted) == (clock.now + 7 * DAY, False)
    assert letters()[-1].subject == "A phone was added to your account"
    assert any("/not-me/" in link for link in letters()[-1].links)
    assert NUMBER[2:] not in letters()[-1].text
    changed = select(Account.credentials_changed_at).where(Account.id == ana.id)
    assert execute(changed).scalar() == clock.now
    clock.advance(7 * DAY)
    assert phones.usable(ana.id)[0].trusted


def test_the_first_phone_of_a_sign_up_is_trusted_at_once_and_a_later_one_is_not(ana: Person) -> None:
    give_phone(ana.id, at_sign_up=True)
    give_phone(ana.id, OTHER, at_sign_up=True)

    assert [phone.trusted for phone in phones.usable(ana.id)] == [True, False]


@pytest.mark.parametrize("change", [{"occasion": "another"}, {"number": OTHER}, {"channel": "voice"}])
def test_a_code_is_good_for_its_own_number_and_occasion_alone(ana: Person, clock: Clock, change: Any) -> None:
    target = begin(ana)
    right = texts()[-1].code
    clock.advance(31)
    other = begin(ana, **change)

    with pytest.raises(WrongPhoneCode):
        new_phones.add(other, right if right != texts()[-1].code else "x", network=HERE)
    new_phones.add(target, right, network=HERE)


def test_a_handle_means_nothing_on_another_occasion_or_when_it_is_made_up(ana: Person, app: Flask) -> None:
    handle = Adding(ana.id, "one").handle(NUMBER, "text")

    assert Adding(ana.id, "one").opened(handle)
    for adding in (Adding(ana.id, "two"), Adding("somebody", "one")):
        assert adding.opened(handle) is None
    for text in ("", "x", "é" * 9, handle[:-2], "A" * 5000):
        assert Adding(ana.id, "one").opened(text) is None


def test_a_code_works_once_for_ten_minutes_and_for_five_tries(ana: Person, clock: Clock) -> None:
    target = begin(ana)
    clock.advance(10 * MINUTE)
    with pytest.raises(CodeExpired):
        texting.check(target, texts()[-1].code, network=HERE)

    target = begin(ana)
    for _ in range(4):
        with pytest.raises(WrongPhoneCode, match="wrong_code"):
            texting.check(target, "no", network=HERE)
    with pytest.raises(CodeExhausted):
        texting.check(target, "no", network=HERE)
    with pytest.raises(CodeExhausted):
        texting.check(target, texts()[-1].code, network=HERE)

    clock.advance(HOUR)
    target = begin(ana)
    texting.check(target, texts()[-1].code, network=HERE)
    with pytest.raises(CodeExpired):
        texting.check(target, texts()[-1].code, network=HERE)


def test_an_account_has_at_most_five_phones_and_a_number_at_most_five_accounts(
    ana: Person, make_account: Callable[..., Person]
) -> None:
    for last in range(5):
        give_phone(ana.id, f"+1617555015{last}")
    with pytest.raises(PhoneHeld):
        begin(ana, "+16175550150")
    with pytest.raises(TooManyPhones):
        begin(ana)

    for _ in range(5):
        give_phone(make_account().id)
    with pytest.raises(TooManyPhones):
        give_phone(make_account().id)


def test_nothing_is_sent_before_an_address_is_confirmed(app: Flask) -> None:
    account_id = accounts.open_account("marked.new@residents.example", None, "en", confirmed=False)

    with pytest.raises(TextsClosed):
        new_phones.begin(Adding(account_id, "one"), NUMBER, "US", "text", network=HERE)
    assert not texts()


# Changing


def test_a_removed_phone_serves_for_nothing_hears_of_it_and_can_be_had_back_for_three_days(
    ana: Person, clock: Clock, letters: Any
) -> None:
    phone_id, other = give_phone(ana.id), give_phone(ana.id, OTHER)
    before = len(letters())
    phones.remove(ana.id, phone_id)

    assert [phone.id for phone in phones.usable(ana.id)] == [other]
    assert phones.usable(ana.id)[0].is_main
    assert not phones.confirmed(ana.id, NUMBER)
    assert written_since(letters, before) == ["A phone was removed from your account"]
    assert (texts()[-1].to, "was removed" in texts()[-1].text) == (NUMBER, True)
    with pytest.raises(NoSuchPhone):
        phones.remove(ana.id, phone_id)

    clock.advance(72 * HOUR - 1)
    undo = registry().undos["phone"]
    undo.stop(ana.id, phone_id)
    assert {phone.id for phone in phones.usable(ana.id)} == {phone_id, other}
    with pytest.raises(TooLateToUndo):
        undo.stop(ana.id, phone_id)


def test_after_three_days_a_removed_phone_is_gone(ana: Person, clock: Clock) -> None:
    phone_id = give_phone(ana.id)
    phones.remove(ana.id, phone_id)
    assert (phones.held(ana.id), len(phones.of(ana.id))) == (False, 1)
    clock.advance(72 * HOUR)

    with pytest.raises(TooLateToUndo):
        phones.restore(ana.id, phone_id)
    assert phones.sweep(10) == 1
    assert not execute(select(Phone.id)).all()


def test_nobody_touches_the_phone_of_somebody_else(ana: Person, make_account: Callable[..., Person]) -> None:
    phone_id, mallory = give_phone(ana.id), make_account()

    for act in (phones.remove, phones.make_main, phones.find):
        with pytest.raises(NoSuchPhone):
            act(mallory.id, phone_id)
    with pytest.raises(TooLateToUndo):
        phones.restore(mallory.id, phone_id)
    assert phones.usable(ana.id)


def test_another_phone_becomes_the_main_one_and_every_address_hears_of_it(ana: Person, letters: Any) -> None:
    give_phone(ana.id)
    other = give_phone(ana.id, OTHER)
    phones.make_main(ana.id, other)

    assert [(phone.id == other, phone.is_main) for phone in phones.of(ana.id)] == [(True, True), (False, False)]
    assert letters()[-1].subject == "Your main phone was changed"


def test_a_hundred_wrong_codes_in_a_row_turn_a_phone_off_until_it_is_added_anew(ana: Person, letters: Any) -> None:
    phone_id = give_phone(ana.id)
    for _ in range(99):
        phones.failed(phones.find(ana.id, phone_id))
    phones.passed(phones.find(ana.id, phone_id), "sign_in_phone")
    for _ in range(100):
        phones.failed(phones.find(ana.id, phone_id))

    assert (phones.has_usable(ana.id), phones.held(ana.id), phones.of(ana.id)[0].off) == (False, True, True)
    assert [letter.subject for letter in letters()].count("Codes to your phone were turned off") == 1
    give_phone(ana.id)
    assert [phone.works for phone in phones.of(ana.id)] == [True]


def test_what_was_added_since_is_taken_out_of_use_and_the_end_leaves_nothing(ana: Person, clock: Clock) -> None:
    old = give_phone(ana.id)
    since = clock.advance(HOUR)
    give_phone(ana.id, OTHER)
    (holding,) = (each for each in registry().holdings if each.name == "phones")

    assert holding.quarantine(ana.id, since) == 1
    assert [phone.id for phone in phones.usable(ana.id)] == [old]
    holding.erase(ana.id)
    assert execute(select(Phone.id)).all() == []


# Sending


def test_a_number_gets_one_code_in_half_a_minute_five_an_hour_and_ten_a_day(ana: Person, clock: Clock) -> None:
    start, moments, refusals = clock.now, list[int](), list[NextTextLater]()
    while len(moments) < 11:
        try:
            begin(ana)
            moments.append(clock.now - start)
        except NextTextLater as refusal:
            refusals.append(refusal)
            clock.advance(refusal.wait)

    few = [0, 30, 60, 90, 120]
    assert moments == [*few, *(HOUR + each for each in few), DAY]
    assert all("We can send the next code in" in str(refusal.sentence) for refusal in refusals)


def test_an_account_gets_five_codes_an_hour_whatever_its_numbers(ana: Person, app: Flask) -> None:
    for last in range(5):
        begin(ana, f"+1617555015{last}")

    with pytest.raises(NextTextLater) as refusal:
        begin(ana, "+16175550159")
    assert str(refusal.value.sentence) == "We can send the next code in 60 minutes. You can also use another way."


def test_production_without_a_gateway_sends_nothing(
    app: Flask, ana: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"env": "production", "issuer": "https://b.example", "secret_key": "x" * 40, "key_file": "x"}
    monkeypatch.setitem(app.extensions, "beacon.settings", Settings(**(settings.model_dump() | facts)))

    with pytest.raises(TextsClosed):
        begin(ana)
