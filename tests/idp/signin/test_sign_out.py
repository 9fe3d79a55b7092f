"""A resident signs out."""

from __future__ import annotations

from idp.audit.service import search
from tests.factories import Person
from tests.idp.signin.acts import SESSION, cookie
from tests.support.browser import Browser


def leave(browser: Browser) -> Browser:
    token = browser.field("csrf_token")["value"]
    return browser.post("/sign-out", {"csrf_token": token}, follow=False)


def test_signing_out_ends_the_session_for_good(browser: Browser, ana: Person) -> None:
    browser.sign_in(ana)
    kept = cookie(browser)
    leave(browser)
    assert browser.status == 303
    assert cookie(browser) is None
    browser.follow()
    assert browser.data_page == "signed-out"
    browser.client.set_cookie(SESSION, str(kept))
    assert browser.get("/account").data_page == "sign-in"
    (ended,) = search(kind="session.ended")
    assert (ended.account_id, ended.actor) == (ana.id, "resident")


def test_only_this_browser_is_signed_out(browser: Browser, ana: Person, bo: Person) -> None:
    other = browser.another()
    other.sign_in(bo)
    browser.sign_in(ana)
    leave(browser)
    assert other.get("/account").path == "/account"


def test_signing_out_clears_this_site_and_leaves_the_cookies_of_its_neighbours(browser: Browser, ana: Person) -> None:
    browser.sign_in(ana)
    leave(browser)
    assert browser.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_signing_out_needs_a_form_of_ours(browser: Browser, ana: Person) -> None:
    browser.sign_in(ana)
    assert browser.post("/sign-out", {}).data_error == "csrf"
    assert browser.get("/sign-out").status == 405
    assert browser.get("/account").path == "/account"


def test_signing_out_twice_is_no_mistake(browser: Browser, ana: Person) -> None:
    browser.sign_in(ana)
    token = browser.field("csrf_token")["value"]
    for _ in range(2):
        assert browser.post("/sign-out", {"csrf_token": token}).data_page == "signed-out"
