"""Connected services: the resident sees what each sees, changes it, and stops it."""

from __future__ import annotations

import pytest

from consent import service
from idp.kernel.contracts import Ask
from profiles import service as profiles
from tests.support.browser import Browser

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

SCOPES = ("openid", "email", "phone", "profile")


@pytest.fixture
def ana(make_account):
    person = make_account(totp=True)
    profiles.change(person.id, {"phone_number": "617 555 0142"})
    return person


@pytest.fixture
def snap(make_client):
    return make_client(
        name="SNAP Online", agency="Department of Tests", scopes=SCOPES, required_claims=("email",)
    ).client


def share(person, client, *ticked: str) -> None:
    asked = Ask(client.id, frozenset({"openid"}), frozenset({"email", "phone_number", "nickname"}))
    service.give(person.id, client, asked, ticked)


@pytest.fixture
def at_services(browser, ana, snap) -> Browser:
    share(ana, snap, "phone_number")
    return browser.sign_in(ana).get("/account/services")


def test_someone_who_shares_nothing_is_told_so(browser, ana) -> None:
    assert "do not share anything" in browser.sign_in(ana).get("/account/services").text


def test_the_list_says_who_sees_what_since_when(at_services) -> None:
    for words in (
        "SNAP Online",
        "Department of Tests",
        "Email address and Phone number",
        "January 15, 2027",
        "January 15, 2028",
    ):
        assert words in at_services.text


def test_account_home_counts_services(at_services) -> None:
    assert "You share with 1 service" in at_services.get("/account").text


def test_one_service_shows_values_and_what_can_be_left_out(at_services, ana) -> None:
    at_services.click("SNAP Online")
    assert at_services.data_page == "service"
    boxes = {
        tag["value"]: tag.has_attr("checked") for tag in at_services.page.find_all("input", attrs={"name": "claim"})
    }
    assert boxes == {"phone_number": True, "nickname": False}
    assert ana.email in at_services.text
    assert "+1 617-555-0142" in at_services.text


def test_unticking_and_ticking_hold(at_services, ana, snap) -> None:
    at_services.click("SNAP Online").submit("save", claim=["nickname"])
    assert at_services.path == "/account/services"
    assert service.live(ana.id, snap.id).granted_claims == {"email", "nickname"}


def test_ticks_for_what_was_never_asked_are_ignored(at_services, ana, snap) -> None:
    token = at_services.click("SNAP Online").field("csrf_token")["value"]
    at_services.post(at_services.path, {"csrf_token": token, "claim": ["birthdate", "email_verified", "sub"]})
    assert service.live(ana.id, snap.id).granted_claims == {"email"}


def test_stopping_takes_a_page_that_says_what_it_means_and_one_button(at_services, ana, snap) -> None:
    at_services.click("SNAP Online").click("withdraw")
    assert at_services.data_page == "withdraw"
    assert service.live(ana.id, snap.id)
    at_services.submit("stop")
    assert at_services.path == "/account/services"
    assert "Stopped. SNAP Online" in at_services.text
    assert service.live(ana.id, snap.id) is None


def test_without_the_form_token_nothing_changes(at_services, ana, snap) -> None:
    for path in (f"/account/services/{snap.id}", f"/account/services/{snap.id}/withdraw"):
        assert at_services.post(path, {"claim": "nickname"}).status == 400
    assert service.live(ana.id, snap.id).granted_claims == {"email", "phone_number"}


def test_somebody_elses_services_are_not_found(at_services, ana, make_account, make_client) -> None:
    bo, other = make_account(), make_client(name="Other", scopes=SCOPES).client
    share(bo, other, "phone_number")
    token = at_services.get("/account/profile/preferred-name").field("csrf_token")["value"]
    for path in (
        f"/account/services/{other.id}",
        f"/account/services/{other.id}/withdraw",
        "/account/services/unknown",
    ):
        assert at_services.get(path).status == 404
        assert at_services.post(path, {"csrf_token": token, "claim": "nickname"}).status == 404
    assert service.live(bo.id, other.id).granted_claims == {"phone_number"}


def test_apps_that_need_not_ask_are_published(browser, ana, make_client) -> None:
    make_client(name="The account's own app", scopes=("openid", "email"), first_party=True)
    browser.sign_in(ana).get("/account/services")
    assert "Services that need not ask" in browser.text
    assert "The account's own app" in browser.text
    assert "Email address and Whether your email address is confirmed" in browser.text


def test_strangers_sign_in_first(browser, snap) -> None:
    for path in ("/account/services", f"/account/services/{snap.id}", f"/account/services/{snap.id}/withdraw"):
        assert browser.get(path).path == "/sign-in"
