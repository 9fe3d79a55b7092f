"""Phones in a browser: set up at sign-up, codes at sign-in, and the resident's own page."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from idp.accounts import phones
from idp.app import create_app
from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.db import db, execute
from idp.kernel.registry import registry
from idp.kernel.settings import Settings
from idp.sessions.models import SessionRow
from idp.sessions.strength import is_guarded
from tests.support.texts import NUMBER, OTHER, give_phone, texts

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

PHONES = "/account/sign-in/phones"


@pytest.fixture
def dora(make_account):
    """Has a password and a phone."""
    person = make_account(email="marked.dora@residents.example")
    give_phone(person.id)
    return person


def with_password(browser, person):
    return browser.get("/sign-in").submit("sign-in", email=person.email, password=person.password)


def signed_in(browser):
    return browser.get("/account").path == "/account"


def proof_of(person):
    query = select(SessionRow.acr, SessionRow.amr).where(SessionRow.account_id == person.id)
    session = execute(query).one()
    return session.acr.rpartition("/")[2], set(session.amr)


# At sign-in


def test_password_and_texted_code_sign_in(browser, dora):
    with_password(browser, dora)
    assert browser.data_page == "phone"
    assert "ends in 42" in browser.text
    assert "0142" not in browser.text
    assert not texts(), "looking sends nothing"

    browser.submit("send")
    assert browser.data_page == "phone-code"
    assert texts()[-1].to == NUMBER
    browser.submit("verify", code=f" {texts()[-1].code[:3]}-{texts()[-1].code[3:]} ")

    assert signed_in(browser)
    assert proof_of(dora) == ("2", {"pwd", "sms", "mfa"})


def test_a_code_that_was_read_aloud_says_so(browser, dora):
    with_password(browser, dora).submit("send", by="voice")
    assert texts()[-1].channel == "voice"
    browser.submit("verify", code=texts()[-1].code)
    assert proof_of(dora) == ("2", {"pwd", "tel", "mfa"})


def test_the_resident_chooses_among_phones(browser, dora):
    other = give_phone(dora.id, OTHER)
    with_password(browser, dora)
    browser.submit("send", phone=other)
    assert texts()[-1].to == OTHER
    assert "ends in 77" in browser.text


def test_a_wrong_code_keeps_the_page_and_counts_against_the_phone(browser, dora):
    with_password(browser, dora).submit("send")
    browser.submit("verify", code="nonsense")
    assert "newest message" in browser.errors
    browser.submit("verify", code=texts()[-1].code)
    assert signed_in(browser)
    assert phones.usable(dora.id)[0].used_at


def test_another_code_is_sent_on_request_and_the_wait_is_said(browser, dora, clock):
    with_password(browser, dora).submit("send")
    first = texts()[-1].code
    browser.submit("again")
    assert "next code in 1 minute" in browser.errors
    assert len(texts()) == 1

    clock.advance(30)
    browser.submit("again")
    assert "We sent another code" in browser.text
    assert len(texts()) == 2
    if first != texts()[-1].code:
        browser.submit("verify", code=first)
        assert browser.errors
    browser.submit("verify", code=texts()[-1].code)
    assert signed_in(browser)


def test_reading_a_page_again_or_in_another_language_sends_nothing(browser, dora):
    with_password(browser, dora).submit("send")
    here = browser.url
    for _ in range(3):
        assert browser.get(here).data_page == "phone-code"
    browser.click("Español")
    assert browser.data_page == "phone-code"
    assert len(texts()) == 1


def test_a_code_of_another_browser_does_not_work_here(browser, dora):
    mine, theirs = browser, browser.another()
    with_password(mine, dora).submit("send")
    code = texts()[-1].code
    with_password(theirs, dora)
    attempt, phone = theirs.path, phones.usable(dora.id)[0].id
    theirs.get(f"{attempt}?phone={phone}&by=text").submit("verify", code=code)
    assert theirs.errors and not signed_in(theirs)

    mine.submit("verify", code=code)
    assert signed_in(mine)


def test_other_ways_are_always_one_link_away(browser, make_account):
    person = make_account(totp=True)
    give_phone(person.id)
    with_password(browser, person)
    assert browser.data_page == "second-step", "an app comes before a phone"
    browser.click("other-ways").click("Text message or phone call")
    assert browser.data_page == "phone"
    assert browser.submit("send").click("other-ways").data_page == "other-ways"


@pytest.mark.parametrize("change", ["off", "suspended"])
def test_a_phone_that_does_not_work_is_not_asked_and_a_password_alone_adds_none(browser, dora, change, clock):
    (phone,) = phones.usable(dora.id)
    if change == "off":
        for _ in range(phones.MOST_FAILURES):
            phones.failed(phone)
    else:
        phones.quarantine(dora.id, 0)
    with_password(browser, dora)
    assert browser.data_page not in {"phone", "second-way", "set-up"}
    assert not signed_in(browser)


# At sign-up


def at_second_way(browser, letters):
    browser.get("/sign-up").submit(email="marked.new@residents.example")
    browser.submit(code=letters()[-1].code)
    browser.submit(password="Marked-Osprey-42-lantern")
    assert "second-way" in browser.data_page
    return browser


def test_a_phone_is_set_up_at_sign_up_after_a_word_about_its_risk(browser, letters, marked):
    at_second_way(browser, letters)
    choices = [link["href"] for link in browser.page.find("main").find_all("a") if "/sign-in/" in link["href"]]
    assert len(choices) > 1, "a phone is never the only choice"
    browser.get(next(href for href in choices if "/phone/" in href))
    assert browser.data_page == "phone-number"
    assert "less safe" in browser.text

    browser.submit("send", number="617 555")
    assert "too few" in browser.errors
    assert browser.field("number")["value"] == "617 555"
    marked.add("6175550142", "(617) 555-0142")
    browser.submit("send", number="(617) 555-0142")
    assert browser.data_page == "phone-code"
    assert texts()[-1].to == NUMBER
    browser.submit("verify", code=texts()[-1].code)

    assert browser.data_page == "save-codes"
    browser.submit("show").submit("saved")
    assert signed_in(browser)


def test_a_cap_keeps_what_was_typed(browser, letters):
    at_second_way(browser, letters)
    page = next(a["href"] for a in browser.page.find("main").find_all("a") if "/phone/" in a["href"])
    browser.get(page).submit("send", number="617 555 0142")
    browser.get(page).submit("send", number="617 555 0142")
    assert "next code in 1 minute" in browser.errors
    assert browser.field("number")["value"] == "617 555 0142"


def test_a_stranger_finds_no_set_up_page_behind_an_address(browser, letters):
    at_second_way(browser, letters)
    page = next(a["href"] for a in browser.page.find("main").find_all("a") if "/phone/" in a["href"])
    assert browser.another().get(page).data_error == "attempt_gone"


# On the resident's desk


@pytest.fixture
def desk(browser, alice):
    """Alice's browser, signed in by password and app."""
    return browser.sign_in(alice)


def test_a_phone_is_added_made_main_and_removed(desk, alice, letters, clock, marked):
    give_phone(alice.id, OTHER)
    desk.get(PHONES).click("add-phone").submit("send", number="617-555-0142")
    assert "+1 617-555-0142" in desk.text
    desk.submit("verify", code=texts()[-1].code)
    assert desk.path == PHONES
    assert "Your phone was added." in desk.text
    new = next(phone for phone in phones.of(alice.id) if phone.number == NUMBER)

    desk.submit(new.id)
    assert phones.usable(alice.id)[0].number == NUMBER
    desk.get(PHONES).submit("remove")
    assert "was removed" in desk.text
    assert [phone.works for phone in phones.of(alice.id)].count(True) == 1
    desk.submit("keep")
    assert "in use again" in desk.text
    subjects = [letter.subject for letter in letters()]
    assert subjects[-4:] == [
        "A phone was added to your account",
        "Your main phone was changed",
        "A phone was removed from your account",
        "A phone is back on your account",
    ]


def test_the_last_second_way_stays(browser, dora):
    with_password(browser, dora).submit("send").submit("verify", code=texts()[-1].code)
    browser.get(PHONES).submit("remove")
    assert "Add another way to sign in first" in browser.errors
    assert phones.has_usable(dora.id)


@pytest.mark.parametrize("page", [PHONES, f"{PHONES}/add"])
def test_an_old_proof_is_not_enough(desk, clock, page):
    assert desk.get(page).path == page
    clock.advance(11 * MINUTE)
    assert desk.get(page).path != page


def test_a_sealed_number_of_another_session_opens_nothing(desk, alice, clock):
    desk.get(f"{PHONES}/add").submit("send", number="617-555-0142")
    address, code = desk.url, texts()[-1].code
    clock.advance(30)
    other = desk.another().sign_in(alice)
    assert other.get(address).data_page == "phone-number"
    assert desk.get(address).submit("verify", code=code).path == PHONES


def test_what_is_pressed_for_the_phone_of_somebody_else_changes_nothing(desk, dora):
    desk.get(PHONES)
    token = desk.page.find("input", attrs={"name": "csrf_token"})["value"]
    (theirs,) = phones.of(dora.id)
    for act in ("remove", "main", "keep"):
        desk.post(PHONES, {"csrf_token": token, act: theirs.id})
        assert desk.status < 500
    assert phones.of(dora.id) == [theirs]


@pytest.mark.parametrize("by", ["", "fax", "voice;"])
def test_a_channel_or_phone_that_does_not_exist_leads_back_to_the_choice(browser, dora, by):
    with_password(browser, dora)
    here = browser.path
    assert browser.get(f"{here}?phone=x&by=text").data_page == "phone"
    assert browser.get(f"{here}?phone={phones.of(dora.id)[0].id}&by={by}").data_page == "phone"


def test_the_claim_says_whether_the_number_of_the_profile_is_confirmed(browser, make_account, make_agency):
    agency = make_agency(scopes=("openid", "phone"))
    person = make_account(totp=True, phone_number=NUMBER)
    tokens = agency.sign_in(browser, person, "openid phone", share=("phone_number", "phone_number_verified"))

    def verified():
        return agency.userinfo(tokens["access_token"]).get_json()["phone_number_verified"]

    assert verified() is False
    phone = give_phone(person.id)
    assert verified() is True
    phones.remove(person.id, phone)
    assert verified() is False


def test_ways_to_sign_in_count_the_phones(desk, alice):
    assert "Text message or phone call" in desk.get("/account/sign-in").text
    give_phone(alice.id)
    assert re.search(r"Text message or phone call\W+1 phone", desk.get("/account/sign-in").text)


def test_a_wait_of_hours_is_said_in_hours(browser, dora, clock):
    for _ in range(2):
        for _ in range(5):
            with_password(browser.another(), dora).submit("send")
            clock.advance(30)
        clock.advance(HOUR)
    with_password(browser, dora).submit("send")
    assert "next code in 22 hours" in browser.errors


def test_production_without_a_gateway_asks_for_no_phone_and_still_counts_it(dora, settings):
    facts = {"env": "production", "issuer": "https://b.example", "secret_key": "x" * 40}
    kept = {"database_url": settings.database_url, "key_file": settings.instance / "beacon.keys"}
    closed, open_ = (create_app(Settings(**facts, **kept, sms_url=url)) for url in (None, "json://sms.example/{to}"))
    for app, offered in ((closed, False), (open_, True)):
        with app.app_context():
            phone = registry().methods["phone"]
            assert (phone.enrol_endpoint is not None, phone.challenge_endpoint is not None) == (offered, offered)
            assert (phone.enrolled(dora.id), is_guarded(dora.id)) == (offered, True)
            db.engine.dispose()
