"""A stronger sign-in on top of a standing session, because an app asks for it; in a browser."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlencode

import pyotp
import pytest

from idp.kernel.clock import MINUTE
from idp.sessions.assurance import AAL1, AAL2, AAL2_PHISHING_RESISTANT
from idp.sessions.service import sessions_of
from mfa import service
from tests.support.authenticator import phone
from tests.support.ceremony import given, show

CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()

pytestmark = pytest.mark.settings(mfa="optional")


@pytest.fixture
def strict(make_client):
    """An app that demands two factors. It is first-party, so that no consent page stands in the way."""
    return make_client(name="Strict Department", require_acr=AAL2, first_party=True)


@pytest.fixture
def mild(make_client):
    """An app that may prefer two factors."""
    return make_client(name="Mild Department", first_party=True)


def authorize(browser, client, **more):
    query = {
        "client_id": client.id,
        "redirect_uri": client.redirect_uri,
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        "nonce": "n",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return browser.get("/authorize?" + urlencode(query | more))


def present(seed, clock):
    return pyotp.TOTP(seed).at(clock.now)


@pytest.fixture
def weak(browser, carol, clock):
    """Carol's browser, signed in with a password alone."""
    browser.sign_in(carol)
    clock.advance(MINUTE)
    return browser


@pytest.fixture
def seed(weak, carol, marked):
    """The seed of the app that Carol set up elsewhere meanwhile."""
    made = service.add_totp_for_operator(carol.id)
    marked.add(made)
    return made


def test_the_page_names_the_app_and_the_step_leads_back_to_it(weak, seed, strict, carol, clock):
    authorize(weak, strict)
    assert weak.data_page == "step-up"
    assert "Strict Department" in weak.text
    weak.submit("continue")
    assert weak.data_page == "second-step"
    weak.submit("verify", code=present(seed, clock))
    assert weak.answer["code"]
    (standing,) = sessions_of(carol.id)
    assert (standing.acr, standing.methods) == (AAL2, ("password", "totp"))


def test_a_wrong_code_leads_nowhere(weak, seed, strict, carol):
    authorize(weak, strict).submit("continue").submit("verify", code="000000")
    assert weak.data_page == "second-step"
    assert sessions_of(carol.id)[0].acr == AAL1
    assert authorize(weak, strict).data_page == "step-up"


def test_looking_at_the_page_raises_nothing(weak, seed, strict, carol):
    page = authorize(weak, strict).path
    weak.get(page).get(page.replace("/sign-in/step-up/", "/authorize/"))
    assert weak.data_page == "step-up"
    assert sessions_of(carol.id)[0].acr == AAL1


def test_a_preference_is_asked_for_and_reached(weak, seed, mild, clock):
    assert authorize(weak, mild, acr_values=AAL2).data_page == "step-up"
    weak.submit("continue").submit("verify", code=present(seed, clock))
    assert weak.answer["code"]


def test_an_app_that_asks_for_nothing_is_reached_at_once(weak, seed, mild):
    assert authorize(weak, mild).answer["code"]


def test_without_a_second_factor_the_step_leads_to_the_set_up_and_cannot_be_put_off(weak, strict, carol, clock):
    authorize(weak, strict).submit("continue")
    assert weak.data_page == "second-way"
    assert not weak.page.find(attrs={"name": "later"})
    weak.click("set-up-totp")
    key = weak.page.select_one(".secret code").get_text().replace(" ", "")
    weak.submit("verify", code=present(key, clock)).submit("show").submit("saved")
    assert weak.answer["code"]
    assert sessions_of(carol.id)[0].acr == AAL2


def test_an_older_password_must_be_given_again_before_the_set_up(weak, strict, carol, clock):
    clock.advance(21 * MINUTE)
    authorize(weak, strict).submit("continue")
    assert weak.data_page == "confirm"
    weak.submit(password=carol.password)
    assert weak.data_page == "step-up"
    weak.submit("continue")
    assert weak.data_page == "second-way"


def test_the_page_is_closed_while_a_new_sign_in_is_owed(browser, alice, strict, clock):
    page = authorize(browser.sign_in(alice), strict, prompt="login").url
    request_id = page.rpartition("/")[2]
    clock.advance(30 * MINUTE)
    browser.get(f"/sign-in/step-up/{request_id}")
    assert browser.data_page == "sign-in"


def test_a_second_step_makes_the_password_no_younger(weak, seed, strict, carol, clock):
    clock.advance(15 * MINUTE)
    proven_at = sessions_of(carol.id)[0].created_at
    authorize(weak, strict).submit("continue").submit("verify", code=present(seed, clock))
    assert weak.answer["code"]
    clock.advance(6 * MINUTE)
    assert weak.get("/account/sign-in/app").path == "/confirm"
    assert sessions_of(carol.id)[0].created_at == proven_at


def test_silent_requests_are_told_that_something_is_owed(weak, seed, strict):
    assert authorize(weak, strict, prompt="none").answer["error"] == "interaction_required"


def test_another_browsers_request_is_not_served(weak, seed, strict, carol):
    page = authorize(weak, strict).path
    other = weak.another().get("/sign-in").submit("sign-in", email=carol.email, password=carol.password)
    assert other.get(page).data_page != "step-up"


def test_nobody_signed_in_is_sent_to_sign_in(weak, seed, strict):
    page = authorize(weak, strict).path
    weak.client.delete_cookie("beacon-session", domain="localhost")
    weak.get(page)
    assert weak.data_page == "sign-in" and "Strict Department" in weak.text, "for the same request"
    assert weak.another().get(page).data_error == "request_gone"


# An app that wants what resists phishing


@pytest.fixture
def picky(make_client):
    return make_client(name="Picky Department", require_acr=AAL2_PHISHING_RESISTANT, first_party=True)


def test_who_has_a_passkey_shows_it_and_may_choose_among_what_helps(browser, alice, picky):
    device = phone()
    browser.sign_in(alice)
    given(alice.id, device)
    authorize(browser, picky)
    assert "Picky Department" in browser.text
    browser.submit("continue")
    show(browser, device, "verify")
    assert browser.answer["code"]
    assert sessions_of(alice.id)[0].acr == AAL2_PHISHING_RESISTANT


def test_who_has_none_adds_one_on_a_fresh_proof_and_is_offered_nothing_that_would_not_help(
    browser, alice, picky, clock
):
    authorize(browser.sign_in(alice), picky).submit("continue")
    assert browser.data_page == "second-way"
    assert [a["id"] for a in browser.page.select("main a[id^=set-up]")] == ["set-up-passkey"]
    clock.advance(11 * MINUTE)
    authorize(browser, picky).submit("continue")
    assert browser.data_page == "confirm"
    browser.submit("continue", password=alice.password).submit("verify", code=alice.code())
    assert browser.data_page == "step-up"
    assert browser.submit("continue").data_page == "second-way"


def test_an_older_session_cannot_slip_past_the_fresh_proof(browser, alice, picky, mild, clock):
    """An attempt that was begun for a challenge does not open the set-up of anything."""
    browser.sign_in(alice)
    given(alice.id, phone())
    clock.advance(11 * MINUTE)
    authorize(browser, picky).submit("continue")
    attempt = browser.path.rpartition("/")[2]
    for page in ("set-up", "set-up-passkey", "recovery-codes"):
        assert browser.get(f"/sign-in/{page}/{attempt}").status == 403, page
