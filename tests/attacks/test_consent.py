"""Nobody agrees by accident, for another, or to more than was asked (attacks 093 and 099 to 103)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from consent import service as consent
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, agree, granted, signed_in, told

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes


@pytest.fixture
def page(browser: Browser, party: Party, resident: Person) -> Browser:
    """The resident before the consent page, for the first time."""
    party.authorize(signed_in(browser, resident), follow=True)
    assert browser.data_page == "consent"
    return browser


def post(browser: Browser, **fields: Any) -> Browser:
    """Post the page's form with these fields and its true hidden ones."""
    hidden = {
        str(field["name"]): str(field.get("value", "")) for field in browser.page.select("main form input[type=hidden]")
    }
    return browser.post(browser.path, {name: value for name, value in (hidden | fields).items() if value is not None})


def claims(party: Party, browser: Browser) -> set[str]:
    """What the app gets in the end."""
    tokens = granted(party.redeem(browser.answer["code"]))
    return set(granted(party.userinfo(tokens["access_token"]))) - {"sub"}


def test_what_was_not_asked_for_is_not_granted(page: Browser, party: Party) -> None:
    post(page, decision="share", claim=["email", "phone_number", "birthdate", "is_admin", "__class__"], scope="phone")

    assert claims(party, page) == {"email"}


def test_what_was_not_ticked_is_not_granted(page: Browser, party: Party) -> None:
    post(page, decision="share")

    assert claims(party, page) == set()


def test_what_the_app_needs_cannot_be_left_out_by_a_changed_form(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    party = Party(browser.app, make_client(scopes=("openid", "email"), required_claims=("email",)))
    party.authorize(signed_in(browser, resident), follow=True)
    post(browser, decision="share")

    assert claims(party, browser) == {"email"}


def test_only_a_clear_answer_is_one(page: Browser, party: Party, resident: Person, subtests: pytest.Subtests) -> None:
    for decision in (None, "", "True ", "SHARE", "share ", ["share", "decline"], ["share", "share"], "maybe"):
        with subtests.test(str(decision)):
            page.get(page.path)
            post(page, decision=decision, claim="email")
            assert page.status == 400 and page.location is None
            page.get(page.path)
    assert consent.live(resident.id, party.id) is None


@pytest.mark.parametrize("token", [None, "", "forged"])
def test_an_answer_without_the_forms_token_counts_for_nothing(
    page: Browser, party: Party, resident: Person, token: str | None
) -> None:
    post(page, decision="share", csrf_token=token)

    assert page.status == 400 and page.data_error == "csrf"
    assert consent.live(resident.id, party.id) is None


def test_another_residents_token_does_not_fit(
    page: Browser, party: Party, resident: Person, make_account: Callable[..., Person]
) -> None:
    attacker = page.another()
    party.authorize(signed_in(attacker, make_account(totp=True)), follow=True)
    post(page, decision="share", csrf_token=attacker.field("csrf_token")["value"])

    assert page.data_error == "csrf" and consent.live(resident.id, party.id) is None


def test_a_request_that_somebody_else_began_cannot_be_agreed_to(
    page: Browser, party: Party, make_account: Callable[..., Person]
) -> None:
    mallory = page.another()
    party.authorize(signed_in(mallory, make_account(totp=True)), follow=True)
    prepared = mallory.path

    page.get(prepared)
    assert page.status == 410
    mallory.get(prepared.replace("/consent/", "/authorize/"), follow=False)
    assert "code=" not in (mallory.location or "")


def test_a_page_shown_to_one_session_is_not_answered_by_the_next(
    page: Browser, party: Party, make_account: Callable[..., Person]
) -> None:
    hidden = {str(field["name"]): str(field["value"]) for field in page.page.select("main form input[type=hidden]")}
    other = make_account(totp=True)
    signed_in(page, other)
    page.post(page.path, hidden | {"decision": "share", "claim": "email"})

    assert consent.live(other.id, party.id) is None
    assert page.location is None


def test_a_no_is_a_no(page: Browser, party: Party, resident: Person) -> None:
    here = page.path
    post(page, decision="decline")
    told(page, party, "access_denied")
    assert consent.live(resident.id, party.id) is None

    page.get(here)
    assert "code=" not in (page.location or "")


def test_a_no_in_one_tab_holds_in_the_other(page: Browser, party: Party) -> None:
    here = page.path
    other_tab = {str(field["name"]): str(field["value"]) for field in page.page.select("main form input[type=hidden]")}
    post(page, decision="decline")
    page.post(here, other_tab | {"decision": "share", "claim": "email"})

    assert "code=" not in (page.location or "")


def test_asking_for_more_asks_again(browser: Browser, party: Party, resident: Person) -> None:
    agree(resident, party.registered, "openid")
    signed_in(browser, resident)
    assert "code" in party.authorize(browser, scope="openid").answer

    for more in ("openid email", "openid offline_access"):
        assert "/consent/" in (party.authorize(browser, scope=more).location or "")


def test_an_app_registered_anew_under_the_same_name_is_another_app(
    browser: Browser, party: Party, resident: Person, make_client: Callable[..., App]
) -> None:
    agree(resident, party.registered)
    client = party.registered.client
    twin = Party(browser.app, make_client(name=client.name, redirect_uris=client.redirect_uris, scopes=client.scopes))

    assert "/consent/" in (twin.authorize(signed_in(browser, resident)).location or "")


def test_an_app_of_the_states_own_is_not_asked_for_and_gets_what_it_registered(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    party = Party(browser.app, make_client(first_party=True, scopes=("openid", "email")))
    party.authorize(signed_in(browser, resident), scope="openid email phone")

    assert claims(party, browser) == {"email", "email_verified"}


def test_the_page_names_the_app_and_where_the_answer_goes(page: Browser, party: Party) -> None:
    assert party.registered.client.name in page.text
    assert "app.agency.example" in page.text
    assert "form-action 'self' https://app.agency.example" in page.headers["Content-Security-Policy"]


def test_the_page_is_closed_while_a_new_sign_in_is_owed(browser: Browser, party: Party, resident: Person) -> None:
    party.authorize(signed_in(browser, resident), follow=True, prompt="login")
    assert browser.data_page == "sign-in"
    browser.get(f"/consent/{browser.path.rpartition('/')[2]}", follow=True)

    assert browser.data_page == "sign-in"
    assert consent.live(resident.id, party.id) is None


def test_a_browser_that_goes_round_in_circles_is_stopped(browser: Browser, party: Party) -> None:
    for _ in range(60):
        assert party.authorize(browser).status == 303

    assert party.authorize(browser).status == 429
