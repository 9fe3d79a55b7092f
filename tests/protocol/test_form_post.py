"""OAuth 2.0 Form Post Response Mode: success and error as a form that posts itself, or waits for a press."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import Party, agree, granted, signed_in

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

NASTY = (
    '"><script>window.__p=1</script>',
    "'",
    "</form>",
    "&quot;",
    "&#60;img src=x&#62;",
    "\u2028",
    '"' * 4000,
    "a b+c&d=e%20f",
    "{{7*7}}",
    "javascript:alert(1)",
    "ünïcode ✓",
)


def sent(browser: Browser) -> dict[str, str]:
    """What the one form on the page would post, after HTML decoding."""
    assert browser.status == 200 and browser.location is None
    (form,) = browser.page.find_all("form", id="continue")
    inputs = form.find_all("input")
    assert {str(field["type"]) for field in inputs} == {"hidden"}
    return {str(field["name"]): str(field["value"]) for field in inputs}


def test_the_answer_is_a_form_to_the_registered_address(at_home: Browser, party: Party) -> None:
    fields = sent(party.authorize(at_home, response_mode="form_post"))

    form = at_home.page.find("form", id="continue")
    assert form is not None and form["action"] == party.registered.redirect_uri and form["method"] == "post"
    assert form.get("enctype") in {None, "application/x-www-form-urlencoded"}
    assert fields.keys() == {"code", "state", "iss"} and fields["iss"] == party.issuer
    granted(party.redeem(fields["code"]))


def test_it_posts_itself_and_has_a_button_for_browsers_without_script(at_home: Browser, party: Party) -> None:
    party.authorize(at_home, response_mode="form_post")

    policy = at_home.headers["Content-Security-Policy"]
    inline = [script for script in at_home.page.find_all("script") if not script.get("src")]
    assert len(inline) == 1 and "submit()" in inline[0].get_text()
    assert f"'nonce-{inline[0]['nonce']}'" in policy and "unsafe-inline" not in policy
    assert "form-action 'self' https://app.agency.example" in policy
    button = at_home.page.select_one("form#continue button[type=submit]")
    assert button is not None and button.get_text(strip=True)
    assert at_home.headers["Cache-Control"] == "no-store"


def test_no_two_pages_share_a_nonce(at_home: Browser, party: Party) -> None:
    nonces = {
        str(script["nonce"])
        for _ in range(3)
        for script in party.authorize(at_home, response_mode="form_post").page.find_all("script", nonce=True)
    }

    assert len(nonces) == 3


def test_nothing_in_a_value_becomes_markup(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    plain = len(party.authorize(at_home, response_mode="form_post").page.find_all(True))

    for state in NASTY:
        with subtests.test(state[:20]):
            assert sent(party.authorize(at_home, response_mode="form_post", state=state))["state"] == state
            assert len(at_home.page.find_all(True)) == plain


def test_errors_come_the_same_way(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"response_type": "bogus"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"prompt": "none", "max_age": "0"}, "login_required"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"request_uri": "https://app.agency.example/r"}, "request_uri_not_supported"),
        ({"code_challenge": None}, "invalid_request"),
        ({"scope": "bogus"}, "invalid_scope"),
    ]
    for changes, error in wrong:
        with subtests.test(error):
            fields = sent(party.authorize(at_home, response_mode="form_post", **changes))
            assert (fields["error"], fields["state"], fields["iss"]) == (error, "S1", party.issuer)
            assert fields.keys() <= {"error", "error_description", "state", "iss"}


def test_a_no_of_the_resident_comes_the_same_way(at_home: Browser, party: Party) -> None:
    party.authorize(at_home, response_mode="form_post", prompt="consent", follow=True)
    at_home.submit("decline")

    assert sent(at_home)["error"] == "access_denied"


def test_the_query_of_the_registered_address_stays_in_the_action(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    uri = "https://app.agency.example/cb?a=1&b='x'"
    party = Party(browser.app, make_client(redirect_uris=(uri,)))
    agree(resident, party.registered)
    party.authorize(signed_in(browser, resident), response_mode="form_post")

    form = browser.page.find("form", id="continue")
    assert form is not None and form["action"] == uri


def test_a_scheme_of_an_apps_own_cannot_be_posted_to(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    party = Party(browser.app, make_client(auth_method="none", redirect_uris=("com.example.app:/cb",)))
    party.authorize(signed_in(browser, resident), response_mode="form_post")

    assert (browser.location or "").startswith("com.example.app:/cb?error=invalid_request")
