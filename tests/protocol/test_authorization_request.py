"""The authorization request (RFC 6749 section 4.1.1, OIDC Core section 3.1.2): who may be redirected, and with what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from idp.clients import service as clients
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, signed_in, stopped, told

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

EVIL = "https://evil.example/x"

TRIGGERS: dict[str, dict[str, Any]] = {
    "nothing else wrong": {},
    "unknown client": {"client_id": "nobody"},
    "no client": {"client_id": None},
    "unknown response type": {"response_type": "bogus"},
    "no response type": {"response_type": None},
    "hybrid without openid": {"response_type": "code id_token", "scope": "email"},
    "unknown scope": {"scope": "bogus"},
    "nobody here": {"prompt": "none"},
    "strange challenge method": {"code_challenge_method": "S512"},
    "negative max_age": {"max_age": "-1"},
    "malformed claims": {"claims": "[}"},
    "malformed request object": {"request": "x.y"},
    "expired pushed request": {"request_uri": "urn:ietf:params:oauth:request_uri:gone"},
    "a parameter twice": {"scope": ["openid", "email"]},
    "form_post": {"response_mode": "form_post", "response_type": "bogus"},
}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unregistered_address_is_never_redirected_to(
    browser: Browser, party: Party, method: str, subtests: pytest.Subtests
) -> None:
    for trigger, changes in TRIGGERS.items():
        with subtests.test(trigger):
            _send(browser, method, party.request(**{"redirect_uri": EVIL} | changes))
            stopped(browser)
            assert EVIL not in browser.body


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_registered_address_is(at_home: Browser, party: Party, method: str) -> None:
    _send(at_home, method, party.request())

    assert at_home.answer.keys() == {"code", "state", "iss"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_known_app_nobody_is_redirected(browser: Browser, party: Party, method: str) -> None:
    for trigger in ("unknown client", "no client"):
        _send(browser, method, party.request(**TRIGGERS[trigger]))
        stopped(browser, "unknown_client")


def test_an_app_that_is_switched_off_is_unknown(browser: Browser, party: Party, clock: Clock) -> None:
    clients.disable(party.id)
    clock.advance(2)

    stopped(party.authorize(browser), "unknown_client")


def test_no_address_is_an_error_even_where_only_one_is_registered(browser: Browser, party: Party) -> None:
    stopped(party.authorize(browser, redirect_uri=None), "invalid_redirect_uri")
    stopped(party.authorize(browser, redirect_uri=""), "invalid_redirect_uri")


def test_what_decides_where_the_answer_goes_may_not_come_twice(browser: Browser, party: Party) -> None:
    good = party.request(response_mode="query")

    for name in ("client_id", "redirect_uri", "response_mode"):
        stopped(party.authorize(browser, **good | {name: [good[name], good[name]]}), "invalid_redirect_uri")


def test_every_other_parameter_twice_is_told_to_the_app(
    browser: Browser, party: Party, subtests: pytest.Subtests
) -> None:
    good = party.request(prompt="login", max_age="5", acr_values="x", login_hint="x", ui_locales="es")

    for name in good.keys() - {"client_id", "redirect_uri"}:
        with subtests.test(name):
            party.authorize(browser, **good | {name: [good[name], "other"]})
            assert browser.answer["error"] == "invalid_request"
            assert ("state" in browser.answer) is (name != "state")


def test_every_later_error_is_told_to_the_app(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "bogus"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
        ({"response_type": 'bo"g\\us'}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"response_mode": "Query"}, "invalid_request"),
        ({"response_mode": "query fragment"}, "invalid_request"),
        ({"scope": "bogus"}, "invalid_scope"),
        ({"scope": "OPENID"}, "invalid_scope"),
        ({"scope": "openid,email"}, "invalid_scope"),
        ({"scope": "*"}, "invalid_scope"),
        ({"scope": "  "}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
        ({"max_age": "0" * 5000}, "invalid_request"),
        ({"max_age": "9" * 20}, "invalid_request"),
        ({"nonce": "n" * 5000}, "invalid_request"),
        ({"prompt": "bogus"}, "invalid_request"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"request_uri": "https://app.agency.example/request.jwt"}, "request_uri_not_supported"),
        ({"resource": "https://api.example"}, "invalid_target"),
        ({"dpop_jkt": "x"}, "invalid_request"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"login_hint": "a\x07b"}, "invalid_request"),
    ]
    for changes, error in wrong:
        with subtests.test(str(changes)[:60]):
            told(party.authorize(at_home, **changes), party, error)


def test_an_error_description_never_repeats_what_was_sent(at_home: Browser, party: Party) -> None:
    party.authorize(at_home, response_type="marked-value", scope="marked-value")

    assert "marked" not in at_home.answer["error_description"]


def test_the_state_comes_back_byte_for_byte(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    for state in ("a b+c%20d&e=f#g", "ünïcode ✓", "x" * 400, '"><script>', "'", "\t", "%00", "0", " "):
        with subtests.test(state):
            party.authorize(at_home, state=state)
            assert at_home.answer["state"] == state and "code" in at_home.answer

            party.authorize(at_home, state=state, response_type="bogus")
            assert at_home.answer["state"] == state and "error" in at_home.answer


def test_no_state_in_no_state_out(at_home: Browser, party: Party) -> None:
    everything: tuple[dict[str, Any], ...] = ({}, {"response_type": "bogus"}, {"prompt": "none", "max_age": "0"})
    for changes in everything:
        assert "state" not in party.authorize(at_home, state=None, **changes).answer


def test_an_empty_state_stays_empty(at_home: Browser, party: Party) -> None:
    assert party.authorize(at_home, state="").answer["state"] == ""


def test_every_answer_says_who_gave_it(at_home: Browser, party: Party) -> None:
    assert party.authorize(at_home).answer["iss"] == party.issuer
    assert told(party.authorize(at_home, max_age="0", prompt="none"), party, "login_required")["iss"] == party.issuer


def test_a_query_of_the_registered_address_survives(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    uri = "https://app.agency.example/cb?tenant=a%20b&mode=1"
    party = Party(browser.app, make_client(redirect_uris=(uri,)))
    agree(resident, party.registered)

    party.authorize(signed_in(browser, resident))
    assert (browser.location or "").startswith(uri + "&code=")


def test_the_answer_is_a_303_that_nobody_keeps(at_home: Browser, party: Party) -> None:
    party.authorize(at_home)

    assert at_home.status == 303
    assert at_home.headers["Cache-Control"] == "no-store"


def test_a_request_by_form_goes_the_same_way(browser: Browser, resident: Person, party: Party) -> None:
    agree(resident, party.registered)
    browser.post("/authorize", party.request(state="a&b=ü"), follow=False)
    assert browser.status == 303
    assert (browser.location or "").startswith("/authorize?")

    signed_in(browser, resident).follow()
    assert browser.answer["state"] == "a&b=ü" and "code" in browser.answer


def test_no_name_of_a_form_field_is_special(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    for name in ("_scheme", "_external", "_anchor", "_method", "endpoint", "values", "request_id"):
        with subtests.test(name):
            _send(at_home, "POST", party.request() | {name: "javascript"})
            assert "code" in at_home.answer


def test_the_query_of_a_request_by_form_does_not_count(at_home: Browser, party: Party) -> None:
    at_home.post(f"/authorize?redirect_uri={EVIL}&prompt=none", party.request(prompt="login"), follow=False)
    at_home.follow()

    assert "/sign-in/" in (at_home.location or "")


def test_what_is_unknown_or_empty_is_ignored(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    harmless: list[dict[str, Any]] = [
        {"extra": "foobar"},
        {"display": "popup"},
        {"display": '"><'},
        {"claims_locales": "se"},
        {"ui_locales": "se"},
        {"login_hint": "buffy@localhost"},
        {"acr_values": "urn:unknown"},
        {"claims": '{"userinfo":{"name":null}}'},
        {"resource": ""},
        {"dpop_jkt": ""},
        {"authorization_details": "[]"},
        {"scope": "openid bogus email"},
        {"scope": "email openid openid"},
        {"nonce": None},
        {"nonce": "n" * 1500},
        {"request": ""},
        {"prompt": ""},
        {"max_age": ""},
    ]
    for extra in harmless:
        with subtests.test(str(extra)[:60]):
            assert "code" in party.authorize(at_home, **extra).answer


def test_order_does_not_matter(at_home: Browser, party: Party) -> None:
    backwards = dict(reversed(party.request(scope="email profile openid").items()))

    assert "code" in at_home.get("/authorize", query_string=backwards, follow=False).answer


def test_the_app_gets_no_scope_that_it_did_not_register(at_home: Browser, party: Party) -> None:
    tokens = party.tokens(at_home, scope="openid email phone address")

    assert tokens["scope"] == "email openid"


def test_without_openid_there_is_no_id_token_and_no_claim(at_home: Browser, party: Party) -> None:
    tokens = party.tokens(at_home, scope="email profile")

    assert "id_token" not in tokens
    assert party.userinfo(tokens["access_token"]).get_json().keys() == {"sub"}


def test_a_very_long_request_is_a_clear_page(browser: Browser, party: Party) -> None:
    stopped(party.authorize(browser, login_hint="x" * 20_000))


def _send(browser: Browser, method: str, parameters: dict[str, Any]) -> None:
    if method == "GET":
        browser.get("/authorize", query_string=parameters, follow=False)
    else:
        browser.post("/authorize", parameters, follow=False)
        while browser.location and browser.location.startswith("/authorize"):
            browser.follow()
