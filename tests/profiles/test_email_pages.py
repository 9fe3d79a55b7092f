"""The pages of email addresses, of language, and of which address a service gets."""

from __future__ import annotations

import pytest

from consent import service as consent
from idp.accounts import addresses
from idp.accounts import service as accounts
from idp.kernel.clock import DAY, MINUTE
from idp.kernel.contracts import Ask
from profiles import service as profiles
from tests.support.addresses import add_on_page, added, named
from tests.support.browser import Browser

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

SECOND = "marked.second@residents.example"


@pytest.fixture
def ana(make_account):
    return make_account(totp=True)


@pytest.fixture
def at_home(browser, ana) -> Browser:
    return browser.sign_in(ana)


def test_account_home_leads_to_email_devices_activity_and_language(at_home, ana) -> None:
    at_home.get("/account")
    for words in (ana.email, "Signed in on 1 device", "You signed in.", "English"):
        assert words in at_home.text
    for path in ("/account/email", "/account/devices", "/account/activity", "/account/language"):
        assert at_home.page.find("main").find("a", href=path)


def test_changing_an_address_is_adding_making_main_and_removing(at_home, ana, letters, clock) -> None:
    at_home.get("/account/email")
    assert at_home.data_page == "emails"
    assert "add the new one, make it the main address, and then remove the old one" in at_home.text
    add_on_page(at_home, SECOND)
    assert (at_home.path, "The email address was added." in at_home.text) == ("/account/email", True)
    at_home.click(f"Make it the main address {SECOND}").submit("make-main")
    assert accounts.main_email(ana.id) == SECOND
    clock.advance(MINUTE)
    at_home.click(f"Remove {ana.email}")
    assert "For 72 hours" in at_home.text
    assert at_home.submit("remove").path == "/account/email"
    assert "It still gets our letters until" in at_home.text
    assert [letter.subject for letter in letters() if letter.to == ana.email][-1].startswith("An email address was")
    at_home.click(f"Keep it {ana.email}").submit("keep")
    assert named(ana, ana.email).good


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(at_home, ana) -> None:
    for typed, words in (
        ("nobody", "Enter an email address in the correct"),
        ("", "Enter an email address."),
        (ana.email, "already"),
    ):
        at_home.get("/account/email/add").submit("send-code", email=typed)
        assert words in at_home.errors
        assert at_home.field("email")["value"] == typed
    at_home.submit("send-code", email=SECOND).submit("confirm", code="12")
    assert "That is not the code" in at_home.errors
    assert SECOND in at_home.text


def test_another_code_takes_the_place_of_the_first(at_home, ana, letters) -> None:
    at_home.get("/account/email/add").submit("send-code", email=SECOND)
    first = letters()[-1].code
    at_home.submit("send-again")
    assert "We sent another email" in at_home.text
    assert at_home.submit("confirm", code=first).data_page == "confirm-address"
    assert at_home.submit("confirm", code=letters()[-1].code).path == "/account/email"


def test_the_link_of_the_letter_does_nothing_by_itself_and_nothing_elsewhere(at_home, ana, letters, clock) -> None:
    at_home.get("/account/email/add").submit("send-code", email=SECOND)
    link = letters()[-1].links[0]
    assert at_home.get(link).data_page == "confirm-address"
    assert len(addresses.of(ana.id)) == 1
    clock.advance(30)
    elsewhere = at_home.another().sign_in(ana).get(link)
    assert (elsewhere.status, elsewhere.data_error) == (410, "address_gone")
    assert at_home.submit("confirm", code=letters()[-1].code).path == "/account/email"


def test_the_main_address_has_no_button_to_remove_it(at_home, ana) -> None:
    at_home.get(f"/account/email/{named(ana, ana.email).id}/remove")
    assert "Make another one your main address first" in at_home.text
    assert at_home.page.find(id="remove") is None


def test_changes_want_a_fresh_proof_and_the_list_does_not(at_home, ana, clock) -> None:
    mine = named(ana, ana.email).id
    clock.advance(11 * MINUTE)
    assert at_home.get("/account/email").data_page == "emails"
    for page in ("add", f"{mine}/main", f"{mine}/remove", f"{mine}/keep"):
        assert at_home.get(f"/account/email/{page}").path.startswith("/confirm")


def test_after_a_change_the_page_offers_to_sign_out_elsewhere(at_home, ana, clock) -> None:
    clock.advance(30)
    elsewhere = at_home.another().sign_in(ana)
    clock.advance(10 * MINUTE)
    assert at_home.get("/account/sign-in").page.find(id="end-others-now") is None
    added(ana, SECOND)
    at_home.get("/account/email").submit("end-others-now")
    assert "You are signed out everywhere else." in at_home.text
    assert at_home.get("/account/email").page.find(id="end-others-now") is None
    assert elsewhere.get("/account").path == "/sign-in"


def test_a_service_gets_the_address_that_was_chosen_for_it(at_home, ana, make_agency, clock) -> None:
    agency = make_agency(name="SNAP Online", scopes=("openid", "email"), required_claims=("email",))
    tokens = agency.sign_in(at_home, ana, "openid email")
    path = f"/account/services/{agency.app.id}"
    assert at_home.get(path).page.find(id="choose-email") is None, "one address is no choice"
    added(ana, SECOND)
    at_home.get(path).click("choose-email").submit("save", email=named(ana, SECOND).id)
    assert "Saved." in at_home.text
    assert SECOND in at_home.get(path).text
    assert agency.userinfo(tokens["access_token"]).get_json()["email"] == SECOND
    assert accounts.main_email(ana.id) == ana.email
    clock.advance(8 * DAY)
    addresses.remove(ana.id, named(ana, SECOND).id)
    assert ana.email in at_home.sign_in(ana).get(path).text


def test_a_choice_that_is_not_offered_changes_nothing(at_home, ana, make_account, make_client) -> None:
    client, bo = make_client(scopes=("openid", "email")).client, make_account()
    consent.give(ana.id, client, Ask(client.id, frozenset({"openid"}), frozenset({"email"})), ("email",))
    added(ana, SECOND)
    page = f"/account/services/{client.id}/email"
    token = at_home.get(page).field("csrf_token")["value"]
    at_home.post(page, {"csrf_token": token, "email": named(bo, bo.email).id})
    assert at_home.errors
    assert accounts.resident(ana.id, client.id) == accounts.resident(ana.id)
    assert at_home.get("/account/services/x/email").status == 404


def test_pages_letters_and_texts_speak_the_chosen_language(at_home, ana) -> None:
    at_home.get("/account/language").submit("save", language="es")
    assert at_home.page.html["lang"] == "es"
    assert accounts.resident(ana.id).locale == "es"
    assert at_home.another().get("/sign-in").page.html["lang"] == "en"
    token = at_home.get("/account/language").field("csrf_token")["value"]
    assert at_home.post("/account/language", {"csrf_token": token, "language": "tlh"}).status == 200
    assert accounts.resident(ana.id).locale == "es"


def test_both_names_are_edited_and_the_preferred_one_greets(at_home, ana) -> None:
    at_home.get("/account/profile/name").submit("save", given_name="Marisol", family_name="Quispe")
    assert "Hello, Marisol." in at_home.get("/account").text
    at_home.get("/account/profile/preferred-name").submit("save", text="Mari")
    assert "Hello, Mari." in at_home.get("/account").text
    assert profiles.read(ana.id)["legal_name"] == {"given": "Marisol", "family": "Quispe"}
