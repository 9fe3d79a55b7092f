"""Texts turned against their owners or the state: guessing, pumping, flooding, relaying (attacks 154, 159, 238).

The races run on PostgreSQL, where transactions truly run side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from idp.accounts import new_phones, phones, texting
from idp.accounts.errors import CodeExhausted, CodeExpired, NextTextLater, TextsStopped, WrongPhoneCode
from idp.accounts.new_phones import Adding
from idp.accounts.texting import Target
from idp.audit.service import search
from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.settings import Settings
from idp.limits.errors import Throttled
from mfa import service as mfa
from mfa.phone import PURPOSE
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.texts import NUMBER, give_phone, texts

HERE = "192.0.2.0/24"
once = pytest.mark.only_on("sqlite")


@pytest.fixture
def dora(make_account: Callable[..., Person]) -> Person:
    person = make_account(email="marked.dora@residents.example")
    give_phone(person.id)
    return person


def with_password(browser: Browser, person: Person) -> Browser:
    return browser.get("/sign-in").submit("sign-in", email=person.email, password=person.password)


def for_attempt(person: Person, occasion: str, purpose: str = PURPOSE) -> Target:
    return Target(person.id, NUMBER, "text", purpose, occasion)


def pump(person: Person, number: str) -> None:
    new_phones.begin(Adding(person.id, "one"), number, "US", "text", network=HERE)


# 154: guessing over many sign-ins


@once
def test_tries_are_counted_over_all_sign_ins_browsers_and_codes(browser: Browser, dora: Person, clock: Clock) -> None:
    """154: ten wrong codes an hour, from however many sign-ins, and the right one is refused too."""
    seen = []
    for number in range(3):
        thief = with_password(browser.another(address=f"198.51.{number}.7"), dora).submit("send")
        for _ in range(5):
            thief.submit("verify", code="000000" if texts()[-1].code != "000000" else "111111")
            seen.append(thief.status)
            if thief.status == 429:
                break
        clock.advance(31)

    assert seen == [200] * 10 + [429]
    assert phones.usable(dora.id)
    assert [entry.kind for entry in search(account=dora.id)].count("phone.used") == 0


@once
def test_another_code_brings_no_new_tries(dora: Person, clock: Clock) -> None:
    """159: resends share one counter."""
    target = for_attempt(dora, "one")
    for _ in range(2):
        texting.send(target, network=HERE)
        for _ in range(5):
            with pytest.raises((WrongPhoneCode, CodeExhausted)):
                texting.check(target, "no", network=HERE)
        clock.advance(30)
    texting.send(target, network=HERE)
    with pytest.raises(Throttled):
        texting.check(target, texts()[-1].code, network=HERE)


@once
def test_a_hundred_wrong_codes_turn_the_phone_off_even_when_the_thief_waits(
    browser: Browser, dora: Person, clock: Clock
) -> None:
    """154: guessing slowly ends at the hundredth wrong code, and the owner is told."""
    (phone,) = phones.usable(dora.id)
    for _ in range(98):
        phones.failed(phone)
    thief = with_password(browser.another(), dora).submit("send")
    thief.submit("verify", code="no")
    assert phones.usable(dora.id)
    thief.submit("verify", code="no")
    assert not phones.usable(dora.id)
    thief.submit("verify", code=texts()[-1].code)
    assert thief.get("/account").path != "/account"


@once
def test_who_has_proven_a_phone_alone_removes_nothing_stronger(
    browser: Browser, make_account: Callable[..., Person]
) -> None:
    """A SIM swap: the number's new owner cannot take out the app (63B section 3.2.9)."""
    person = make_account(totp=True)
    give_phone(person.id)
    with_password(browser, person).click("other-ways").click("Text message or phone call").submit("send")
    browser.submit("verify", code=texts()[-1].code)
    (app,) = mfa.apps_of(person.id)
    browser.get(f"/account/sign-in/app/{app.id}").submit("remove")
    assert "not enough for this change" in browser.errors
    assert mfa.apps_of(person.id) == [app]


# 159: how long, for what, for whom


@once
def test_a_code_ends_with_its_time_and_with_the_next_one(dora: Person, clock: Clock) -> None:
    """159: at ten minutes, and when another was sent."""
    target = for_attempt(dora, "one")
    texting.send(target, network=HERE)
    first = texts()[-1].code
    clock.advance(30)
    texting.send(target, network=HERE)
    if first != texts()[-1].code:
        with pytest.raises(WrongPhoneCode):
            texting.check(target, first, network=HERE)
    clock.advance(10 * MINUTE)
    with pytest.raises(CodeExpired):
        texting.check(target, texts()[-1].code, network=HERE)


@once
def test_a_code_serves_no_other_purpose_sign_in_or_account(
    dora: Person, make_account: Callable[..., Person], clock: Clock
) -> None:
    """159: bound to what it was asked for, and by whom."""
    mine = for_attempt(dora, "one")
    texting.send(mine, network=HERE)
    code = texts()[-1].code
    for other in (for_attempt(dora, "two"), for_attempt(dora, "one", new_phones.PURPOSE)):
        with pytest.raises(CodeExpired):
            texting.check(other, code, network=HERE)
    texting.check(mine, code, network=HERE)


# 238: flooding and pumping


@once
def test_no_number_of_accounts_floods_one_phone(make_account: Callable[..., Person], clock: Clock) -> None:
    """238: five texts an hour reach a number, whoever asks, however it is written."""
    writings = ("617-555-0142", "+16175550142", "(617) 5550142", "1 617 555 0142")
    refused = 0
    for number in range(12):
        try:
            pump(make_account(), writings[number % 4])
        except NextTextLater:
            refused += 1
        clock.advance(31)
    assert (len(texts()), refused) == (5, 7)


@once
def test_a_block_from_which_no_code_comes_back_is_left_alone_for_an_hour(
    make_account: Callable[..., Person], clock: Clock, browser: Browser
) -> None:
    """238: pumping, by one account for each few numbers of a rented block."""
    for number in range(20):
        pump(make_account(), f"+1305555{1000 + number}")
    with pytest.raises(TextsStopped) as refusal:
        pump(make_account(), "+13055551900")
    assert str(refusal.value.sentence) == "We cannot send texts to this number now. Choose another way."
    assert refusal.value.wait == HOUR

    (halted,) = search(kind="code.texts_halted")
    assert halted.facts == {"block": "+1305555", "sent": 20, "returned": 0}
    pump(make_account(), NUMBER)
    clock.advance(HOUR - 1)
    with pytest.raises(TextsStopped):
        pump(make_account(), "+13055551901")
    clock.advance(1)
    pump(make_account(), "+13055551902")


@once
def test_a_block_whose_codes_come_back_goes_on(make_account: Callable[..., Person], clock: Clock) -> None:
    for number in range(25):
        person = make_account()
        adding = Adding(person.id, "one")
        target = adding.opened(
            new_phones.begin(adding, f"+1305555{1000 + number}", "US", "text", network=f"198.51.{number}.0/24")
        )
        if number % 3 == 0:
            new_phones.add(target, texts()[-1].code, network=HERE)  # type: ignore[arg-type]
    assert not search(kind="code.texts_halted")


# Once


def come_back(app: Flask, account_id: str, code: str) -> bool:
    with app.app_context():
        try:
            texting.check(Target(account_id, NUMBER, "text", PURPOSE, "one"), code, network="127.0.0.0/24")
        except (WrongPhoneCode, CodeExpired, CodeExhausted):
            return False
        return True


@pytest.mark.only_on("postgresql")
@pytest.mark.settings(limits_exempt="127.0.0.0/8")
def test_of_fifty_who_type_one_code_at_once_one_gets_in(dora: Person, settings: Settings, clock: Clock) -> None:
    """159, and requirement 9 of the assurance paper."""
    texting.send(for_attempt(dora, "one"), network="127.0.0.0/24")
    answers: list[Any] = at_once(come_back, settings, clock.now, dora.id, texts()[-1].code)
    assert (answers.count(True), len(answers)) == (1, CROWD)


def test_removing_and_keeping_a_phone_again_and_again_floods_nobody(browser: Browser, make_account: Any) -> None:
    """Attack 238: what a phone is told beside codes counts as well, and ends before the removal does."""
    ana = make_account(totp=True)
    number = give_phone(ana.id)
    browser.sign_in(ana).get("/account/sign-in/phones")
    token, before = browser.field("csrf_token")["value"], len(texts())
    for _ in range(20):
        browser.post("/account/sign-in/phones", {"csrf_token": token, "remove": number})
        browser.post("/account/sign-in/phones", {"csrf_token": token, "keep": number})
    assert len(texts()) - before == 10
    browser.post("/account/sign-in/phones", {"csrf_token": token, "remove": number})
    assert not phones.usable(ana.id)
