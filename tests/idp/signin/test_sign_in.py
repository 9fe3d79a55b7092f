"""A resident signs in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from idp import lifecycle
from idp.accounts import service as accounts
from idp.audit.service import search
from idp.kernel.db import execute
from idp.sessions.models import SessionRow
from tests.factories import PASSWORD, App, Person
from tests.idp.signin.acts import SESSION, agree, cookie, knock, links
from tests.support.agency import Agency
from tests.support.browser import Browser
from tests.support.clock import Clock

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes


def test_password_and_code_open_a_session(browser: Browser, ana: Person) -> None:
    knock(browser, ana.email.upper(), ana.password)
    assert browser.data_page == "second-step"
    assert cookie(browser) is None
    browser.submit("verify", code=ana.code())
    assert browser.path == "/account"
    assert cookie(browser)
    (opened,) = search(kind="session.opened")
    assert (opened.account_id, opened.facts["methods"], opened.actor) == (ana.id, ["password", "totp"], "resident")


def test_a_password_alone_opens_nothing(browser: Browser, ana: Person) -> None:
    knock(browser, ana.email, ana.password)
    for path in ("/account", "/account/profile", "/account/sign-in", "/account/sign-in/app", "/confirm"):
        assert browser.get(path).data_page == "sign-in"
    assert execute(select(SessionRow.id)).all() == []


def test_every_kind_of_no_is_the_same_page(browser: Browser, ana: Person, make_account: Callable[..., Person]) -> None:
    locked = make_account()
    lifecycle.lock(locked.id)
    answers = []
    for email, password in (
        (ana.email, "wrong password"),
        ("nobody@residents.example", ana.password),
        (locked.email, locked.password),
        ("not an address", ana.password),
    ):
        other = browser.another()
        knock(other, email, password)
        answers.append((other.status, other.text, sorted(dict(other.headers))))
    assert all(answer == answers[0] for answer in answers)
    assert "not right" in answers[0][1]


def test_the_right_password_after_a_wrong_one(browser: Browser, ana: Person) -> None:
    knock(browser, ana.email, "wrong password")
    assert browser.field("email")["value"] == ana.email
    assert "wrong password" not in browser.body
    browser.submit("sign-in", password=ana.password)
    assert browser.data_page == "second-step"


@pytest.mark.parametrize(("email", "password"), [("", PASSWORD), ("ana@example.com", ""), ("", "")])
def test_what_is_missing_is_said_and_costs_no_try(browser: Browser, email: str, password: str) -> None:
    knock(browser, email, password)
    assert "Enter your" in browser.errors
    assert search(kind="password.refused") == []


@pytest.mark.parametrize("typed", ["\0", "x" * 100_000, "' OR 1=1 --", "\u0344" * 9000])
def test_strange_input_is_just_wrong(browser: Browser, ana: Person, typed: str) -> None:
    for email, password in ((typed, PASSWORD), (ana.email, typed)):
        knock(browser, email, password)
        assert 200 <= browser.status < 500
        assert cookie(browser) is None


def test_too_many_tries_leave_the_page_as_it_is_and_say_how_long_to_wait(
    browser: Browser, agency: Agency, ana: Person, clock: Clock
) -> None:
    agency.authorize(browser)
    for _ in range(10):
        browser.submit("sign-in", email=ana.email, password="wrong password")
        clock.advance(30)
    assert browser.status == 200
    for _ in range(2):
        browser.submit("sign-in", email=ana.email, password=ana.password[::-1])
    assert (browser.status, browser.data_page) == (429, "sign-in")
    assert browser.headers["Retry-After"] == "30"
    assert "Too many tries. Wait 30 seconds, then try again." in browser.errors
    assert browser.field("email")["value"] == ana.email
    assert not browser.field("password")["value"]
    assert agency.app.client.name in browser.text


def test_an_account_that_is_locked_half_way_opens_nothing(browser: Browser, ana: Person) -> None:
    knock(browser, ana.email, ana.password)
    lifecycle.lock(ana.id)
    browser.submit("verify", code=ana.code())
    assert browser.data_page == "sign-in"
    assert cookie(browser) is None


def test_an_account_that_is_locked_at_the_last_moment_opens_nothing(browser: Browser, ana: Person) -> None:
    knock(browser, ana.email, ana.password)
    accounts.set_status(ana.id, "locked")
    browser.submit("verify", code=ana.code())
    assert browser.data_error == "account_locked"
    assert cookie(browser) is None


def test_each_attempt_works_once(browser: Browser, ana: Person, clock: Clock) -> None:
    knock(browser, ana.email, ana.password)
    page, token = browser.url, browser.field("csrf_token")["value"]
    browser.submit("verify", code=ana.code())
    clock.advance(30)
    browser.post(page, {"csrf_token": token, "code": ana.code()})
    assert browser.path == "/account"
    assert len(search(kind="session.confirmed")) == 0
    assert len(search(kind="session.opened")) == 1


def test_another_browser_cannot_go_on(browser: Browser, ana: Person) -> None:
    knock(browser, ana.email, ana.password)
    other = browser.another().get(browser.url)
    assert (other.status, other.data_error) == (410, "attempt_gone")


def test_an_attempt_ends_after_half_an_hour(browser: Browser, agency: Agency, ana: Person, clock: Clock) -> None:
    agency.authorize(browser).submit("sign-in", email=ana.email, password=ana.password)
    clock.advance(30 * 60)
    browser.submit("verify", code=ana.code())
    assert browser.data_error == "attempt_gone"
    assert agency.app.client.name in browser.text
    assert agency.app.client.home in links(browser)


def test_the_session_cookie_is_new_at_every_boundary(browser: Browser, ana: Person, clock: Clock) -> None:
    browser.client.set_cookie(SESSION, "chosen-by-somebody-else")
    browser.sign_in(ana)
    first = cookie(browser)
    clock.advance(60)
    browser.sign_in(ana)
    second = cookie(browser)
    assert len({"chosen-by-somebody-else", first, second}) == 3
    thief = browser.another()
    thief.client.set_cookie(SESSION, str(first))
    assert thief.get("/account").data_page == "sign-in"
    assert browser.get("/account").path == "/account"


def test_signing_in_again_keeps_the_session_and_somebody_else_ends_it(
    browser: Browser, ana: Person, bo: Person, clock: Clock
) -> None:
    browser.sign_in(ana)
    clock.advance(60)
    browser.sign_in(ana)
    assert len(execute(select(SessionRow.id)).all()) == 1
    assert len(search(kind="session.confirmed")) == 1
    browser.sign_in(bo)
    live = execute(select(SessionRow.account_id).where(SessionRow.ended_at.is_(None))).scalars().all()
    assert live == [bo.id]


def test_a_page_of_ours_gets_its_visitor_back(browser: Browser, ana: Person) -> None:
    browser.get("/account/profile")
    assert browser.data_page == "sign-in"
    browser.sign_in(ana, path=None)
    assert browser.path == "/account/profile"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(browser: Browser, ana: Person, elsewhere: str) -> None:
    browser.get("/sign-in", query_string={"return_to": elsewhere})
    assert "evil" not in str(browser.page.find("main"))
    browser.sign_in(ana, path=None)
    assert browser.url == "http://localhost:8000/account"


def test_who_is_signed_in_may_just_continue(browser: Browser, ana: Person) -> None:
    assert browser.get("/sign-in").page.find(id="continue") is None
    browser.sign_in(ana)
    browser.get("/sign-in")
    assert ana.email in browser.text
    browser.click("continue")
    assert browser.path == "/account"


def test_the_app_gets_its_resident_back(browser: Browser, agency: Agency, ana: Person) -> None:
    answer = agency.sign_in(browser, ana)
    claims = agency.read(answer["id_token"])
    assert claims["acr"].endswith("/aal/2")
    assert set(claims["amr"]) == {"pwd", "otp", "mfa"}


def test_the_login_hint_is_filled_in(browser: Browser, agency: Agency, ana: Person) -> None:
    agency.authorize(browser, login_hint=ana.email)
    assert browser.field("email")["value"] == ana.email
    agency.authorize(browser, login_hint='"><script>alert(1)</script>')
    assert "<script>alert" not in browser.body


def test_prompt_login_asks_again_and_auth_time_is_new(
    browser: Browser, agency: Agency, ana: Person, clock: Clock
) -> None:
    agency.sign_in(browser, ana)
    clock.advance(60)
    agency.authorize(browser, prompt="login")
    assert browser.data_page == "sign-in"
    assert browser.page.find(id="continue") is None
    assert browser.field("email")["value"] == ana.email
    browser.sign_in(ana, path=None)
    tokens = agency.redeem(agency.code(browser)).get_json()
    assert agency.read(tokens["id_token"])["auth_time"] == clock.now


def test_without_a_prompt_nobody_is_asked_again(browser: Browser, agency: Agency, ana: Person) -> None:
    agency.sign_in(browser, ana)
    agency.authorize(browser)
    assert agency.code(browser)


def test_dropping_the_prompt_on_the_way_back_changes_nothing(browser: Browser, agency: Agency, ana: Person) -> None:
    agency.sign_in(browser, ana)
    agency.authorize(browser, prompt="login")
    request_id = browser.path.rpartition("/")[2]
    browser.get(f"/authorize/{request_id}?prompt=none")
    assert browser.data_page == "sign-in"


def test_max_age_asks_again_when_the_proof_is_older(
    browser: Browser, agency: Agency, ana: Person, clock: Clock
) -> None:
    agency.sign_in(browser, ana)
    clock.advance(100)
    agency.authorize(browser, max_age="100")
    assert agency.code(browser)
    agency.authorize(browser, max_age="99")
    assert browser.data_page == "sign-in"
    agency.authorize(browser, max_age="0")
    browser.sign_in(ana, path=None)
    assert agency.code(browser)


def test_the_wrong_resident_goes_back_to_the_app_with_login_required(
    browser: Browser, agency: Agency, ana: Person, bo: Person, clock: Clock
) -> None:
    hint = agency.sign_in(browser, ana)["id_token"]
    agency.sign_in(browser.another(), bo)
    browser.post("/sign-out", {"csrf_token": browser.get("/account").field("csrf_token")["value"]})
    clock.advance(60)
    agency.authorize(browser, id_token_hint=hint)
    browser.sign_in(bo, path=None)
    assert browser.answer["error"] == "login_required"
    clock.advance(60)
    agency.authorize(browser, id_token_hint=hint)
    assert browser.data_page == "sign-in"
    browser.sign_in(ana, path=None)
    assert agency.code(browser)


def test_two_windows_finish_where_each_began(
    app: Flask, browser: Browser, make_client: Callable[..., App], ana: Person, clock: Clock
) -> None:
    one, two = (Agency(app, make_client(name=name)) for name in ("Agency One", "Agency Two"))
    second = browser.another()
    second.client = browser.client
    one.authorize(browser)
    two.authorize(second)
    browser.submit("sign-in", email=ana.email, password=ana.password)
    second.submit("sign-in", email=ana.email, password=ana.password)
    assert "Agency One" in browser.text
    assert "Agency Two" in second.text
    second.submit("verify", code=ana.code())
    assert two.code(agree(second))
    clock.advance(30)
    browser.submit("verify", code=ana.code())
    assert one.code(agree(browser))


def test_the_back_button_after_the_end_leads_to_the_app(browser: Browser, agency: Agency, ana: Person) -> None:
    agency.authorize(browser)
    page = browser.url
    browser.sign_in(ana, path=None)
    assert agency.code(agree(browser))
    browser.get(page)
    assert browser.location == agency.app.client.home


def test_other_ways_lists_what_is_set_up(browser: Browser, ana: Person) -> None:
    knock(browser, ana.email, ana.password).click("other-ways")
    assert browser.data_page == "other-ways"
    assert "Authenticator app" in browser.text
    assert "Recovery codes" not in browser.text
    browser.click("Authenticator app")
    browser.submit("verify", code=ana.code())
    assert browser.path == "/account"


@pytest.mark.settings(mfa="optional")
def test_where_it_is_optional_a_password_opens_a_session_of_its_own_worth(
    browser: Browser, make_account: Callable[..., Person]
) -> None:
    cy = make_account()
    browser.sign_in(cy)
    assert browser.path == "/account"
    assert execute(select(SessionRow.acr)).scalar_one().endswith("/aal/1")


@pytest.mark.settings(mfa="optional")
def test_where_it_is_optional_an_app_that_was_set_up_is_still_asked_for(browser: Browser, ana: Person) -> None:
    knock(browser, ana.email, ana.password)
    assert browser.data_page == "second-step"


def test_no_form_works_without_its_token(browser: Browser, ana: Person) -> None:
    browser.get("/sign-in")
    browser.post("/sign-in", {"email": ana.email, "password": ana.password})
    assert browser.data_error == "csrf"
    assert accounts.password_changed_at(ana.id) is not None
    assert search(kind="session.opened") == []
