"""Setting up the first second factor while signing in or up, in a browser."""

from __future__ import annotations

import pyotp
import pytest

from mfa import codes as recovery_codes
from mfa import service

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

PASSWORD = "Marked-Kestrel-77-harbour"


def key_of(browser):
    return browser.page.select_one(".secret code").get_text().replace(" ", "")


def code_of(browser, clock):
    return pyotp.TOTP(key_of(browser)).at(clock.now)


def signed_in(browser):
    return browser.get("/account").path == "/account"


def choose_app(browser, person):
    """Sign in, and choose an app as the second way."""
    browser.get("/sign-in").submit("sign-in", email=person.email, password=person.password)
    return browser.click("set-up-totp")


@pytest.fixture
def at_set_up(browser, carol):
    """Carol's browser after her password; she has no second factor yet."""
    choose_app(browser, carol)
    assert browser.data_page == "set-up"
    return browser


def test_set_up_confirm_save_and_done(at_set_up, carol, clock, marked):
    at_set_up.submit("verify", code=code_of(at_set_up, clock))
    assert at_set_up.data_page == "save-codes"
    assert not at_set_up.page.select(".codes li")
    at_set_up.submit("show")
    shown = [item.get_text(strip=True) for item in at_set_up.page.select(".codes li")]
    marked.add(*shown)
    assert len(shown) == 10
    at_set_up.submit("saved")
    assert signed_in(at_set_up)
    recovery_codes.spend(carol.id, shown[0], network="192.0.2.0/24")


def test_the_same_seed_stands_in_picture_link_and_text(at_set_up, carol):
    link = at_set_up.page.find("a", id="open-app")["href"]
    assert link.startswith("otpauth://totp/Beacon:")
    assert pyotp.parse_uri(link).secret == key_of(at_set_up)
    assert pyotp.parse_uri(link).name == carol.email
    groups = at_set_up.page.select_one(".secret code").get_text().split(" ")
    assert [len(group) for group in groups] == [4] * 8
    picture = at_set_up.page.select_one(".qr svg")
    assert picture.find("title").get_text()
    assert not picture.find_all(style=True)


def test_a_wrong_code_keeps_the_same_picture_and_so_does_a_reload(at_set_up, carol, clock):
    first, page = str(at_set_up.page.select_one(".qr svg")), at_set_up.path
    at_set_up.submit("verify", code="000000")
    assert at_set_up.errors
    assert str(at_set_up.page.select_one(".qr svg")) == first
    assert service.apps_of(carol.id) == []
    at_set_up.get(page)
    assert str(at_set_up.page.select_one(".qr svg")) == first
    at_set_up.submit("verify", code=code_of(at_set_up, clock))
    assert service.apps_of(carol.id)


def test_another_sign_in_is_offered_another_seed(at_set_up, carol):
    other = choose_app(at_set_up.another(), carol)
    assert key_of(other) != key_of(at_set_up)


def test_only_the_first_of_two_set_ups_counts(at_set_up, carol, clock):
    other = choose_app(at_set_up.another(), carol)
    at_set_up.submit("verify", code=code_of(at_set_up, clock))
    kept = service.apps_of(carol.id)
    other.submit("verify", code=code_of(other, clock))
    assert (other.status, other.data_error) == (403, "set_up_closed")
    assert service.apps_of(carol.id) == kept


def test_a_seed_of_ones_own_is_not_taken(at_set_up, carol, clock):
    mine = "A" * 32
    token = at_set_up.field("csrf_token")["value"]
    at_set_up.post(
        at_set_up.path, {"csrf_token": token, "code": pyotp.TOTP(mine).at(clock.now), "seed": mine, "secret": mine}
    )
    assert service.apps_of(carol.id) == []


def test_the_picture_is_not_shown_again_after_the_set_up(at_set_up, clock):
    page = at_set_up.path
    at_set_up.submit("verify", code=code_of(at_set_up, clock))
    at_set_up.get(page)
    assert at_set_up.data_page == "save-codes"
    assert not at_set_up.page.select(".qr")


def test_looking_at_the_pages_changes_nothing(at_set_up, carol, letters):
    before = letters()
    page = at_set_up.path
    at_set_up.get(page).get(page.replace("set-up", "recovery-codes"))
    assert at_set_up.data_error == "set_up_closed"
    assert (service.apps_of(carol.id), recovery_codes.codes_of(carol.id), letters()) == ([], None, before)


def test_nobody_goes_on_without_having_seen_the_codes(at_set_up, carol, clock):
    at_set_up.submit("verify", code=code_of(at_set_up, clock))
    token = at_set_up.field("csrf_token")["value"]
    at_set_up.post(at_set_up.path, {"csrf_token": token, "saved": "yes"})
    assert len(at_set_up.page.select(".codes li")) == 10
    assert not signed_in(at_set_up)


def test_after_the_codes_a_further_way_is_offered_and_may_be_put_off(at_set_up, carol, clock):
    choice = at_set_up.path.replace("set-up", "second-way")
    at_set_up.submit("verify", code=code_of(at_set_up, clock)).submit("show").submit("more")
    assert (at_set_up.path, at_set_up.data_page) == (choice, "second-way")
    offered = [a["id"] for a in at_set_up.page.select("main a[id^=set-up]")]
    assert offered[0] == "set-up-passkey" and "set-up-totp" not in offered
    at_set_up.submit("later")
    assert signed_in(at_set_up)


def test_showing_the_codes_again_ends_the_first_ones(at_set_up, carol, clock):
    at_set_up.submit("verify", code=code_of(at_set_up, clock))
    page = at_set_up.path
    first = {item.get_text(strip=True) for item in at_set_up.submit("show").page.select(".codes li")}
    again = {item.get_text(strip=True) for item in at_set_up.get(page).submit("show").page.select(".codes li")}
    assert first.isdisjoint(again)
    assert recovery_codes.codes_of(carol.id).left == 10


def test_an_ordinary_sign_in_shows_no_recovery_codes(browser, alice, codes):
    browser.get("/sign-in").submit("sign-in", email=alice.email, password=alice.password)
    page = browser.path.replace("/code/", "/recovery-codes/")
    other = browser.another()
    assert other.get(page).status == 410
    assert browser.get(page).status == 403


def test_required_means_there_is_no_later(browser, carol):
    browser.get("/sign-in").submit("sign-in", email=carol.email, password=carol.password)
    assert browser.data_page == "second-way"
    assert not browser.page.find(attrs={"name": "later"})
    token = browser.get(browser.path.replace("second-way", "set-up")).field("csrf_token")["value"]
    browser.post(browser.path.replace("set-up", "second-way"), {"csrf_token": token, "later": "yes"})
    assert browser.data_page == "second-way"
    assert not signed_in(browser)


@pytest.mark.settings(mfa="optional")
def test_where_it_is_optional_a_new_resident_may_put_it_off(browser, letters, marked):
    marked.add("marked.dora@residents.example")
    browser.get("/sign-up").submit(email="marked.dora@residents.example")
    browser.submit(code=letters()[-1].code).submit(password=PASSWORD)
    assert browser.data_page == "second-way"
    browser.submit("later")
    assert signed_in(browser)


@pytest.mark.settings(mfa="optional")
def test_putting_it_off_needs_the_forms_token(browser, letters):
    browser.get("/sign-up").submit(email="marked.dora@residents.example")
    browser.submit(code=letters()[-1].code).submit(password=PASSWORD)
    browser.post(browser.path, {"later": "yes"})
    assert browser.status == 400
    assert not signed_in(browser)
