"""A session that is about to end: it can go on, and a form that comes too late loses nothing (WCAG 2.2, 2.2.1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from idp.kernel.clock import HOUR, MINUTE
from idp.sessions import cookie
from idp.sessions.service import sessions_of
from idp.web import kept
from tests.factories import App, Person
from tests.support.browser import Browser, form_data
from tests.support.clock import Clock
from tests.support.party import Party, agree, cookies

pytestmark = pytest.mark.only_on("sqlite")

NAME = "/account/profile/name"
PASSWORD = "/account/sign-in/password"


@pytest.fixture
def ana(make_account: Callable[..., Person]) -> Person:
    return make_account(totp=True)


@pytest.fixture
def at_home(browser: Browser, ana: Person) -> Browser:
    """Her browser, signed in, on the page of her name."""
    return browser.sign_in(ana).get(NAME)


def left(browser: Browser) -> list[int]:
    """What the page tells its script: seconds to rest, seconds in all."""
    box = browser.page.find(attrs={"data-left": True})
    return [int(part) for part in str(box["data-left"]).split()] if box else []


def test_every_signed_in_page_says_how_long_the_session_lasts(at_home: Browser, clock: Clock) -> None:
    assert left(at_home) == [HOUR, 12 * HOUR]
    assert "session.js" in at_home.body

    clock.advance(20)
    assert left(at_home.get("/help")) == [HOUR - 20, 12 * HOUR - 20], "activity is written once a minute"
    clock.advance(MINUTE)
    assert left(at_home.get("/help")) == [HOUR, 12 * HOUR - 80]

    stranger = at_home.another().get("/help")
    assert left(stranger) == [] and "session.js" not in stranger.body


def test_one_press_lets_it_go_on_up_to_its_overall_end(at_home: Browser, ana: Person, clock: Clock) -> None:
    clock.advance(30)
    at_home.submit("stay-signed-in")
    assert (at_home.status, at_home.headers["Session-Left"]) == (204, f"{HOUR} {12 * HOUR - 30}")
    assert sessions_of(ana.id)[0].seen_at == clock(), "also within the minute"

    for _ in range(12):
        clock.advance(58 * MINUTE)
        assert at_home.get(NAME).submit("stay-signed-in").status == 204
    rests, ends = (int(part) for part in at_home.headers["Session-Left"].split())
    assert ends < rests, "no press goes beyond the twelve hours"
    clock.advance(ends)
    assert at_home.get(NAME).data_page == "sign-in"


def test_it_takes_a_session_and_the_token_of_this_browser(at_home: Browser, clock: Clock) -> None:
    assert at_home.post("/session/stay").data_error == "csrf"
    clock.advance(HOUR)
    at_home.get("/accessibility")
    at_home.post("/session/stay", {"csrf_token": token(at_home)})
    assert at_home.status == 401 and "Session-Left" not in at_home.headers


@pytest.mark.settings(mfa="optional")
def test_the_session_of_an_isolated_app_goes_on_by_itself(
    browser: Browser, make_account: Callable[..., Person], make_client: Callable[..., App], clock: Clock
) -> None:
    ben = make_account()
    own = make_client(name="Child Protection", scopes=("openid", "email"), isolated=True)
    agree(ben, own)
    party = Party(browser.app, own)
    party.authorize(browser, follow=True)
    browser.sign_in(ben, path=None)
    assert list(cookies(browser)) and cookie.name() not in cookies(browser)
    party.authorize(browser, follow=True, prompt="login")
    clock.advance(30)

    stay = browser.page.find("button", id="stay-signed-in").find_parent("form")
    assert stay["action"] == f"/session/stay/{own.id}"
    assert browser.submit("stay-signed-in").status == 204
    assert sessions_of(ben.id)[0].seen_at == clock()


def test_what_was_typed_too_late_is_kept_and_saved_after_signing_in_again(
    at_home: Browser, ana: Person, clock: Clock
) -> None:
    clock.advance(HOUR)
    at_home.submit("save", given_name="Ada <b>", family_name="Marked")
    assert (at_home.status, at_home.data_page) == (401, "signed-out-meanwhile")
    assert {"given_name": "Ada <b>", "family_name": "Marked"}.items() <= sent(at_home).items()
    link = at_home.page.find("a", id="first")
    assert link["target"] == "_blank" and link["href"].startswith("/sign-in?")

    waiting = (at_home.url, at_home.page)
    at_home.click("first").submit("sign-in", email=ana.email, password=ana.password)
    assert at_home.data_page == "again"
    at_home.url, at_home.page = waiting
    at_home.submit("send-again")
    assert at_home.data_page == "profile" and "Ada <b>" in at_home.text


def test_a_page_that_wants_a_fresh_proof_keeps_it_too_but_never_a_password(
    at_home: Browser, ana: Person, clock: Clock
) -> None:
    at_home.get(PASSWORD)
    clock.advance(11 * MINUTE)
    at_home.submit("change-password", current_password=ana.password, password="quiet-marble-otter-58")
    assert (at_home.status, at_home.data_page) == (403, "signed-out-meanwhile")
    assert "quiet-marble-otter-58" not in at_home.body and ana.password not in at_home.body
    assert sent(at_home) == {"current_password": "", "password": ""}

    waiting = (at_home.url, at_home.page)
    at_home.click("first")
    assert at_home.data_page == "confirm"
    at_home.submit("continue", password=ana.password).submit("verify", code=ana.code())
    assert at_home.data_page == "again"
    at_home.url, at_home.page = waiting
    at_home.submit("send-again", current_password=ana.password, password="quiet-marble-otter-58")
    assert at_home.data_page == "sign-in-ways"


def test_a_code_is_asked_for_again_and_goes_where_it_was_going(at_home: Browser, clock: Clock) -> None:
    at_home.get("/accessibility")
    clock.advance(HOUR)
    at_home.post(f"{NAME}?return_to=/account/data", {"code": "123456", "x": "kept", "csrf_token": token(at_home)})
    assert sent(at_home) == {"code": "", "x": "kept"} and "123456" not in at_home.body
    form = at_home.page.find("button", id="send-again").find_parent("form")
    assert not form.get("action") and at_home.url.endswith("?return_to=/account/data"), "to the same address"


def test_nothing_of_a_form_from_elsewhere_is_kept(at_home: Browser, clock: Clock) -> None:
    foreign = token(at_home.another().get("/accessibility"))
    clock.advance(HOUR)
    for forged in ("", "x", foreign):
        at_home.post(NAME, {"given_name": "Forged", "csrf_token": forged})
        assert at_home.data_error == "csrf" and "Forged" not in at_home.body


@pytest.mark.parametrize(
    "typed",
    [{"given_name": "A" * kept.LARGEST}, {f"field{number}": "" for number in range(kept.MOST + 1)}],
    ids=["long", "many"],
)
def test_what_no_form_of_ours_holds_is_not_kept(at_home: Browser, clock: Clock, typed: dict[str, str]) -> None:
    clock.advance(HOUR)
    at_home.post(NAME, typed | {"csrf_token": token(at_home)})
    assert (at_home.status, at_home.data_page) == (200, "sign-in")


def test_looking_leads_to_the_sign_in_as_ever(at_home: Browser, clock: Clock) -> None:
    clock.advance(HOUR)
    assert at_home.get(NAME, follow=False).location.startswith("/sign-in?return_to=")


def token(browser: Browser) -> str:
    """The form token of the page at hand."""
    return str(browser.page.find(attrs={"name": "csrf_token"})["value"])


def sent(browser: Browser) -> dict[str, str]:
    """What "Send again" sends, but the token."""
    data = form_data(browser.page.find("button", id="send-again").find_parent("form"))
    assert len(data.getlist("csrf_token")) == 1, "the old token is not among what is kept"
    return {name: text for name, text in data.items() if name != "csrf_token"}
