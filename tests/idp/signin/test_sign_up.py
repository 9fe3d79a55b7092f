"""A resident creates an account."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.accounts.models import Account
from idp.audit.service import search
from idp.kernel.db import execute
from idp.limits import service as limits
from idp.sessions.models import SessionRow
from tests.factories import PASSWORD, Person
from tests.idp.signin.acts import agree, knock, links
from tests.support.agency import Agency
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.leaks import Marked
from tests.support.letters import Letter

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

Letters = Callable[[], list[Letter]]


@pytest.fixture
def email(marked: Marked) -> str:
    """An address that no account has."""
    address = f"marked.{secrets.token_hex(4)}@residents.example"
    marked.add(address, PASSWORD)
    return address


def type_email(browser: Browser, email: str) -> None:
    browser.get("/sign-up").submit(email=email)


def type_code(browser: Browser, letters: Letters) -> None:
    browser.submit(code=letters()[-1].code)


def to_password(browser: Browser, email: str, letters: Letters) -> None:
    type_email(browser, email)
    type_code(browser, letters)


def set_up_app(browser: Browser, clock: Clock) -> str:
    browser.click("set-up-totp")
    key = browser.page.find("code")
    assert key is not None
    seed = key.get_text().replace(" ", "")
    browser.submit("verify", code=pyotp.TOTP(seed).at(clock.now))
    browser.submit("show").submit("saved")
    return seed


def sessions() -> int:
    return len(execute(select(SessionRow.id)).all())


def test_from_address_to_account_one_step_a_page(browser: Browser, email: str, letters: Letters, clock: Clock) -> None:
    type_email(browser, email)
    assert browser.data_page == "confirm-email"
    (letter,) = letters()
    assert letter.to == email
    assert letter.code not in letter.subject
    assert letter.text.lstrip().startswith(letter.code)
    type_code(browser, letters)
    assert browser.data_page == "choose-password"
    browser.submit(password=PASSWORD)
    assert browser.data_page == "second-way"
    assert sessions() == 0
    set_up_app(browser, clock)
    assert browser.path == "/account"
    account = accounts.find_by_email(email)
    assert account is not None
    assert accounts.resident(account.id).email_confirmed
    (opened,) = search(kind="session.opened")
    assert (opened.account_id, opened.facts["methods"]) == (account.id, ["password", "totp"])
    assert opened.actor == "resident"


@pytest.mark.settings(mfa="optional")
def test_the_second_factor_can_be_put_off_where_it_is_optional(browser: Browser, email: str, letters: Letters) -> None:
    to_password(browser, email, letters)
    browser.submit(password="kx7#mPq2Lw9!aZ")
    assert "at least 15 characters" in browser.errors
    browser.submit(password=PASSWORD)
    assert browser.data_page == "second-way"
    browser.submit("later")
    assert browser.path == "/account"
    assert [entry.facts["methods"] for entry in search(kind="session.opened")] == [["password"]]


def test_the_second_factor_cannot_be_put_off_where_it_is_required(
    browser: Browser, email: str, letters: Letters
) -> None:
    to_password(browser, email, letters)
    browser.submit(password=PASSWORD)
    assert browser.page.find(id="later") is None
    choice = browser.url
    token = browser.click("set-up-totp").field("csrf_token")["value"]
    browser.post(choice, {"csrf_token": token, "later": "yes"})
    assert browser.data_page == "second-way"
    browser.get("/account")
    assert browser.data_page == "sign-in"
    assert sessions() == 0


def test_who_left_before_the_app_goes_on_by_signing_in(
    browser: Browser, email: str, letters: Letters, clock: Clock
) -> None:
    to_password(browser, email, letters)
    browser.submit(password=PASSWORD)
    later = browser.another()
    later.get("/sign-in").submit("sign-in", email=email, password=PASSWORD)
    assert later.data_page == "second-way"
    set_up_app(later, clock)
    assert later.path == "/account"


def test_the_app_that_sent_them_gets_them_back(
    browser: Browser, agency: Agency, email: str, letters: Letters, clock: Clock
) -> None:
    agency.authorize(browser, prompt="create", login_hint=email)
    assert browser.data_page == "sign-up"
    assert browser.field("email")["value"] == email
    assert agency.app.client.name in browser.text
    browser.submit("send-code")
    assert agency.app.client.name in browser.text
    type_code(browser, letters)
    browser.submit(password=PASSWORD)
    set_up_app(browser, clock)
    assert agency.redeem(agency.code(agree(browser))).status_code == 200


def test_sign_in_leads_to_sign_up_and_back_with_the_request(browser: Browser, agency: Agency) -> None:
    agency.authorize(browser)
    request_id = browser.path.removeprefix("/sign-in/")
    browser.click("sign-up")
    assert browser.path == f"/sign-up/{request_id}"
    browser.click("sign-in")
    assert browser.path == f"/sign-in/{request_id}"


def test_a_known_address_gets_another_letter_and_the_same_page(
    browser: Browser, ana: Person, email: str, letters: Letters
) -> None:
    other = browser.another()
    type_email(browser, email)
    type_email(other, ana.email.upper())
    assert (browser.status, browser.data_page) == (other.status, other.data_page) == (200, "confirm-email")
    assert browser.text.replace(email, "") == other.text.replace(
        ana.email.upper().replace("RESIDENTS.EXAMPLE", "residents.example"), ""
    )
    to_new, to_ana = letters()
    assert to_new.to == email
    assert to_ana.to == ana.email
    assert "already have one" in to_ana.text
    with pytest.raises(AssertionError):
        to_ana.code  # noqa: B018
    for page in (browser, other):
        told = [page.submit(code=f"{guess:06d}").errors for guess in range(6)]
        assert told[0] == told[3] != told[4] == told[5]


def test_letters_of_a_known_address_are_in_its_own_language(
    browser: Browser, make_account: Callable[..., Person], email: str, letters: Letters
) -> None:
    bo = make_account(locale="ar")
    browser.language = "es"
    type_email(browser, email)
    type_email(browser, bo.email)
    to_new, to_bo = letters()
    assert 'lang="es"' in to_new.html
    assert 'lang="ar"' in to_bo.html


@pytest.mark.parametrize(
    "typed", ["", "ana", "ana@", "a b@example.com", "ana@example.com, eve@example.com", "x" * 5000]
)
def test_what_is_no_address_is_said_at_the_field(browser: Browser, letters: Letters, typed: str) -> None:
    type_email(browser, typed)
    assert browser.data_page == "sign-up"
    assert browser.errors
    assert letters() == []


def test_a_wrong_code_is_told_and_the_right_one_still_works(browser: Browser, email: str, letters: Letters) -> None:
    type_email(browser, email)
    code = letters()[-1].code
    browser.submit(code=f"{(int(code) + 1) % 1_000_000:06d}")
    assert "not the code" in browser.errors
    browser.submit(code=f" {code[:3]} {code[3:]} ")
    assert browser.data_page == "choose-password"


def test_a_code_does_not_work_after_ten_minutes_and_a_new_one_does(
    browser: Browser, email: str, letters: Letters, clock: Clock
) -> None:
    type_email(browser, email)
    clock.advance(10 * 60)
    type_code(browser, letters)
    assert "no longer works" in browser.errors
    browser.submit("send-again")
    assert "another email" in browser.text
    type_code(browser, letters)
    assert browser.data_page == "choose-password"


def test_letters_are_limited_for_known_and_unknown_alike(
    browser: Browser, ana: Person, email: str, letters: Letters
) -> None:
    for address in (email, ana.email):
        type_email(browser, address)
        before = len(letters())
        assert browser.submit("send-again").data_page == "confirm-email"
        assert browser.submit("send-again").data_page == "confirm-email"
        assert browser.submit("send-again").status == 429
        assert len(letters()) == before + 2


def test_new_codes_do_not_bring_new_guesses_without_end(browser: Browser, email: str, letters: Letters) -> None:
    type_email(browser, email)
    for _ in range(2):
        for guess in range(5):
            assert browser.submit(code=f"{guess:06d}").status == 200
        browser.submit("send-again")
    assert browser.submit(code=letters()[-1].code).status == 429


def test_a_network_that_signs_up_in_crowds_is_asked_for_work_and_let_in(
    browser: Browser, email: str, letters: Letters, clock: Clock
) -> None:
    home = "127.0.0.0/24"
    for number in range(20):
        limits.spend("sign_up", account=f"pupil {number}", network=home)
    type_email(browser, email)
    assert browser.data_page == "proof"
    clock.advance(30)
    assert browser.submit("try-again").data_page == "confirm-email", "and by patience, without script"
    assert limits.use("sign_up", "network", home).used == 21
    type_code(browser, letters)
    assert limits.use("sign_up", "network", home).used == 20, "who proves an address is no machine"
    elsewhere = browser.another(address="198.51.100.7")
    type_email(elsewhere, email)
    assert elsewhere.data_page == "confirm-email"


def test_the_link_in_the_letter_opens_the_code_page_and_does_nothing(
    browser: Browser, email: str, letters: Letters
) -> None:
    type_email(browser, email)
    link = letters()[-1].links[0]
    for _ in range(2):
        browser.get(link)
        assert browser.data_page == "confirm-email"
    type_code(browser, letters)
    assert browser.data_page == "choose-password"


def test_the_link_in_another_browser_says_where_to_type_the_code(
    browser: Browser, agency: Agency, email: str, letters: Letters
) -> None:
    agency.authorize(browser, prompt="create").submit(email=email)
    other = browser.another().get(letters()[-1].links[0])
    assert (other.status, other.data_page) == (410, "elsewhere")
    assert agency.app.client.name in other.text
    assert email not in other.body
    type_code(browser, letters)
    assert browser.data_page == "choose-password"


def test_the_password_page_opens_only_after_the_code(browser: Browser, email: str, letters: Letters) -> None:
    type_email(browser, email)
    page = browser.url.replace("/sign-up/code/", "/sign-up/password/")
    token = browser.field("csrf_token")["value"]
    assert browser.get(page).data_page == "confirm-email"
    assert browser.post(page, {"csrf_token": token, "password": PASSWORD}).data_page == "confirm-email"
    assert execute(select(Account.id)).all() == []
    type_code(browser, letters)
    assert browser.submit(password=PASSWORD).data_page == "second-way"


def test_another_browser_cannot_go_on(browser: Browser, email: str, letters: Letters) -> None:
    to_password(browser, email, letters)
    other = browser.another().get(browser.url)
    assert (other.status, other.data_error) == (410, "attempt_gone")
    other.get("/sign-up")
    token = other.field("csrf_token")["value"]
    assert other.post(browser.url, {"csrf_token": token, "password": PASSWORD}).status == 410
    assert browser.submit(password=PASSWORD).data_page == "second-way"


@pytest.mark.parametrize("password", ["", "short", "password1234", "aaaaaaaaaaaa", "residents2026", "x" * 2000])
def test_a_weak_password_is_refused_with_its_reason(
    browser: Browser, email: str, letters: Letters, password: str
) -> None:
    to_password(browser, email, letters)
    browser.submit(password=password)
    assert browser.data_page == "choose-password"
    assert browser.errors
    assert execute(select(Account.id)).all() == []
    assert browser.submit(password=PASSWORD).data_page == "second-way"


def test_sending_the_password_twice_opens_one_account(browser: Browser, email: str, letters: Letters) -> None:
    to_password(browser, email, letters)
    page, token = browser.url, browser.field("csrf_token")["value"]
    for _ in range(2):
        assert browser.post(page, {"csrf_token": token, "password": PASSWORD}).data_page == "second-way"
    assert len(execute(select(Account.id)).all()) == 1


def test_the_second_of_two_clicks_goes_where_the_first_went(
    browser: Browser, email: str, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_password(browser, email, letters)
    page, token, first = browser.url, browser.field("csrf_token")["value"], passwords.make_hash
    second = browser.another()
    second.client = browser.client

    def overtaken(password: str) -> passwords.PasswordHash:
        monkeypatch.setattr(passwords, "make_hash", first)
        assert second.post(page, {"csrf_token": token, "password": PASSWORD}).data_page == "second-way"
        return first(password)

    monkeypatch.setattr(passwords, "make_hash", overtaken)
    browser.submit(password=PASSWORD)
    assert browser.status == 200
    assert browser.url == second.url
    assert len(execute(select(Account.id)).all()) == 1


@pytest.mark.parametrize("mode", [pytest.param(m, marks=pytest.mark.settings(mfa=m)) for m in ("required", "optional")])
def test_a_password_is_chosen_once(browser: Browser, email: str, letters: Letters, clock: Clock, mode: str) -> None:
    to_password(browser, email, letters)
    page, token = browser.url, browser.field("csrf_token")["value"]
    set_up = browser.submit(password=PASSWORD).url
    assert browser.get(page).url == set_up
    browser.post(page, {"csrf_token": token, "password": "Another-Osprey-42-lighthouse"})
    assert (browser.url, browser.data_page) == (set_up, "second-way")
    assert sessions() == 0
    set_up_app(browser, clock)
    assert browser.path == "/account"
    for password, data_page in (("Another-Osprey-42-lighthouse", "sign-in"), (PASSWORD, "second-step")):
        assert knock(browser.another(), email, password).data_page == data_page


def test_going_back_to_the_password_skips_nothing_that_comes_after(
    browser: Browser, email: str, letters: Letters, clock: Clock
) -> None:
    to_password(browser, email, letters)
    page, token = browser.url, browser.field("csrf_token")["value"]
    browser.submit(password=PASSWORD).click("set-up-totp")
    key = browser.page.find("code")
    assert key is not None
    browser.submit("verify", code=pyotp.TOTP(key.get_text().replace(" ", "")).at(clock.now))
    assert browser.data_page == "save-codes"
    assert browser.get(page).data_page == "save-codes"
    assert browser.post(page, {"csrf_token": token, "password": PASSWORD}).data_page == "save-codes"
    assert sessions() == 0
    browser.submit("show").submit("saved")
    assert browser.path == "/account"


def test_two_windows_with_one_address_open_one_account(
    browser: Browser, agency: Agency, email: str, letters: Letters
) -> None:
    other = browser.another()
    to_password(browser, email, letters)
    agency.authorize(other, prompt="create").submit(email=email)
    type_code(other, letters)
    assert browser.submit(password=PASSWORD).data_page == "second-way"
    assert other.submit(password=PASSWORD).data_page == "already"
    other.click("sign-in").submit("sign-in", email=email, password=PASSWORD)
    assert other.data_page == "second-way"
    assert agency.app.client.name in other.text


@pytest.mark.parametrize("path", ["/sign-up/code/{0}", "/sign-up/password/{0}", "/sign-in/other-ways/{0}"])
@pytest.mark.parametrize("attempt", ["unknown", "%00", "%ff", "x" * 300])
def test_an_unknown_attempt_is_a_dead_end_with_a_way_on(browser: Browser, path: str, attempt: str) -> None:
    browser.get(path.format(attempt))
    assert 400 <= browser.status < 500
    assert links(browser)


def test_a_sign_in_is_no_sign_up(browser: Browser, ana: Person) -> None:
    browser.get("/sign-in").submit("sign-in", email=ana.email, password=ana.password)
    attempt = browser.path.rpartition("/")[2]
    assert browser.get(f"/sign-up/password/{attempt}").data_error == "attempt_gone"
    assert browser.get(f"/sign-up/code/{attempt}").status == 410


def test_no_email_code_raises_what_a_session_is_worth(
    app: Flask, browser: Browser, email: str, letters: Letters, clock: Clock
) -> None:
    to_password(browser, email, letters)
    browser.submit(password=PASSWORD)
    set_up_app(browser, clock)
    opened = execute(select(SessionRow.methods, SessionRow.amr)).one()
    assert opened.methods == ("password", "totp")
    assert set(opened.amr) == {"pwd", "otp", "mfa"}
