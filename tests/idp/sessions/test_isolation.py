"""An isolated app has a sign-in of its own in a browser. Signing out is one for all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from idp import lifecycle
from idp.kernel.clock import MINUTE
from idp.sessions import cookie
from idp.sessions.service import sessions_of
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, cookies, signed_out

pytestmark = pytest.mark.settings(mfa="optional")

BYE = "https://own.example/bye"


@pytest.fixture
def ana(make_account: Callable[..., Person]) -> Person:
    return make_account()


@pytest.fixture
def party(app: Flask, make_client: Callable[..., App], ana: Person) -> Party:
    """An app that shares the sign-in of all others."""
    return agreed(app, make_client(name="Parks", scopes=("openid", "email")), ana)


@pytest.fixture
def own(app: Flask, make_client: Callable[..., App], ana: Person) -> Party:
    """An isolated app."""
    registered = make_client(
        name="Child Protection",
        redirect_uris=("https://own.example/cb",),
        post_logout_redirect_uris=(BYE,),
        scopes=("openid", "email"),
        isolated=True,
    )
    return agreed(app, registered, ana)


def agreed(app: Flask, registered: App, person: Person) -> Party:
    agree(person, registered)
    return Party(app, registered)


def comes_in(browser: Browser, party: Party, person: Person, **asked: str) -> Browser:
    """Sign in for an app, through the pages, until it gets its code."""
    party.authorize(browser, follow=True, **asked)
    assert browser.data_page == "sign-in", browser.data_page
    browser.sign_in(person, path=None)
    assert "code" in browser.answer
    return browser


def knows(browser: Browser, party: Party) -> bool:
    """Whether an app is let in without a word."""
    return "code" in party.authorize(browser, prompt="none").answer


def test_a_sign_in_for_others_is_none_for_it(browser: Browser, party: Party, own: Party, ana: Person) -> None:
    comes_in(browser, party, ana)
    assert knows(browser, party) and not knows(browser, own)

    comes_in(browser, own, ana)
    assert knows(browser, party) and knows(browser, own)
    assert {facts.client_id for facts in sessions_of(ana.id)} == {None, own.id}


def test_a_sign_in_for_it_is_none_for_others(browser: Browser, party: Party, own: Party, ana: Person) -> None:
    comes_in(browser, own, ana)

    assert knows(browser, own) and not knows(browser, party)
    assert browser.get("/account").data_page == "sign-in"
    assert knows(browser, own), "asking elsewhere ends nothing"


def test_two_isolated_apps_know_nothing_of_each_other(
    browser: Browser, own: Party, app: Flask, make_client: Callable[..., App], ana: Person
) -> None:
    second = agreed(app, make_client(name="Courts", scopes=("openid",), isolated=True), ana)
    comes_in(browser, own, ana)
    assert not knows(browser, second)
    comes_in(browser, second, ana)

    assert knows(browser, own) and knows(browser, second)


def test_its_cookie_is_its_own_and_opens_nothing_under_another_name(
    browser: Browser, party: Party, own: Party, ana: Person
) -> None:
    comes_in(browser, own, ana)
    with browser.app.app_context():
        name, shared = cookie.name(own.id), cookie.name()
    held = cookies(browser)
    assert name in held and shared not in held and own.id not in name

    thief = browser.another()
    thief.client.set_cookie(shared, held[name], domain="localhost")
    assert not knows(thief, party) and thief.get("/account", follow=False).status == 303
    thief.client.set_cookie(name, held[name], domain="localhost")
    assert knows(thief, own)


def test_nor_does_the_shared_secret_under_its_name(browser: Browser, party: Party, own: Party, ana: Person) -> None:
    comes_in(browser, party, ana)
    with browser.app.app_context():
        name, shared = cookie.name(own.id), cookie.name()
    browser.client.set_cookie(name, cookies(browser)[shared], domain="localhost")

    assert not knows(browser, own) and knows(browser, party)


@pytest.mark.settings(issuer="https://login.state.example")
def test_under_https_it_is_bound_to_this_host(app: Flask, own: Party, ana: Person) -> None:
    browser = comes_in(Browser(app), own, ana)

    lines = [line for line in (browser.client._cookies or {}).values() if line.key.startswith("__Host-beacon-session-")]
    assert len(lines) == 1
    assert lines[0].secure and lines[0].http_only and lines[0].path == "/" and lines[0].same_site == "Lax"


@pytest.mark.parametrize("last", ["own", "party"])
def test_the_button_signs_out_of_everything_in_this_browser(
    browser: Browser, party: Party, own: Party, ana: Person, last: str
) -> None:
    other = comes_in(browser.another(), own, ana)
    for one in (own, party) if last == "party" else (party, own):
        comes_in(browser, one, ana)
    signed_out(browser)

    assert not knows(browser, party) and not knows(browser, own)
    assert {name for name in cookies(browser) if "session" in name} == set()
    assert knows(other, own), "another browser is another matter"


def test_the_button_on_a_page_of_its_own_signs_out_too(browser: Browser, own: Party, ana: Person) -> None:
    comes_in(browser, own, ana)
    own.authorize(browser, follow=True, prompt="consent")
    assert browser.data_page == "consent"
    browser.post("/sign-out", {"csrf_token": browser.field("csrf_token")["value"]})

    assert browser.data_page == "signed-out" and not knows(browser, own)


@pytest.mark.parametrize("who", ["own", "party"])
def test_any_app_signs_out_of_all(browser: Browser, party: Party, own: Party, ana: Person, who: str) -> None:
    comes_in(browser, party, ana)
    comes_in(browser, own, ana)
    hint = {"own": own, "party": party}[who].tokens(browser)["id_token"]
    browser.get("/end-session", query_string={"id_token_hint": hint})

    assert browser.data_page == "signed-out"
    assert not knows(browser, party) and not knows(browser, own)


def test_a_hint_ends_what_its_own_resident_has_and_nobody_elses(
    browser: Browser, party: Party, own: Party, ana: Person, make_account: Callable[..., Person]
) -> None:
    ben = make_account()
    agree(ben, party.registered)
    comes_in(browser, party, ben)
    comes_in(browser, own, ana)
    browser.get("/end-session", query_string={"id_token_hint": own.tokens(browser)["id_token"]})

    assert not knows(browser, own) and knows(browser, party)
    signed_out(comes_in(browser, own, ana))
    assert not knows(browser, own) and not knows(browser, party), "the button is for whoever sits here"


def test_a_question_without_a_hint_is_about_its_session(browser: Browser, own: Party, ana: Person) -> None:
    browser.get("/end-session", query_string={"client_id": own.id})
    assert browser.data_page == "signed-out", "nobody is signed in"
    comes_in(browser, own, ana)
    browser.get("/end-session", query_string={"client_id": own.id, "post_logout_redirect_uri": BYE, "state": "a b"})
    assert browser.data_page == "confirm-sign-out" and knows(browser, own)
    browser.get("/end-session", query_string={"client_id": own.id, "post_logout_redirect_uri": BYE, "state": "a b"})
    browser.submit("sign-out")

    assert browser.data_page == "signed-out" and not knows(browser, own)


def test_somebody_who_comes_in_after_another_ends_all_of_theirs(
    browser: Browser, party: Party, own: Party, ana: Person, make_account: Callable[..., Person]
) -> None:
    comes_in(browser, party, ana)
    comes_in(browser, own, ana)
    ben = make_account()
    agree(ben, party.registered)
    party.authorize(browser, follow=True, prompt="login")
    browser.sign_in(ben, path=None)

    assert knows(browser, party) and not knows(browser, own)
    assert sessions_of(ana.id) == []


def test_an_operator_ends_one_of_them(browser: Browser, party: Party, own: Party, ana: Person) -> None:
    comes_in(browser, party, ana)
    comes_in(browser, own, ana)
    lifecycle.end_session(next(one.id for one in sessions_of(ana.id) if one.client_id == own.id))

    assert knows(browser, party) and not knows(browser, own)


def test_signing_out_of_it_alone_ends_its_session(browser: Browser, party: Party, own: Party, ana: Person) -> None:
    comes_in(browser, own, ana)
    comes_in(browser, party, ana)
    browser.get(f"/account/services/{own.id}").submit("sign-out-here")

    assert browser.data_page == "services"
    assert not knows(browser, own) and knows(browser, party)


def test_prompts_are_about_its_own_session(
    browser: Browser, party: Party, own: Party, ana: Person, clock: Clock
) -> None:
    comes_in(browser, own, ana)
    clock.advance(10 * MINUTE)
    comes_in(browser, party, ana)
    assert party.authorize(browser, max_age="60", prompt="none").answer.get("code")
    assert own.authorize(browser, max_age="60", prompt="none").answer["error"] == "login_required"

    clock.advance(MINUTE)
    comes_in(browser, own, ana, prompt="login")
    assert own.read(own.tokens(browser)["id_token"])["auth_time"] == clock.now
    assert party.read(party.tokens(browser)["id_token"])["auth_time"] == clock.now - MINUTE


def test_a_stronger_sign_in_is_asked_of_its_own_session(
    browser: Browser, app: Flask, make_client: Callable[..., App], make_account: Callable[..., Person], clock: Clock
) -> None:
    weak = make_account()
    strict = agreed(
        app,
        make_client(
            name="Strict", scopes=("openid",), isolated=True, require_acr="http://idmanagement.gov/ns/assurance/aal/2"
        ),
        weak,
    )
    strict.authorize(browser, follow=True)
    browser.submit("sign-in", email=weak.email, password=weak.password)
    assert browser.data_page == "step-up"
    clock.advance(21 * MINUTE)
    browser.submit("continue")
    assert browser.data_page == "confirm"
    browser.submit(password=weak.password)
    assert browser.data_page == "step-up"
    browser.submit("continue")

    assert browser.data_page == "second-way"
    assert [one.client_id for one in sessions_of(weak.id)] == [strict.id]


def test_a_page_of_its_request_that_outlived_the_session_begins_anew(
    browser: Browser, own: Party, party: Party, ana: Person
) -> None:
    comes_in(browser, own, ana)
    own.authorize(browser, follow=True, prompt="consent")
    page = browser.path
    lifecycle.sign_out(ana.id)
    browser.get(page)

    assert browser.data_page == "sign-in" and "Child Protection" in browser.text
    browser.sign_in(ana, path=None)
    assert browser.data_page == "consent"
    browser.submit("share")
    assert "code" in browser.answer and not knows(browser, party)
