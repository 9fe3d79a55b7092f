"""The desk, as a resident uses it in a browser without script."""

from __future__ import annotations

import pytest

from idp.accounts import passwords
from idp.kernel.db import in_transaction
from idp.sessions.service import sessions_of
from profiles import service
from tests.factories import PASSWORD
from tests.support.browser import Browser

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

COOKIE = "beacon-session"
NEW = "Another-Osprey-42-lighthouse"


@pytest.fixture
def ana(make_account):
    return make_account(totp=True)


@pytest.fixture
def at_home(browser, ana) -> Browser:
    return browser.sign_in(ana).get("/account")


def test_a_stranger_is_sent_to_sign_in_and_comes_back(browser, ana) -> None:
    for path in (
        "/account",
        "/account/profile",
        "/account/profile/name",
        "/account/sign-in",
        "/account/sign-in/password",
    ):
        assert browser.get(path).path == "/sign-in"
    browser.get("/account/profile").sign_in(ana, path=None)
    assert browser.path == "/account/profile"


def test_account_home_leads_to_every_part(at_home) -> None:
    assert at_home.data_page == "account"
    assert "0 of 7 details filled in" in at_home.text
    for path in ("/account/profile", "/account/sign-in", "/account/services"):
        assert at_home.page.find("main").find("a", href=path)


def test_account_home_greets_by_name(at_home, ana) -> None:
    assert "Hello" not in at_home.text
    service.change(ana.id, {"preferred_name": "Mari"})
    assert "Hello, Mari." in at_home.get("/account").text


PAGES = [
    (
        "name",
        {"given_name": "Marisol", "family_name": "Quispe"},
        {"legal_name": {"given": "Marisol", "family": "Quispe"}},
    ),
    ("preferred-name", {"text": "Mari"}, {"preferred_name": "Mari"}),
    ("birth-date", {"day": "1", "month": "3", "year": "1980"}, {"birthdate": "1980-03-01"}),
    ("phone", {"number": "617 555 0100"}, {"phone_number": "+16175550100"}),
    ("phone", {"country": "VN", "number": "024 3825 5678"}, {"phone_number": "+842438255678"}),
    (
        "home-address",
        {"line1": "1 Ashburton Pl", "city": "Boston", "region": "Massachusetts", "postal_code": "02108"},
        {
            "residential_address": {
                "line1": "1 Ashburton Pl",
                "city": "Boston",
                "region": "MA",
                "postal_code": "02108",
                "country": "US",
            }
        },
    ),
    (
        "mailing-address",
        {"line1": "12 Phố Huế", "city": "Hà Nội", "country": "VN"},
        {"mailing_address": {"line1": "12 Phố Huế", "city": "Hà Nội", "country": "VN"}},
    ),
    ("language", {"language": "ht"}, {"preferred_language": "ht"}),
    ("gender", {"text": "woman"}, {"gender": "woman"}),
    ("short-name", {"text": "msq"}, {"preferred_username": "msq"}),
    ("website", {"text": "sol.example"}, {"website": "https://sol.example"}),
    ("profile-page", {"text": "https://sol.example/me"}, {"profile": "https://sol.example/me"}),
    ("picture", {"text": "https://sol.example/me.png"}, {"picture": "https://sol.example/me.png"}),
    ("time-zone", {}, {"zoneinfo": "America/New_York"}),
    ("time-zone", {"zone": "Asia/Kolkata"}, {"zoneinfo": "Asia/Kolkata"}),
]


@pytest.mark.parametrize(("page", "typed", "kept"), PAGES)
def test_a_detail_is_added_shown_again_and_removed(at_home, ana, page: str, typed, kept) -> None:
    at_home.get(f"/account/profile/{page}")
    assert at_home.data_page == f"edit-{page}"
    at_home.submit("save", **typed)
    assert (at_home.path, at_home.data_page) == ("/account/profile", "profile")
    assert "Saved" in at_home.text
    assert service.read(ana.id) == kept
    assert at_home.get(f"/account/profile/{page}").submit("save").path == "/account/profile"
    assert service.read(ana.id) == kept
    at_home.get(f"/account/profile/{page}").submit("remove")
    assert "Removed" in at_home.text
    assert service.read(ana.id) == {}


def test_nothing_to_remove_means_no_button(at_home) -> None:
    assert at_home.get("/account/profile/name").page.find(id="remove") is None


WRONG = [
    ("name", {"given_name": "", "family_name": ""}, "given_name", "Fill in this field."),
    ("name", {"middle_name": "Lee"}, "given_name", "Enter your given name"),
    ("birth-date", {"day": "31", "month": "2", "year": "1980"}, "day", "There is no such day"),
    ("birth-date", {"day": "1", "month": "2", "year": "2080"}, "year", "in the past"),
    ("phone", {"number": "call me"}, "number", "Enter a phone number"),
    ("home-address", {"line1": "1 Main St", "city": "Boston", "region": "Bavaria"}, "region", "Enter a state"),
    ("preferred-name", {"text": "x" * 201}, "text", "at most 200 characters"),
    ("language", {"language": "tlh"}, "language", "Choose one of the answers"),
    ("gender", {"text": "x" * 61}, "text", "at most 60 characters"),
    ("website", {"text": "http://sol.example"}, "text", "begins with https"),
    ("time-zone", {"zone": "Mars/Olympus"}, "zone", "Choose one of the answers"),
]


@pytest.mark.parametrize(("page", "typed", "field", "words"), WRONG)
def test_a_wrong_answer_is_explained_beside_its_field_and_kept(at_home, ana, page, typed, field, words) -> None:
    at_home.get(f"/account/profile/{page}").submit("save", **typed)
    assert words in at_home.errors
    assert at_home.page.title.get_text().startswith("Error:")
    assert at_home.page.find(attrs={"role": "alert"}).find("a", href=f"#{field}")
    if at_home.field(field).name != "select":
        assert at_home.field(field).get("value") == typed.get(field, "")
    assert service.read(ana.id) == {}


def test_a_page_that_is_not_in_the_catalogue_is_not_found(at_home) -> None:
    for page in ("email_verified", "legal_name", "nam"):
        assert at_home.get(f"/account/profile/{page}").status == 404


def test_a_field_that_the_form_does_not_have_changes_nothing(at_home, ana) -> None:
    token = at_home.get("/account/profile/preferred-name").field("csrf_token")["value"]
    typed = {
        "csrf_token": token,
        "text": "Mari",
        "phone_number_verified": "true",
        "birthdate": "1980-01-01",
        "account_id": "x",
    }
    assert at_home.post("/account/profile/preferred-name", typed).path == "/account/profile"
    assert service.read(ana.id) == {"preferred_name": "Mari"}


def test_without_the_form_token_nothing_is_saved_or_removed(at_home, ana) -> None:
    service.change(ana.id, {"preferred_name": "Mari"})
    for answer in ({"text": "Eve"}, {"action": "remove"}):
        assert at_home.post("/account/profile/preferred-name", answer).status == 400
    assert service.read(ana.id) == {"preferred_name": "Mari"}


def test_a_resident_sent_here_by_another_page_goes_back_to_it(at_home) -> None:
    at_home.get("/account/profile/preferred-name?return_to=/help").submit("save", text="Mari")
    assert at_home.path == "/help"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere(at_home, elsewhere: str) -> None:
    at_home.get("/account/profile/preferred-name", query_string={"return_to": elsewhere})
    assert "evil" not in at_home.page.find("main").decode()
    assert at_home.submit("save", text="Mari").path == "/account/profile"


def test_script_in_a_name_stays_text(at_home) -> None:
    at_home.get("/account/profile/preferred-name").submit("save", text="<script>window.__p=1</script>{{7*7}}")
    assert "<script>window.__p=1</script>{{7*7}}" in at_home.text
    assert "Hello, <script>" in at_home.get("/account").text


def test_ways_to_sign_in_are_listed_with_their_state(at_home) -> None:
    at_home.get("/account/sign-in")
    assert at_home.data_page == "sign-in-ways"
    for words in ("Password", "Authenticator app", "Recovery codes"):
        assert words in at_home.text
    assert at_home.page.find("main").find("a", href="/account/sign-in/password")


def test_a_new_password_works_and_ends_sessions_elsewhere(at_home, ana, letters, clock) -> None:
    clock.advance(30)
    elsewhere = at_home.another().sign_in(ana)
    assert elsewhere.get("/account").path == "/account"
    at_home.get("/account/sign-in/password").submit("change-password", current_password=PASSWORD, password=NEW)
    assert at_home.path == "/account/sign-in"
    assert "Your password was changed" in at_home.text
    assert at_home.get("/account").path == "/account"
    assert elsewhere.get("/account").path == "/sign-in"
    assert len(sessions_of(ana.id)) == 1
    assert letters()[-1].to == ana.email
    assert PASSWORD not in letters()[-1].text + letters()[-1].html


def test_a_new_password_ends_all_that_the_old_one_opened(browser, ana, make_account, make_agency, clock) -> None:
    agency, bo = make_agency(scopes=["openid", "offline_access"]), make_account(totp=True)
    of_ana = agency.sign_in(browser, ana, "openid offline_access")
    of_bo = agency.sign_in(browser.another(), bo, "openid offline_access")
    secret, thief, half_in = browser.client.get_cookie(COOKIE).value, browser.another(), browser.another()
    clock.advance(60)
    half_in.get("/sign-in").submit("sign-in", email=ana.email, password=PASSWORD)
    assert half_in.data_page == "second-step"
    browser.get("/account/sign-in/password").submit("change-password", current_password=PASSWORD, password=NEW)
    assert browser.get("/account").path == "/account"
    thief.client.set_cookie(COOKIE, secret)
    assert thief.get("/account").data_page == "sign-in"
    assert half_in.submit("verify", code=ana.code()).data_page == "sign-in"
    assert agency.refresh(of_ana["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert agency.userinfo(of_ana["access_token"]).status_code == 401
    assert agency.refresh(of_bo["refresh_token"]).status_code == 200
    assert agency.sign_in(browser, ana, "openid offline_access")["refresh_token"]


def test_a_password_that_is_refused_ends_nothing(browser, ana, make_agency) -> None:
    agency = make_agency(scopes=["openid", "offline_access"])
    tokens = agency.sign_in(browser, ana, "openid offline_access")
    secret = browser.client.get_cookie(COOKIE).value
    for typed in (
        {"current_password": "not-my-password-1", "password": NEW},
        {"current_password": PASSWORD, "password": "x"},
    ):
        browser.get("/account/sign-in/password").submit("change-password", **typed)
        assert browser.errors
    assert browser.client.get_cookie(COOKIE).value == secret
    assert agency.refresh(tokens["refresh_token"]).status_code == 200


def test_the_slow_hash_of_a_new_password_holds_up_no_writer(at_home, ana, monkeypatch) -> None:
    hashed = []
    make_hash = passwords.make_hash

    def noting(password: str) -> passwords.PasswordHash:
        hashed.append(in_transaction())
        return make_hash(password)

    monkeypatch.setattr(passwords, "make_hash", noting)
    at_home.get("/account/sign-in/password").submit("change-password", current_password=PASSWORD, password=NEW)
    assert hashed == [False]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"current_password": "not-my-password-1", "password": NEW}, "That is not your password"),
        ({"current_password": "", "password": NEW}, "Enter your password"),
        ({"current_password": PASSWORD, "password": ""}, "Enter a new password"),
        ({"current_password": PASSWORD, "password": "short"}, "characters"),
    ],
)
def test_a_wrong_or_weak_password_changes_nothing(at_home, ana, letters, typed, words) -> None:
    before = len(letters())
    at_home.get("/account/sign-in/password").submit("change-password", **typed)
    assert words in at_home.errors
    assert at_home.field("password")["value"] == ""
    assert len(letters()) == before
    at_home.submit("change-password", current_password=PASSWORD, password=NEW)
    assert at_home.path == "/account/sign-in"


def test_ones_own_name_is_no_password(at_home, ana) -> None:
    service.change(ana.id, {"legal_name": {"given": "Marisolita", "family": "Quispequispe"}})
    at_home.get("/account/sign-in/password").submit(
        "change-password", current_password=PASSWORD, password="marisolita1"
    )
    assert at_home.errors


def test_the_password_page_wants_a_fresh_proof(at_home, clock) -> None:
    assert at_home.get("/account/sign-in/password").data_page == "change-password"
    clock.advance(21 * 60)
    assert at_home.get("/account/sign-in/password").path.startswith("/confirm")
