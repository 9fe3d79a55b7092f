"""The resident's own pages about the authenticator app and recovery codes, in a browser."""

from __future__ import annotations

import pyotp
import pytest

from idp.kernel.clock import MINUTE
from idp.sessions.service import sessions_of
from mfa import service

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

APP = "/account/sign-in/app"
CODES = "/account/sign-in/recovery-codes"


def code_of(browser, clock):
    return pyotp.TOTP(browser.page.select_one(".secret code").get_text().replace(" ", "")).at(clock.now)


def acr_of(person):
    return sessions_of(person.id)[0].acr


@pytest.fixture
def desk(browser, alice):
    """Alice's browser, signed in."""
    return browser.sign_in(alice)


@pytest.mark.parametrize("page", [APP, CODES])
def test_nobody_opens_them_without_signing_in(browser, page):
    assert browser.get(page).path == "/sign-in"


@pytest.mark.parametrize("page", [APP, CODES])
def test_an_older_proof_is_not_enough(desk, clock, page):
    assert desk.get(page).path == page
    clock.advance(21 * MINUTE)
    assert desk.get(page).path == "/confirm"


def test_another_app_takes_the_place_of_the_first_only_when_it_works(desk, alice, clock):
    clock.advance(30)
    desk.get(APP).submit("verify", code="000000")
    assert desk.errors
    service.verify_totp(alice.id, alice.code(), network="192.0.2.0/24")
    desk.submit("verify", code=code_of(desk, clock))
    assert desk.path == "/account/sign-in"
    assert "another authenticator app" in desk.text
    clock.advance(30)
    other = desk.another()
    other.get("/sign-in").submit("sign-in", email=alice.email, password=alice.password)
    other.submit("verify", code=alice.code())
    assert other.errors


def test_after_the_change_the_page_offers_another_seed(desk, clock):
    first = desk.get(APP).page.select_one(".secret code").get_text()
    desk.submit("verify", code=code_of(desk, clock))
    assert desk.get(APP).page.select_one(".secret code").get_text() != first


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
    assert service.codes_of(alice.id) is None


@pytest.mark.parametrize("page", [APP, CODES])
def test_a_form_without_its_token_changes_nothing(desk, alice, page):
    before = service.app_of(alice.id), service.codes_of(alice.id)
    desk.post(page, {"code": alice.code(1)})
    assert desk.status == 400
    assert (service.app_of(alice.id), service.codes_of(alice.id)) == before


@pytest.mark.settings(mfa="optional")
def test_a_resident_with_a_password_alone_adds_an_app_and_is_asked_to_save_codes(browser, carol, clock):
    browser.sign_in(carol)
    weak = acr_of(carol)
    browser.get(CODES)
    assert browser.path == APP
    browser.submit("verify", code=code_of(browser, clock))
    assert browser.path == CODES
    assert acr_of(carol) > weak
    browser.submit("show")
    assert len(browser.page.select(".codes li")) == 10


@pytest.mark.settings(mfa="optional")
def test_a_session_with_a_password_alone_cannot_touch_a_second_factor_made_elsewhere(browser, carol, clock):
    browser.sign_in(carol)
    clock.advance(MINUTE)
    service.add_totp_for_operator(carol.id)
    for page in (APP, CODES):
        browser.get(page)
        assert browser.path == "/confirm"
        assert not browser.page.select(".secret, .codes")
    assert service.codes_of(carol.id) is None


def test_the_desk_lists_both_with_their_state(desk, codes):
    desk.get("/account/sign-in")
    assert "Added on January 15, 2027" in desk.text
    assert "10 codes left" in desk.text
