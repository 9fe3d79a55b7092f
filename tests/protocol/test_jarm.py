"""JWT Secured Authorization Response Mode (JARM), and OAuth 2.0 Multiple Response Types section 2.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.kernel import clock as present
from idp.keys import service as keys
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, agree, granted, refused, signed_in
from tests.support.sealed import header_of

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

BY_QUERY = ("jwt", "query.jwt")
MODES = (*BY_QUERY, "form_post.jwt")


def text_of(browser: Browser, party: Party) -> str:
    """The one thing that came back, however it came."""
    if browser.location is None:
        (form,) = browser.page.find_all("form", id="continue")
        assert form["action"] == party.registered.redirect_uri
        fields = {str(field["name"]): str(field["value"]) for field in form.find_all("input")}
        assert browser.page.select_one("form#continue button[type=submit]") is not None
    else:
        assert browser.location.startswith(party.registered.redirect_uri + "?") and "#" not in browser.location
        fields = {name: value for name, (value,) in parse_qs(urlsplit(browser.location).query).items()}
    assert fields.keys() == {"response"}
    assert browser.headers["Cache-Control"] == "no-store"
    return fields["response"]


def sent(browser: Browser, party: Party) -> dict[str, Any]:
    """The fields inside, as the app reads them (JARM section 2.4): signature, issuer, audience, time."""
    claims = party.read(text_of(browser, party))
    now = present.now()
    assert claims.pop("iss") == party.issuer and claims.pop("aud") == party.id
    assert now < claims.pop("exp") <= now + 600
    return claims


@pytest.mark.parametrize("mode", MODES)
def test_a_code_comes_inside_a_signed_jwt_and_nowhere_else(at_home: Browser, party: Party, mode: str) -> None:
    answer = sent(party.authorize(at_home, response_mode=mode), party)

    assert answer.keys() == {"code", "state"} and answer["state"] == "S1"
    granted(party.redeem(answer["code"]))


@pytest.mark.parametrize("mode", MODES)
def test_errors_come_the_same_way(at_home: Browser, party: Party, mode: str, subtests: pytest.Subtests) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"prompt": "none", "max_age": "0"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"scope": "bogus"}, "invalid_scope"),
    ]
    for changes, error in wrong:
        with subtests.test(error):
            answer = sent(party.authorize(at_home, response_mode=mode, **changes), party)
            assert answer["error"] == error and answer["state"] == "S1"
            assert answer.keys() <= {"error", "error_description", "state"}


def test_a_no_of_the_resident_comes_the_same_way(at_home: Browser, party: Party) -> None:
    party.authorize(at_home, response_mode="jwt", prompt="consent", follow=True)
    at_home.submit("decline")

    assert sent(at_home, party)["error"] == "access_denied"


def test_the_state_is_inside_byte_for_byte_or_not_at_all(at_home: Browser, party: Party) -> None:
    for state in ("a b+c&d=e%20f", 'quo"te\\', "ünïcode ✓", "s" * 400):
        assert sent(party.authorize(at_home, response_mode="query.jwt", state=state), party)["state"] == state
    assert "state" not in sent(party.authorize(at_home, response_mode="query.jwt", state=None), party)


def test_it_is_signed_as_the_app_registered_or_else_like_its_id_tokens(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    signed_in(browser, resident)
    for facts, alg in (
        *(({"authorization_signed_response_alg": alg}, alg) for alg in keys.ALGORITHMS),
        ({"id_token_alg": "RS256"}, "RS256"),
    ):
        party = Party(browser.app, make_client(**facts))
        agree(resident, party.registered)
        text = text_of(party.authorize(browser, response_mode="jwt"), party)
        assert (header_of(text)["alg"], header_of(text)["kid"]) == (alg, keys.signer(alg).kid)
        assert party.read(text)["code"]


@pytest.mark.parametrize("mode", ["fragment", "fragment.jwt", "web_message", "Query", "query jwt", "JWT", "form_post "])
def test_other_modes_are_refused_without_a_code(at_home: Browser, party: Party, mode: str) -> None:
    party.authorize(at_home, response_mode=mode)

    assert at_home.answer["error"] == "invalid_request" and at_home.answer["iss"] == party.issuer
    assert at_home.location is not None and "#" not in at_home.location and "code=" not in at_home.location


def test_a_scheme_of_an_apps_own_is_answered_by_query(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    party = Party(browser.app, make_client(auth_method="none", redirect_uris=("com.example.app:/cb",)))
    agree(resident, party.registered)
    signed_in(browser, resident)

    assert sent(party.authorize(browser, response_mode="jwt", prompt="none"), party)["error"] == "consent_required"
    assert sent(party.authorize(browser, response_mode="form_post.jwt"), party)["error"] == "invalid_request"


def test_it_passes_for_no_other_kind_of_token(at_home: Browser, party: Party) -> None:
    text = text_of(party.authorize(at_home, response_mode="jwt"), party)

    assert party.userinfo(text).status_code == 401
    refused(party.refresh(text), "invalid_grant")
    assert at_home.get("/end-session", query_string={"id_token_hint": text}).status == 400
    assert party.authorize(at_home, prompt="none", id_token_hint=text).answer["error"] == "login_required"
