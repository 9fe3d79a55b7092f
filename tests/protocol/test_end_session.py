"""RP-Initiated Logout 1.0: out at once with a hint of this session, a question on doubt, never a wrong redirect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey

from idp.clients import service as clients
from idp.kernel.clock import DAY, HOUR
from idp.keys import service as keys
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, sign, signed_in, signed_out, told, unsigned

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

BYE = "https://app.agency.example/bye"


@pytest.fixture
def hint(at_home: Browser, party: Party) -> str:
    """An ID token of the session in the browser at home."""
    return str(party.tokens(at_home)["id_token"])


def leave(browser: Browser, method: str = "GET", /, **parameters: Any) -> Browser:
    """Call the endpoint, as an app lets a browser do it."""
    if method == "GET":
        return browser.get("/end-session", query_string=parameters, follow=True)
    return browser.post("/end-session", parameters, follow=True)


def still_here(browser: Browser, party: Party) -> bool:
    return "code" in party.authorize(browser, prompt="none").answer


def our_page(browser: Browser) -> Browser:
    """Check that nobody was sent away."""
    assert browser.location is None, browser.location
    assert browser.data_page or browser.data_error
    return browser


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_with_a_hint_and_a_registered_address_it_ends_and_returns(
    at_home: Browser, party: Party, hint: str, method: str
) -> None:
    state = "s" * 100 + " ü&=+%20#" + "t" * 20
    leave(at_home, method, id_token_hint=hint, post_logout_redirect_uri=BYE, state=state)

    assert at_home.status == 303
    assert (at_home.location or "").startswith(BYE + "?")
    assert parse_qs(urlsplit(at_home.location or "").query) == {"state": [state]}
    told(party.authorize(at_home, prompt="none"), party, "login_required")


def test_no_state_in_no_state_out(at_home: Browser, party: Party, hint: str) -> None:
    assert leave(at_home, id_token_hint=hint, post_logout_redirect_uri=BYE).location == BYE


def test_the_client_id_may_stand_beside_the_hint(at_home: Browser, party: Party, hint: str) -> None:
    assert leave(at_home, id_token_hint=hint, client_id=party.id, post_logout_redirect_uri=BYE).location == BYE


def test_a_query_of_the_registered_address_survives(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    uri = "https://app.agency.example/bye?tenant=a%20b"
    party = Party(browser.app, make_client(post_logout_redirect_uris=(uri,)))
    agree(resident, party.registered)
    hint = party.tokens(signed_in(browser, resident))["id_token"]

    assert leave(browser, id_token_hint=hint, post_logout_redirect_uri=uri, state="S").location == uri + "&state=S"


def test_an_expired_hint_signed_by_a_retired_key_still_counts(
    at_home: Browser, party: Party, hint: str, clock: Clock
) -> None:
    keys.rotate()
    clock.advance(1850)
    assert still_here(at_home, party)
    clock.advance(1850)

    assert leave(at_home, id_token_hint=hint, post_logout_redirect_uri=BYE).location == BYE
    assert not still_here(at_home, party)


def test_a_hint_of_a_session_long_over_returns_the_browser(
    at_home: Browser, party: Party, hint: str, clock: Clock
) -> None:
    clock.advance(30 * DAY)

    assert leave(at_home, id_token_hint=hint, post_logout_redirect_uri=BYE).location == BYE


def test_the_tokens_of_the_session_go_with_it(at_home: Browser, party: Party) -> None:
    online = party.tokens(at_home, scope="openid email")
    leave(at_home, id_token_hint=online["id_token"])

    assert party.userinfo(online["access_token"]).status_code == 401


def test_a_refreshed_id_token_is_as_good_a_hint(at_home: Browser, party: Party) -> None:
    fresh = party.refresh(party.tokens(at_home)["refresh_token"]).get_json()

    assert leave(at_home, id_token_hint=fresh["id_token"], post_logout_redirect_uri=BYE).location == BYE


def test_a_hint_alone_ends_it_with_a_page_of_ours(at_home: Browser, party: Party, hint: str) -> None:
    our_page(leave(at_home, id_token_hint=hint))

    assert at_home.data_page == "signed-out"
    assert not still_here(at_home, party)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_is_not_registered_is_never_gone_to(
    at_home: Browser, party: Party, hint: str, method: str, subtests: pytest.Subtests
) -> None:
    for uri in (
        "https://app.agency.example/other",
        BYE + "?x=1",
        BYE + "/",
        BYE + "#x",
        "https://APP.agency.example/bye",
        "https://app.agency.example@evil.example/bye",
        "https://evil.example/bye",
        "//evil.example",
        "javascript:alert(1)",
        party.registered.redirect_uri,
        "https://other.example/bye",
    ):
        with subtests.test(uri):
            our_page(leave(at_home, method, id_token_hint=hint, post_logout_redirect_uri=uri, state="S"))
            assert at_home.status == 400 and at_home.data_error == "invalid_sign_out"
    assert still_here(at_home, party)


def test_a_hint_that_we_did_not_sign_is_refused(
    at_home: Browser, party: Party, hint: str, clock: Clock, subtests: pytest.Subtests
) -> None:
    claims, foreign = party.read(hint), ECKey.generate_key("P-256")
    kid = keys.signer("ES256").kid
    for name, forged in {
        "unsigned": unsigned(claims),
        "alg in other letters": unsigned(claims, "nOnE"),
        "another key": sign({"alg": "ES256"}, claims, foreign),
        "another key under our kid": sign({"alg": "ES256", "kid": kid}, claims, foreign),
        "a key inside": sign({"alg": "ES256", "jwk": foreign.as_dict(private=False)}, claims, foreign),
        "another issuer": _ours(claims | {"iss": "https://other.example"}),
        "two audiences": _ours(claims | {"aud": [party.id, "other"]}),
        "no session": _ours({name: value for name, value in claims.items() if name != "sid"}),
        "a logout token": _ours(claims | {"events": {}}),
        "tampered": hint[:-4] + "AAAA",
        "kid of a wrong type": "eyJhbGciOiJFUzI1NiIsImtpZCI6WzFdfQ." + hint.split(".", 1)[1],
        "garbage": "x.y.z",
        "encrypted": "a.b.c.d.e",
        "long": "x" * 20_000,
    }.items():
        with subtests.test(name):
            our_page(leave(at_home, id_token_hint=forged, post_logout_redirect_uri=BYE, state="S"))
            assert at_home.status == 400 and at_home.data_error == "invalid_sign_out"
    assert still_here(at_home, party)
    assert leave(at_home, id_token_hint=_ours(claims), post_logout_redirect_uri=BYE).location == BYE


def test_a_hint_of_another_app_does_not_open_this_apps_address(
    at_home: Browser, party: Party, another: Party, resident: Person
) -> None:
    agree(resident, another.registered)
    theirs = another.tokens(at_home)["id_token"]

    for extra in ({}, {"client_id": party.id}):
        our_page(leave(at_home, id_token_hint=theirs, post_logout_redirect_uri=BYE, **extra))
        assert at_home.data_error == "invalid_sign_out"
    assert still_here(at_home, party)


def test_without_a_hint_nobody_is_sent_away(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    wanting: list[dict[str, str]] = [
        {"post_logout_redirect_uri": BYE, "state": "S"},
        {"post_logout_redirect_uri": BYE, "client_id": party.id},
        {"post_logout_redirect_uri": "https://evil.example", "client_id": "unknown"},
        {"state": "S"},
        {"client_id": party.id},
        {"logout_hint": "x", "ui_locales": "es"},
        {},
    ]
    for parameters in wanting:
        with subtests.test(str(parameters)):
            our_page(leave(at_home, **parameters))
            assert still_here(at_home, party)


def test_without_a_hint_the_resident_is_asked_and_decides(at_home: Browser, party: Party) -> None:
    our_page(leave(at_home, state="S"))
    assert at_home.data_page == "confirm-sign-out"
    at_home.click("stay")
    assert still_here(at_home, party)

    leave(at_home)
    our_page(at_home.submit("sign-out"))
    assert at_home.data_page == "signed-out"
    assert not still_here(at_home, party)


def test_the_question_names_the_app(at_home: Browser, party: Party) -> None:
    leave(at_home, client_id=party.id)

    assert party.registered.client.name in at_home.text


def test_a_hint_of_somebody_elses_session_asks_and_never_ends_this_one(
    at_home: Browser, party: Party, make_account: Callable[..., Person]
) -> None:
    other = make_account(totp=True)
    agree(other, party.registered)
    theirs = signed_in(at_home.another(), other)
    hint = party.tokens(theirs)["id_token"]

    our_page(leave(at_home, id_token_hint=hint, post_logout_redirect_uri=BYE))
    assert at_home.data_page == "confirm-sign-out"
    assert still_here(at_home, party) and still_here(theirs, party)


def test_a_hint_of_an_earlier_session_asks(at_home: Browser, party: Party, hint: str, resident: Person) -> None:
    signed_in(signed_out(at_home), resident)

    our_page(leave(at_home, id_token_hint=hint))
    assert at_home.data_page == "confirm-sign-out" and still_here(at_home, party)


def test_with_nobody_here_the_page_says_so(browser: Browser, party: Party) -> None:
    for parameters in ({}, {"state": "S"}, {"post_logout_redirect_uri": BYE}):
        our_page(leave(browser, **parameters))
        assert browser.data_page == "signed-out"


def test_a_parameter_twice_is_refused(at_home: Browser, party: Party, hint: str) -> None:
    for name, value in {
        "id_token_hint": hint,
        "post_logout_redirect_uri": BYE,
        "state": "S",
        "client_id": party.id,
    }.items():
        parameters = {"id_token_hint": hint, "post_logout_redirect_uri": BYE} | {name: [value, value]}
        our_page(leave(at_home, **parameters))
        assert at_home.data_error == "invalid_sign_out"
    assert still_here(at_home, party)


@pytest.mark.parametrize(("at_once", "later"), [(False, keys.HINTS_FOR + 2 * HOUR), (True, 2)])
def test_a_key_long_retired_or_given_up_no_longer_vouches(
    at_home: Browser, party: Party, hint: str, clock: Clock, at_once: bool, later: int
) -> None:
    keys.rotate(at_once=at_once)
    clock.advance(later)

    our_page(leave(at_home, id_token_hint=hint, post_logout_redirect_uri=BYE))
    assert at_home.data_error == "invalid_sign_out"


def test_a_foreign_page_cannot_press_the_button(at_home: Browser, party: Party) -> None:
    at_home.post("/sign-out", {})

    assert at_home.status == 400 and still_here(at_home, party)


def test_the_session_cookie_is_taken_away(at_home: Browser, party: Party, hint: str) -> None:
    at_home.get("/end-session", query_string={"id_token_hint": hint}, follow=False)

    cookies = at_home.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("beacon-session=;") for cookie in cookies)


def _ours(claims: dict[str, Any]) -> str:
    """Any claims, signed with the true key."""
    signer = keys.signer("ES256")
    return sign({"alg": "ES256", "kid": signer.kid}, claims, signer.key)


def test_an_address_without_a_hint_leads_to_the_question_not_to_the_address(at_home: Browser, party: Party) -> None:
    assert our_page(leave(at_home, client_id=party.id, post_logout_redirect_uri=BYE)).data_page == "confirm-sign-out"
    assert still_here(at_home, party)


def test_asking_only_for_the_head_of_a_page_takes_no_step(at_home: Browser, party: Party, hint: str) -> None:
    answers = [
        at_home.client.head("/end-session", query_string={"id_token_hint": hint}),
        at_home.client.head("/authorize", query_string=party.request()),
    ]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert still_here(at_home, party)


@pytest.mark.parametrize("with_hint", [False, True], ids=["without a hint", "with a hint of an earlier session"])
def test_after_the_question_the_way_back_is_offered_as_a_link(
    at_home: Browser, party: Party, hint: str, resident: Person, with_hint: bool
) -> None:
    signed_in(signed_out(at_home), resident)
    named = {"id_token_hint": hint} if with_hint else {"client_id": party.id}
    leave(at_home, **named, post_logout_redirect_uri=BYE, state="a b&c")
    assert at_home.data_page == "confirm-sign-out"
    our_page(at_home.submit("sign-out"))
    link = at_home.page.find(id="back")

    assert at_home.data_page == "signed-out" and party.registered.client.name in at_home.text
    assert link is not None and link["href"] == BYE + "?state=a+b%26c"
    assert not still_here(at_home, party)


def test_the_link_leads_to_a_registered_address_with_the_state_and_nowhere_else(
    at_home: Browser, party: Party, another: Party, clock: Clock
) -> None:
    def offered(**parameters: str) -> str | None:
        link = at_home.get("/signed-out", query_string=parameters).page.find(id="back")
        return str(link["href"]) if link else None

    good = {"client_id": party.id, "post_logout_redirect_uri": BYE}
    assert offered(**good) == BYE and party.registered.client.name in at_home.text
    assert offered(**good, state='a"b<') == BYE + "?state=a%22b%3C"
    for bad in (
        {"client_id": another.id},
        {"client_id": "unknown"},
        {"client_id": ""},
        {"post_logout_redirect_uri": "https://evil.example"},
        {"post_logout_redirect_uri": "javascript:alert(1)"},
        {"post_logout_redirect_uri": BYE + "/"},
    ):
        assert offered(**good | bad) is None, bad
    clients.disable(party.id)
    clock.advance(2)
    assert offered(**good) is None, "an app that is switched off"


def test_with_nobody_here_and_no_hint_the_way_back_is_a_link(browser: Browser, party: Party) -> None:
    our_page(leave(browser, client_id=party.id, post_logout_redirect_uri=BYE))

    link = browser.page.find(id="back")
    assert browser.data_page == "signed-out" and link is not None and link["href"] == BYE


def test_the_page_speaks_the_language_that_the_app_asks_for(at_home: Browser, party: Party) -> None:
    leave(at_home, client_id=party.id, ui_locales="es", logout_hint="somebody")

    assert at_home.page.html is not None and at_home.page.html["lang"] == "es"
