"""What an app may demand of passkeys, and what proves two factors at all."""

from __future__ import annotations

import itertools

import pytest

from idp.kernel.clock import MINUTE
from idp.kernel.registry import registry
from idp.sessions.assurance import AAL1, AAL2_PHISHING_RESISTANT, AAL3, reached
from idp.sessions.service import sessions_of
from tests.support.authenticator import b64, laptop, phone, usb_key
from tests.support.ceremony import given, make, options, show

pytestmark = pytest.mark.only_on("sqlite")  # of pages and levels, which no database changes


@pytest.fixture
def strict(make_agency):
    """An app that demands a key that cannot leave its device, and no consent."""
    return make_agency(name="Strict Department", require_acr=AAL3, first_party=True)


def answered(browser):
    return "code" in browser.answer


def test_the_key_that_cannot_leave_its_device_is_asked_for_and_no_other(browser, make_account, strict):
    eli, synced, bound = make_account(), phone(), laptop()
    given(eli.id, synced)
    given(eli.id, bound, "Laptop")
    show(browser.get("/sign-in"), synced)
    assert sessions_of(eli.id)[0].acr == AAL2_PHISHING_RESISTANT
    strict.authorize(browser, "openid")
    assert browser.data_page == "step-up"
    browser.submit("continue")
    assert [known["id"] for known in options(browser, "verify")["allowCredentials"]] == [b64(bound.credential_id)]
    show(browser, bound, "verify")
    assert answered(browser) and sessions_of(eli.id)[0].acr == AAL3


def test_at_a_sign_in_for_such_an_app_one_step_is_enough(browser, make_account, strict):
    eli, bound = make_account(), laptop()
    given(eli.id, bound)
    show(strict.authorize(browser, "openid"), bound)
    assert answered(browser)


def test_who_has_none_sets_one_up_and_one_that_is_synced_does_not_do(browser, alice, strict, clock):
    strict.authorize(browser, "openid")
    browser.submit("sign-in", email=alice.email, password=alice.password).submit("verify", code=alice.code())
    assert browser.data_page == "step-up"
    browser.submit("continue").click("set-up-passkey")
    assert "security key" in browser.text
    make(browser, phone())
    if browser.data_page == "save-codes":
        browser.submit("show").submit("saved")
    assert browser.data_page == "step-up", "phishing-resistant, and not enough"
    browser.submit("continue").click("set-up-device-passkey")
    make(browser, usb_key(), "add-key")
    assert answered(browser) and sessions_of(alice.id)[0].acr == AAL3


def test_an_older_proof_sets_up_nothing(browser, alice, strict, clock):
    browser.sign_in(alice)
    clock.advance(11 * MINUTE)
    strict.authorize(browser, "openid")
    assert browser.submit("continue").data_page == "confirm"


def test_two_factors_are_reached_by_nothing_but_what_one_has_and_something_else(app):
    """Every set of methods that there is (63B section 2.2.1): a verified passkey, or a password and something had."""
    known = registry().methods
    for count in range(len(known) + 1):
        for names in itertools.combinations(known, count):
            alone = {"passkey", "device_passkey"} & set(names)
            paired = "password" in names and len(names) > 1
            level, amr = reached(known[name] for name in names)
            assert (level != AAL1) is bool(alone or paired) is ("mfa" in amr), names
            assert (level == AAL3) is (
                "device_passkey" in names or {"password", "security_key"} <= set(names)
                or {"passkey", "security_key"} <= set(names)
            ), names  # fmt: skip
