"""The second step of a sign-in, in a browser."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from idp.kernel.db import execute, transaction
from mfa import codes as recovery_codes
from mfa import service
from mfa.models import TotpAuthenticator

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes


@pytest.fixture
def at_second_step(browser, alice):
    """Alice's browser after her password."""
    browser.get("/sign-in").submit("sign-in", email=alice.email, password=alice.password)
    assert browser.data_page == "second-step"
    return browser


def signed_in(browser):
    return browser.get("/account").path == "/account"


def test_password_and_code_sign_in(at_second_step, alice):
    at_second_step.submit("verify", code=alice.code())
    assert signed_in(at_second_step)


def test_a_password_alone_does_not(at_second_step):
    assert not signed_in(at_second_step)


@pytest.mark.parametrize("code", ["", " ", "0", "000000", "null", "12345", "x" * 1000])
def test_a_wrong_code_keeps_the_page_and_says_so(at_second_step, code):
    at_second_step.submit("verify", code=code)
    assert at_second_step.data_page == "second-step"
    assert at_second_step.errors
    assert at_second_step.field("code")["value"] == ""
    assert not signed_in(at_second_step)


def test_after_a_wrong_code_the_right_one_signs_in(at_second_step, alice):
    at_second_step.submit("verify", code="000000")
    at_second_step.submit("verify", code=alice.code())
    assert signed_in(at_second_step)


def test_a_code_may_be_typed_with_spaces_in_arabic_digits(at_second_step, alice):
    arabic = alice.code().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    at_second_step.submit("verify", code=f" {arabic[:3]} {arabic[3:]}")
    assert signed_in(at_second_step)


def test_a_used_code_does_not_sign_in_another_browser(at_second_step, alice):
    code = alice.code()
    other = at_second_step.another()
    other.get("/sign-in").submit("sign-in", email=alice.email, password=alice.password)
    at_second_step.submit("verify", code=code)
    other.submit("verify", code=code)
    assert signed_in(at_second_step)
    assert not signed_in(other)


def test_the_page_belongs_to_its_browser(at_second_step, alice):
    other = at_second_step.another().get(at_second_step.path)
    assert (other.status, other.data_error) == (410, "attempt_gone")


def test_the_form_needs_its_token(at_second_step, alice):
    at_second_step.post(at_second_step.path, {"code": alice.code()})
    assert at_second_step.status == 400
    assert not signed_in(at_second_step)


def test_an_attempt_that_knows_nobody_reaches_no_challenge(browser, alice, app):
    browser.get("/sign-up").submit(email="marked.new@residents.example")
    attempt_id = browser.path.rpartition("/")[2]
    for page in ("code", "recovery-code", "set-up", "recovery-codes"):
        browser.get(f"/sign-in/{page}/{attempt_id}")
        assert browser.status == 410, page


def test_a_recovery_code_signs_in_once(at_second_step, alice, codes):
    at_second_step.click("other-ways")
    at_second_step.click("Recovery codes")
    assert at_second_step.data_page == "recovery-code"
    at_second_step.submit("verify", code="0000-0000-0000-0000")
    assert at_second_step.errors
    at_second_step.submit("verify", code=codes[3].lower())
    assert at_second_step.data_page == "new-code"
    at_second_step.submit("saved")
    assert signed_in(at_second_step)
    other = at_second_step.another()
    other.get("/sign-in").submit("sign-in", email=alice.email, password=alice.password)
    other.click("other-ways").click("Recovery codes").submit("verify", code=codes[3])
    assert not signed_in(other)


def test_too_many_tries_say_how_long_to_wait(at_second_step, alice):
    for _ in range(10):
        at_second_step.submit("verify", code="000000")
    at_second_step.submit("verify", code=alice.code())
    assert (at_second_step.status, at_second_step.data_error) == (429, "too_many")
    assert not signed_in(at_second_step)


def test_an_app_that_is_off_lets_nobody_in_and_nothing_new_be_set_up(at_second_step, alice, codes):
    with transaction():
        execute(update(TotpAuthenticator).values(failures=100))
    page = at_second_step.path
    at_second_step.submit("verify", code=alice.code())
    assert "turned off" in at_second_step.errors
    at_second_step.get(page.replace("/code/", "/set-up/"))
    assert (at_second_step.status, at_second_step.data_error) == (403, "set_up_closed")
    at_second_step.get(page).click("other-ways").click("Recovery codes").submit("verify", code=codes[0])
    at_second_step.submit("saved")
    assert signed_in(at_second_step)


def test_a_used_code_is_replaced_by_a_new_one_which_is_shown_once(at_second_step, alice, codes, marked):
    at_second_step.click("other-ways").click("Recovery codes").submit("verify", code=codes[0])
    (new,) = [item.get_text(strip=True) for item in at_second_step.page.select(".codes li")]
    marked.add(new)
    assert recovery_codes.codes_of(alice.id).left == 10
    at_second_step.get(at_second_step.path)
    assert not at_second_step.page.select(".codes li")
    at_second_step.submit("saved")
    assert signed_in(at_second_step)
    recovery_codes.spend(alice.id, new, network="192.0.2.0/24")


@pytest.mark.parametrize("page", ["set-up", "recovery-codes"])
def test_a_password_alone_sets_nothing_up_beside_what_there_is(at_second_step, alice, page):
    before = service.apps_of(alice.id), recovery_codes.codes_of(alice.id)
    at_second_step.get(at_second_step.path.replace("/code/", f"/{page}/"))
    assert (at_second_step.status, at_second_step.data_error) == (403, "set_up_closed")
    assert (service.apps_of(alice.id), recovery_codes.codes_of(alice.id)) == before
