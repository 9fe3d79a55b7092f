"""The resident's own pages about the authenticator app and recovery codes, in a browser."""

from __future__ import annotations

import pyotp
import pytest

from idp.accounts import service as accounts
from idp.kernel.clock import HOUR, MINUTE
from idp.sessions.service import sessions_of
from mfa import codes as recovery_codes
from mfa import service
from tests.support.authenticator import phone
from tests.support.ceremony import given, show

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

APP = "/account/sign-in/app"
ADD = "/account/sign-in/app/add"
CODES = "/account/sign-in/recovery-codes"


def code_of(browser, clock):
    return pyotp.TOTP(browser.page.select_one(".secret code").get_text().replace(" ", "")).at(clock.now)


def acr_of(person):
    return sessions_of(person.id)[0].acr


@pytest.fixture
def desk(browser, alice):
    """Alice's browser, signed in."""
    return browser.sign_in(alice)


@pytest.mark.parametrize("page", [APP, ADD, CODES])
def test_nobody_opens_them_without_signing_in(browser, page):
    assert browser.get(page).path == "/sign-in"


@pytest.mark.parametrize("page", [APP, ADD, CODES])
def test_an_older_proof_is_not_enough(desk, clock, page):
    assert desk.get(page).path == page
    clock.advance(21 * MINUTE)
    assert desk.get(page).path == "/confirm"


def test_another_app_works_beside_the_first(desk, alice, clock, letters):
    clock.advance(30)
    desk.get(ADD).submit("verify", code="000000")
    assert desk.errors
    desk.submit("verify", code=code_of(desk, clock), name="Tablet").submit("show")
    assert len(letters()) == 2
    desk.get(APP)
    assert "Tablet" in desk.text
    other = desk.another()
    other.get("/sign-in").submit("sign-in", email=alice.email, password=alice.password)
    other.submit("verify", code=alice.code())
    assert other.path == "/account"


def test_after_the_change_the_page_offers_another_seed_and_the_picture_is_kept_by_nobody(desk, clock):
    first = desk.get(ADD).page.select_one(".secret code").get_text()
    assert "no-store" in desk.headers["Cache-Control"]
    desk.submit("verify", code=code_of(desk, clock))
    assert desk.get(ADD).page.select_one(".secret code").get_text() != first


def test_a_clock_that_is_wrong_is_said_when_the_app_is_added(desk, clock):
    desk.get(ADD)
    code = pyotp.TOTP(desk.page.select_one(".secret code").get_text().replace(" ", "")).at(clock.now + 90)
    desk.submit("verify", code=code)
    assert "90 seconds fast" in desk.text


def test_an_app_is_renamed_and_removed_and_the_last_one_stays(desk, alice, clock):
    clock.advance(1)
    desk.get(ADD).submit("verify", code=code_of(desk, clock), name="Tablet")
    first, second = service.apps_of(alice.id)
    desk.get(f"{APP}/{second.id}").submit("save", name="Old tablet")
    assert "Old tablet" in desk.text
    desk.get(f"{APP}/{second.id}").submit("remove")
    assert "was removed" in desk.text
    desk.get(f"{APP}/{first.id}").submit("remove")
    assert "Add another way to sign in first" in desk.errors
    assert service.apps_of(alice.id) == [first]


def test_below_the_full_level_a_removal_waits_and_can_be_stopped(desk, alice, clock):
    clock.advance(1)
    desk.get(ADD).submit("verify", code=code_of(desk, clock))
    second = service.apps_of(alice.id)[1]
    given(alice.id, phone())
    assert desk.get(ADD).path == "/confirm"
    desk.get(f"{APP}/{second.id}").submit("remove")
    assert "in three days" in desk.text
    assert service.find(alice.id, second.id).leaves_at == clock.now + 72 * HOUR
    desk.submit("keep")
    assert service.find(alice.id, second.id).leaves_at is None


def test_somebody_elses_app_is_not_there(desk, bob):
    theirs = service.apps_of(bob.id)
    assert desk.get(f"{APP}/{theirs[0].id}").status == 404
    token = desk.get(ADD).field("csrf_token")["value"]
    assert desk.post(f"{APP}/{theirs[0].id}", {"csrf_token": token, "remove": "yes"}).status == 404
    assert service.apps_of(bob.id) == theirs


def test_new_codes_are_shown_once(desk, alice, codes, marked):
    desk.get(CODES)
    assert "10" in desk.text
    assert not desk.page.select(".codes li")
    desk.submit("show")
    shown = [item.get_text(strip=True) for item in desk.page.select(".codes li")]
    marked.add(*shown)
    assert len(shown) == 10
    assert set(shown).isdisjoint(codes)
    assert not desk.get(CODES).page.select(".codes li")


def test_looking_at_the_page_makes_no_codes(desk, alice):
    desk.get(CODES)
    assert recovery_codes.codes_of(alice.id) is None


@pytest.mark.parametrize("page", [ADD, CODES])
def test_a_form_without_its_token_changes_nothing(desk, alice, page):
    before = service.apps_of(alice.id), recovery_codes.codes_of(alice.id)
    desk.post(page, {"code": alice.code(1)})
    assert desk.status == 400
    assert (service.apps_of(alice.id), recovery_codes.codes_of(alice.id)) == before


@pytest.mark.settings(mfa="optional")
def test_a_resident_with_a_password_alone_adds_an_app_and_is_asked_to_save_codes(browser, carol, clock):
    browser.sign_in(carol)
    weak = acr_of(carol)
    assert browser.get(CODES).path == "/account/sign-in", "codes come with two factors"
    browser.get(ADD).submit("verify", code=code_of(browser, clock))
    assert browser.path == CODES
    assert acr_of(carol) > weak
    browser.submit("show")
    assert len(browser.page.select(".codes li")) == 10


@pytest.mark.settings(mfa="optional")
def test_a_session_with_a_password_alone_cannot_touch_a_second_factor_made_elsewhere(browser, carol, clock):
    browser.sign_in(carol)
    clock.advance(MINUTE)
    service.add_totp_for_operator(carol.id)
    for page in (APP, ADD, CODES):
        browser.get(page)
        assert browser.path == "/confirm"
        assert not browser.page.select(".secret, .codes")
    assert recovery_codes.codes_of(carol.id) is None


def test_the_desk_lists_both_with_their_state_strongest_first_and_advises_a_second_way(desk, codes):
    desk.get("/account/sign-in")
    assert "Added on January 15, 2027" in desk.text
    assert "10 codes left" in desk.text
    assert "Since January 15, 2027 you have only one way in" in desk.text
    ways = [term.get_text() for term in desk.page.select("dt")]
    assert ways[0].startswith("Passkey")
    assert "only one way in" in desk.get("/account").text


def test_with_two_ways_nobody_is_reminded(desk, alice, clock):
    given(alice.id, phone())
    assert "only one way in" not in desk.get("/account").text


def test_codes_are_saved_as_a_file_that_nobody_keeps(desk, alice, marked):
    desk.get(CODES).submit("show")
    shown = [item.get_text(strip=True) for item in desk.page.select(".codes li")]
    marked.add(*shown)
    desk.submit("download")
    assert desk.headers["Content-Type"].startswith("text/plain")
    assert "no-store" in desk.headers["Cache-Control"]
    assert "attachment" in desk.headers["Content-Disposition"]
    assert desk.body.split()[-10:] == shown


def test_the_file_holds_codes_and_nothing_else(desk):
    token = desk.get(CODES).field("csrf_token")["value"]
    assert desk.post("/sign-in/recovery-codes.txt", {"csrf_token": token, "code": "<script>"}).status == 400
    assert desk.post("/sign-in/recovery-codes.txt", {"code": "0000-0000-0000-0000"}).status == 400


# Confirming


def test_a_confirmation_begins_with_the_passkey_and_the_password_leads_to_the_app(desk, alice, clock):
    given(alice.id, phone())
    clock.advance(11 * MINUTE)
    desk.get(APP)
    assert desk.data_page == "confirm"
    assert desk.page.find("button", id="passkey") and desk.page.find("input", type="password")
    desk.submit("continue", password=alice.password)
    assert desk.data_page != "second-step", "the strongest comes first"
    desk.click("other-ways").click("totp").submit("verify", code=alice.code())
    assert desk.path == APP


def test_a_page_that_needs_the_passkey_asks_for_nothing_less(desk, alice):
    given(alice.id, phone())
    desk.get(ADD)
    assert desk.data_page == "confirm"
    assert desk.page.find("button", id="passkey") and not desk.page.find("input", type="password")
    desk.submit("other-ways")
    assert [a["id"] for a in desk.page.select("main li a")] == ["passkey", "none"]


def test_who_has_a_passkey_alone_confirms_with_it_and_may_add_a_password(browser, make_account, clock):
    person, device = make_account(password=None), phone()
    given(person.id, device)
    show(browser.get("/sign-in"), device)
    clock.advance(11 * MINUTE)
    browser.get("/account/sign-in/password")
    assert browser.data_page == "confirm" and not browser.page.find("input", type="password")
    show(browser.submit("passkey"), device, "verify")
    assert browser.path == "/account/sign-in/password"
    assert not browser.page.find(attrs={"name": "current_password"})
    browser.submit("change-password", password="short")
    assert browser.errors
    browser.submit("change-password", password="Marked-Kestrel-77-harbour")
    assert "You have a password now" in browser.text
    assert accounts.password_changed_at(person.id) == clock.now
