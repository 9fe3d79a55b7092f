"""``prompt``, ``max_age``, ``acr_values`` and the hints (OIDC Core section 3.1.2.1): what an app may ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from idp.accounts import service as accounts
from idp.clients import service as clients
from idp.sessions.assurance import AAL1, AAL2
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.party import Party, agree, signed_in, signed_out, stopped, told, unsigned

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

NONE = {"prompt": "none"}


def silently(party: Party, browser: Browser, **changes: Any) -> Browser:
    return party.authorize(browser, prompt="none", **changes)


def on_page(browser: Browser, path: str) -> Browser:
    """Check that the browser is sent to one of our pages, and open it."""
    assert (browser.location or "").startswith(path), browser.location
    return browser.follow()


def auth_time(party: Party, code: str) -> int:
    return int(party.read(party.redeem(code).get_json()["id_token"])["auth_time"])


class TestNone:
    def test_nobody_here(self, browser: Browser, party: Party) -> None:
        told(silently(party, browser), party, "login_required")

    def test_never_agreed(self, browser: Browser, party: Party, resident: Person) -> None:
        told(silently(party, signed_in(browser, resident)), party, "consent_required")

    def test_all_is_known(self, at_home: Browser, party: Party) -> None:
        assert "code" in silently(party, at_home).answer

    def test_more_than_was_agreed_to(self, browser: Browser, party: Party, resident: Person) -> None:
        agree(resident, party.registered, "openid", "email")
        signed_in(browser, resident)

        assert "code" in silently(party, browser, scope="openid email").answer
        told(silently(party, browser, scope="openid email profile"), party, "consent_required")
        told(silently(party, browser, scope="openid email offline_access"), party, "consent_required")

    def test_a_stronger_sign_in_is_owed(
        self, browser: Browser, make_client: Callable[..., App], resident: Person
    ) -> None:
        party = Party(browser.app, make_client(require_acr=AAL2))
        agree(resident, party.registered)

        told(silently(party, signed_in(browser, resident, ("password",))), party, "interaction_required")
        assert "code" in silently(party, signed_in(browser, resident)).answer

    def test_a_new_sign_in_is_owed(self, at_home: Browser, party: Party) -> None:
        told(silently(party, at_home, max_age="0"), party, "login_required")

    def test_never_shows_a_page_whatever_is_asked_beside_it(
        self, browser: Browser, party: Party, resident: Person, subtests: pytest.Subtests
    ) -> None:
        beside: list[dict[str, str]] = [
            {}, {"max_age": "0"}, {"acr_values": AAL2}, {"login_hint": resident.email}, {"id_token_hint": "x"},
            {"scope": "openid offline_access"}, {"display": "popup"}, {"ui_locales": "ar"},
        ]  # fmt: skip
        for changes in beside:
            with subtests.test(str(changes)):
                told(silently(party, browser, **changes), party, "login_required")

    def test_is_refused_together_with_another(self, at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
        for value in ("none login", "consent none", "none select_account", "none create", "NONE", "none bogus"):
            with subtests.test(value):
                told(party.authorize(at_home, prompt=value), party, "invalid_request")

    def test_whoever_signed_out_is_not_here(self, at_home: Browser, party: Party, resident: Person) -> None:
        elsewhere = signed_out(signed_in(at_home.another(), resident))

        told(silently(party, elsewhere), party, "login_required")
        assert "code" in silently(party, at_home).answer

    def test_a_locked_resident_is_not_here(self, at_home: Browser, party: Party, resident: Person) -> None:
        accounts.set_status(resident.id, "locked")

        told(silently(party, at_home), party, "login_required")

    def test_an_app_on_the_residents_own_device_is_never_answered_silently(
        self, browser: Browser, make_client: Callable[..., App], resident: Person
    ) -> None:
        native = Party(
            browser.app, make_client(auth_method="none", redirect_uris=("com.example.app:/cb", "http://127.0.0.1/cb"))
        )
        agree(resident, native.registered)

        browser = silently(native, signed_in(browser, resident))
        assert browser.answer["error"] == "consent_required"


class TestLogin:
    def test_asks_for_a_new_sign_in_and_once_only(
        self, at_home: Browser, party: Party, resident: Person, clock: Clock
    ) -> None:
        clock.advance(60)
        on_page(party.authorize(at_home, prompt="login"), "/sign-in/")
        at_home.sign_in(resident, path=None)

        assert auth_time(party, at_home.answer["code"]) == START + 60

    def test_cannot_be_talked_out_of_by_coming_back_early(self, at_home: Browser, party: Party) -> None:
        waiting = on_page(party.authorize(at_home, prompt="login"), "/sign-in/").path.removeprefix("/sign-in/")

        on_page(at_home.get(f"/authorize/{waiting}", follow=False), "/sign-in/")
        on_page(at_home.get(f"/authorize/{waiting}?prompt=none", follow=False), "/sign-in/")

    def test_is_not_answered_by_a_sign_in_of_another_tab(
        self, at_home: Browser, party: Party, resident: Person, clock: Clock
    ) -> None:
        waiting = on_page(party.authorize(at_home, prompt="login"), "/sign-in/").path.removeprefix("/sign-in/")
        clock.advance(60)
        at_home.sign_in(resident, path="/sign-in")

        on_page(at_home.get(f"/authorize/{waiting}", follow=False), "/sign-in/")

    def test_a_cancelled_one_leaves_the_session_as_it_was(self, at_home: Browser, party: Party, clock: Clock) -> None:
        clock.advance(60)
        on_page(party.authorize(at_home, prompt="login"), "/sign-in/")

        assert auth_time(party, party.code(at_home, prompt="none")) == START

    def test_comes_before_consent_and_both_are_asked(
        self, at_home: Browser, party: Party, resident: Person, clock: Clock
    ) -> None:
        clock.advance(60)
        on_page(party.authorize(at_home, prompt="login consent"), "/sign-in/")
        at_home.sign_in(resident, path=None)
        assert at_home.data_page and "/consent/" in at_home.url

        at_home.submit("share")
        assert auth_time(party, at_home.answer["code"]) == START + 60

    def test_works_once_for_one_request(self, at_home: Browser, party: Party, resident: Person, clock: Clock) -> None:
        waiting = on_page(party.authorize(at_home, prompt="login"), "/sign-in/").path.removeprefix("/sign-in/")
        at_home.sign_in(resident, path=None)
        assert "code" in at_home.answer

        at_home.get(f"/authorize/{waiting}")
        assert at_home.location == party.registered.client.home

    def test_another_resident_may_sign_in_and_is_the_one_told_of(
        self, at_home: Browser, party: Party, make_account: Callable[..., Person]
    ) -> None:
        theirs = party.read(party.tokens(at_home)["id_token"])["sub"]
        other = make_account(totp=True)
        agree(other, party.registered)
        on_page(party.authorize(at_home, prompt="login"), "/sign-in/")
        at_home.sign_in(other, path=None)

        told_now = party.read(party.redeem(at_home.answer["code"]).get_json()["id_token"])
        assert told_now["sub"] != theirs


class TestMaxAge:
    def test_a_session_young_enough_goes_on_and_auth_time_is_told(
        self, at_home: Browser, party: Party, clock: Clock
    ) -> None:
        clock.advance(1000)

        assert auth_time(party, party.code(at_home, max_age="15000")) == START
        assert auth_time(party, party.code(at_home, max_age="1000")) == START

    def test_an_older_one_signs_in_again(self, at_home: Browser, party: Party, resident: Person, clock: Clock) -> None:
        clock.advance(2)
        on_page(party.authorize(at_home, max_age="1"), "/sign-in/")
        clock.advance(60)
        at_home.sign_in(resident, path=None)

        assert auth_time(party, at_home.answer["code"]) == START + 62

    def test_zero_is_never_young_enough(self, at_home: Browser, party: Party, resident: Person) -> None:
        on_page(party.authorize(at_home, max_age="0"), "/sign-in/")
        at_home.sign_in(resident, path=None)

        assert "code" in at_home.answer


class TestConsent:
    def test_asks_again_although_all_is_agreed(self, at_home: Browser, party: Party) -> None:
        on_page(party.authorize(at_home, prompt="consent"), "/consent/")
        at_home.submit("share")

        assert "code" in at_home.answer

    def test_a_no_is_told_and_changes_nothing(self, at_home: Browser, party: Party) -> None:
        on_page(party.authorize(at_home, prompt="consent"), "/consent/")
        at_home.submit("decline")
        told(at_home, party, "access_denied")

        assert "code" in silently(party, at_home).answer

    def test_a_no_cannot_be_undone_for_this_request(self, at_home: Browser, party: Party) -> None:
        on_page(party.authorize(at_home, prompt="consent"), "/consent/")
        page, token = at_home.path, at_home.field("csrf_token")["value"]
        at_home.submit("decline")

        at_home.post(page, {"csrf_token": token, "decision": "share"})
        assert at_home.location == party.registered.client.home


class TestSelectAccount:
    def test_shows_who_is_here_and_goes_on(self, at_home: Browser, party: Party, resident: Person) -> None:
        on_page(party.authorize(at_home, prompt="select_account"), "/choose-account/")
        assert resident.email in at_home.text
        at_home.submit()

        assert "code" in at_home.answer

    def test_with_nobody_here_it_is_a_sign_in(self, browser: Browser, party: Party) -> None:
        on_page(party.authorize(browser, prompt="select_account"), "/sign-in/")

    def test_together_with_login_a_new_sign_in_is_owed_too(
        self, at_home: Browser, party: Party, resident: Person, clock: Clock
    ) -> None:
        clock.advance(60)
        party.authorize(at_home, prompt="login select_account", follow=True)
        assert at_home.path.startswith("/sign-in/")
        at_home.sign_in(resident, path=None)

        assert auth_time(party, at_home.answer["code"]) == START + 60


class TestCreate:
    def test_leads_to_the_sign_up_even_with_a_session(self, at_home: Browser, party: Party) -> None:
        on_page(party.authorize(at_home, prompt="create"), "/sign-up/")

    def test_leads_there_without_one(self, browser: Browser, party: Party) -> None:
        on_page(party.authorize(browser, prompt="create", login_hint="new@residents.example"), "/sign-up/")
        assert browser.field("email")["value"] == "new@residents.example"


class TestIdTokenHint:
    def test_of_who_is_here_goes_on_however_old(self, at_home: Browser, party: Party, clock: Clock) -> None:
        hint = party.tokens(at_home)["id_token"]
        clock.advance(1800)

        assert "code" in silently(party, at_home, id_token_hint=hint).answer

    def test_of_somebody_else_is_never_answered_with_who_is_here(
        self, at_home: Browser, party: Party, make_account: Callable[..., Person]
    ) -> None:
        other = make_account(totp=True)
        agree(other, party.registered)
        hint = party.tokens(signed_in(at_home.another(), other))["id_token"]

        told(silently(party, at_home, id_token_hint=hint), party, "login_required")
        on_page(party.authorize(at_home, id_token_hint=hint), "/sign-in/")
        at_home.sign_in(other, path=None)
        assert "code" in at_home.answer

    def test_signing_in_as_another_than_hinted_ends_in_an_error(
        self, at_home: Browser, party: Party, make_account: Callable[..., Person], resident: Person
    ) -> None:
        other = make_account(totp=True)
        agree(other, party.registered)
        hint = party.tokens(signed_in(at_home.another(), other))["id_token"]
        on_page(party.authorize(at_home, id_token_hint=hint), "/sign-in/")
        at_home.sign_in(resident, path=None)

        told(at_home, party, "login_required")

    def test_that_is_no_hint_of_ours_for_this_app_fits_nobody(
        self, at_home: Browser, party: Party, another: Party, resident: Person, subtests: pytest.Subtests
    ) -> None:
        agree(resident, another.registered)
        good = party.tokens(at_home)
        claims = party.read(good["id_token"])
        for name, hint in {
            "another app's": another.tokens(at_home)["id_token"],
            "unsigned": unsigned(claims),
            "tampered": good["id_token"][:-4] + "AAAA",
            "garbage": "x.y.z",
            "encrypted garbage": "a.b.c.d.e",
            "an access token": good["access_token"],
            "long": "x" * 9000,
        }.items():
            with subtests.test(name):
                told(silently(party, at_home, id_token_hint=hint), party, "login_required")
        assert "code" in silently(party, at_home, id_token_hint=good["id_token"]).answer


class TestLoginHint:
    def test_fills_the_field_escaped_and_changes_nothing_else(self, browser: Browser, party: Party) -> None:
        hint = 'a@b.example"><script>x</script>'
        on_page(party.authorize(browser, login_hint=hint), "/sign-in/")

        assert browser.field("email")["value"] == hint
        assert "<script>x" not in browser.body

    def test_does_not_tell_whether_the_account_exists(self, browser: Browser, party: Party, resident: Person) -> None:
        def page(hint: str) -> str:
            on_page(party.authorize(browser.another(), login_hint=hint), "/sign-in/")
            return browser.text

        assert page(resident.email) == page("nobody@residents.example")

    def test_of_somebody_else_is_no_error(self, at_home: Browser, party: Party) -> None:
        assert "code" in party.authorize(at_home, login_hint="somebody@else.example").answer


class TestUiLocales:
    def test_chooses_the_language_of_the_pages(self, browser: Browser, party: Party) -> None:
        on_page(party.authorize(browser, ui_locales="ar en"), "/sign-in/")
        html = browser.page.find("html")

        assert html is not None and (html["lang"], html["dir"]) == ("ar", "rtl")

    def test_falls_back_without_a_word(self, browser: Browser, party: Party, subtests: pytest.Subtests) -> None:
        for tags in ("se", "../../etc", "{{7*7}}", "xx-YY-zz", " ".join(f"x{n}" for n in range(500)), "en;es", "_"):
            with subtests.test(tags[:20]):
                on_page(party.authorize(browser, ui_locales=tags), "/sign-in/")
                html = browser.page.find("html")
                assert html is not None and html["lang"] == "en" and "49" not in browser.text


class TestAcrValues:
    def test_what_is_reached_is_told(self, at_home: Browser, party: Party) -> None:
        tokens = party.tokens(at_home, acr_values=f"{AAL2} {AAL1}")

        assert party.read(tokens["id_token"])["acr"] == AAL2

    def test_a_level_out_of_reach_is_no_error(self, at_home: Browser, party: Party) -> None:
        tokens = party.tokens(at_home, acr_values="http://idmanagement.gov/ns/assurance/aal/3 urn:unknown")

        assert party.read(tokens["id_token"])["acr"] == AAL2

    def test_a_stronger_sign_in_within_reach_is_asked_for(
        self, browser: Browser, party: Party, resident: Person
    ) -> None:
        agree(resident, party.registered)
        party.authorize(signed_in(browser, resident, ("password",)), acr_values=AAL2)

        assert "code" not in (browser.location or "")

    def test_an_app_that_demands_more_than_anybody_can_reach_is_told_so(
        self, browser: Browser, make_client: Callable[..., App], resident: Person
    ) -> None:
        party = Party(browser.app, make_client(require_acr="http://idmanagement.gov/ns/assurance/aal/4"))
        agree(resident, party.registered)

        told(party.authorize(signed_in(browser, resident)), party, "unmet_authentication_requirements")


def test_the_request_that_waits_belongs_to_one_browser(browser: Browser, party: Party, resident: Person) -> None:
    on_page(party.authorize(browser), "/sign-in/")
    stranger = signed_in(browser.another(), resident)

    stranger.get(browser.path)
    assert stranger.status == 410 and party.registered.client.name in stranger.text
    stranger.get(browser.path.replace("/sign-in/", "/authorize/"))
    assert stranger.status == 410


def test_two_tabs_end_where_each_began(browser: Browser, party: Party, another: Party, resident: Person) -> None:
    agree(resident, party.registered)
    agree(resident, another.registered)
    first = on_page(party.authorize(browser, state="one"), "/sign-in/").path
    on_page(another.authorize(browser, state="two"), "/sign-in/")
    browser.sign_in(resident, path=None)
    assert browser.answer["state"] == "two"

    browser.get(first.replace("/sign-in/", "/authorize/"), follow=False)
    assert browser.answer["state"] == "one"
    assert (browser.location or "").startswith(party.registered.redirect_uri)


def test_an_hour_is_the_end_of_waiting(browser: Browser, party: Party, clock: Clock) -> None:
    on_page(party.authorize(browser), "/sign-in/")
    clock.advance(3600)

    browser.get(browser.path)
    assert browser.status == 410 and browser.data_error == "request_gone"


def test_an_id_that_was_made_up_is_gone_and_names_the_app(browser: Browser, party: Party) -> None:
    browser.get(f"/authorize/made-up.{party.id}")
    assert browser.status == 410 and party.registered.client.name in browser.text

    browser.get("/authorize/made-up")
    assert browser.status == 410


def test_an_app_switched_off_while_the_request_waits_gets_nothing(
    at_home: Browser, party: Party, resident: Person, clock: Clock
) -> None:
    on_page(party.authorize(at_home, prompt="login"), "/sign-in/")
    clients.disable(party.id)
    clock.advance(60)
    at_home.sign_in(resident, path=None)

    stopped(at_home, "unknown_client")
