"""A resident who cannot sign in gets the account back, page by page, and nobody else does."""

from __future__ import annotations

from dataclasses import replace

import pyotp
import pytest

from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.audit.service import search
from idp.kernel import clock as time
from mfa import codes as saved_codes
from tests.factories import PASSWORD
from tests.support.recovery import NEW, ask, mailed, prove, set_up_app, signs_in

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

HALF_HOUR = 30 * 60


@pytest.fixture
def ana(ana, clock):
    """She set her app up an hour ago."""
    clock.advance(60 * 60)
    return ana


def kinds(who):
    return [entry.kind for entry in reversed(search(account=who.id))]


# The table, by hand


def test_forgot_the_password_and_still_has_the_app(browser, ana, letters, clock):
    at_home = browser.another().sign_in(ana)
    clock.advance(30)
    prove(browser, ana, letters)
    assert browser.data_page == "recover-more"
    browser.click("way-totp").submit("verify", code=ana.code())
    assert browser.data_page == "recover-password"
    assert browser.submit("continue", password="short").errors
    browser.submit("continue", password=NEW)
    assert browser.data_page == "recovered"
    assert browser.get("/account").data_page == "sign-in", "a recovery signs nobody in"
    assert at_home.get("/account").data_page == "sign-in", "and everybody out"
    clock.advance(30)
    assert not signs_in(browser, ana, PASSWORD, ana.code())
    assert signs_in(browser, ana, NEW, ana.code())
    assert [kind for kind in kinds(ana) if kind.startswith("recovery.")] == ["recovery.begun", "recovery.finished"]
    (told,) = [letter for letter in letters() if letter.subject == "Your account was recovered"]
    assert "/not-me/" in told.text


def test_lost_the_app_and_knows_the_password(browser, ana, letters, clock):
    prove(browser, ana, letters)
    browser.click("way-password").submit("continue", password=PASSWORD)
    seed = set_up_app(browser)
    assert browser.data_page == "recovered"
    clock.advance(30)
    assert not signs_in(browser, ana, PASSWORD, ana.code()), "the lost one is out of use"
    assert signs_in(browser, ana, PASSWORD, pyotp.TOTP(seed).at(time.now()))


def test_lost_both_and_has_a_saved_code(browser, ana, letters, clock):
    codes = saved_codes.make(ana.id)
    prove(browser, ana, letters)
    browser.click("way-recovery-code").submit("verify", code=codes[0])
    assert browser.data_page == "recover-password"
    browser.submit("continue", password=NEW)
    seed = set_up_app(browser)
    assert browser.data_page == "recovered"
    clock.advance(30)
    assert signs_in(browser, ana, NEW, pyotp.TOTP(seed).at(time.now()))
    assert not signs_in(browser, ana, NEW, ana.code())
    (finished,) = search(kind="recovery.finished")
    assert finished.facts["shown"] == ["email", "saved_code"]
    assert finished.facts["reset"] == ["password", "second_factor"]


def test_from_a_sign_in_whose_second_factor_was_lost(browser, ana, letters, clock, agency):
    agency.authorize(browser)
    browser.submit("sign-in", email=ana.email, password=PASSWORD)
    browser.click("other-ways").click("none")
    assert browser.data_page == "recover-from"
    browser.submit("send-code").submit("continue", code=mailed(letters, ana).code)
    seed = set_up_app(browser)
    assert browser.data_page == "recovered"
    clock.advance(30)
    browser.click("sign-in").submit("sign-in", email=ana.email, password=PASSWORD)
    browser.submit("verify", code=pyotp.TOTP(seed).at(time.now()), follow=False)
    browser.follow()
    while browser.location and browser.location.startswith("/"):
        browser.follow()
    if browser.data_page == "consent":
        browser.submit("share", follow=False).follow()
    assert agency.code(browser), "the app that waited gets its answer"


def test_the_app_knows_the_same_person_afterwards(browser, ana, letters, clock, agency):
    def sub(who):
        return agency.read(agency.sign_in(browser.another(), who, "openid")["id_token"])["sub"]

    before = sub(ana)
    clock.advance(30)
    prove(browser, ana, letters)
    browser.click("way-password").submit("continue", password=PASSWORD)
    seed = set_up_app(browser)
    clock.advance(30)
    assert browser.data_page == "recovered"
    assert sub(replace(ana, totp_secret=seed)) == before


@pytest.mark.settings(mfa="optional")
def test_an_account_without_a_second_factor_needs_only_its_mailbox(browser, make_account, letters):
    carol = make_account()
    prove(browser, carol, letters)
    assert browser.data_page == "recover-password"
    browser.submit("continue", password=NEW)
    assert browser.data_page == "recovered"
    assert signs_in(browser, carol, NEW, None)


def test_the_mailbox_alone_opens_nothing(browser, ana, letters):
    prove(browser, ana, letters)
    attempt = browser.path.rpartition("/")[2]
    for path in ("/recover/password/", "/sign-in/second-way/", "/sign-in/set-up/", "/sign-in/recovery-codes/"):
        browser.get(path + attempt)
        assert browser.data_page == "recover-more" or browser.data_error, path
    assert browser.get("/account").data_page == "sign-in"


def test_wrong_proofs_lead_nowhere(browser, ana, letters):
    prove(browser, ana, letters)
    browser.click("way-password").submit("continue", password="not the password of ana")
    assert browser.data_page == "password-step"
    assert browser.errors
    browser.click("other-ways")
    assert browser.data_page == "recover-more"
    browser.click("way-totp").submit("verify", code="000000")
    assert browser.errors


# Links, browsers, letters


def test_the_link_only_opens_the_page(browser, ana, letters):
    letter = mailed(letters, ask(browser, ana) and ana)
    for _ in range(3):
        browser.another().get(letter.links[0])
        browser.client.head(letter.links[0])
    browser.get(letter.links[0])
    assert browser.data_page == "recover-code"
    browser.submit("continue", code=letter.code)
    assert browser.data_page == "recover-more"
    assert browser.get(letter.links[0]).data_page == "recover-more", "once more leads on"


def test_the_link_in_another_browser_goes_on_there_with_address_and_code(browser, ana, letters):
    ask(browser, ana)
    letter, phone = mailed(letters, ana), browser.another()
    phone.get(letter.links[0])
    assert phone.data_page == "recover-elsewhere"
    phone.submit("continue", email="marked.somebody@residents.example", code=letter.code)
    assert phone.errors
    phone.submit("continue", email=ana.email.upper(), code=f" {letter.code[:3]}-{letter.code[3:]} ")
    assert phone.data_page == "recover-more"
    assert browser.get(letter.links[0]).data_page == "recover-link-used"
    assert browser.get(phone.path).data_error == "attempt_gone", "the first browser is out"


def test_used_expired_and_unknown_links_say_which(browser, ana, letters, clock):
    prove(browser, ana, letters)
    used = mailed(letters, ana).links[0]
    assert browser.another().get(used).data_page == "recover-link-used"
    ask(browser, ana)
    clock.advance(HALF_HOUR)
    assert browser.get(mailed(letters, ana).links[0]).data_page == "recover-link-expired"
    assert browser.get("/recover/code/nothing").data_page == "recover-link-unknown"
    assert browser.status == 410


def test_any_code_of_this_recovery_works_once(browser, ana, letters):
    ask(browser, ana)
    first = mailed(letters, ana)
    browser.submit("send-again")
    second = mailed(letters, ana)
    assert first.code != second.code
    browser.submit("continue", code=first.code)
    assert browser.data_page == "recover-more"
    other = browser.another().get(second.links[0])
    assert other.data_page == "recover-link-used"


def test_nothing_typed_is_lost(browser, ana):
    browser.get("/recover").submit("send-code", email="not an address")
    assert browser.field("email")["value"] == "not an address"
    assert browser.errors


def test_a_changed_password_ends_the_code(browser, ana, letters, clock):
    ask(browser, ana)
    clock.advance(5)
    accounts.change_password(ana.id, passwords.hash_new(NEW))
    browser.submit("continue", code=mailed(letters, ana).code)
    assert browser.errors
    assert browser.data_page == "recover-code"
