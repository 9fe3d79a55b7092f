"""PKCE (RFC 7636) with S256: from public apps and strict profiles always, from all others whenever they begin it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.party import VERIFIER, Party, agree, challenge_for, granted, refused, signed_in, told

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

GOOD = challenge_for(VERIFIER)

WRONG_CHALLENGES: list[dict[str, Any]] = [
    {"code_challenge": None},
    {"code_challenge": ""},
    {"code_challenge": " " * 43},
    {"code_challenge": GOOD[:42]},
    {"code_challenge": GOOD + "a"},
    {"code_challenge": "a" * 129},
    {"code_challenge": GOOD[:42] + "="},
    {"code_challenge": GOOD[:42] + "+"},
    {"code_challenge": GOOD[:42] + "é"},
    {"code_challenge": GOOD + "\n"},
    {"code_challenge_method": None},
    {"code_challenge_method": ""},
    {"code_challenge_method": "plain"},
    {"code_challenge_method": "PLAIN"},
    {"code_challenge_method": "s256"},
    {"code_challenge_method": "S512"},
    {"code_challenge_method": "none"},
    {"code_challenge_method": None, "code_challenge_method[]": "S256"},
    {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
]

WRONG_VERIFIERS = {
    "none": None,
    "empty": "",
    "null": "null",
    "the challenge": GOOD,
    "another": VERIFIER[:-1] + "x",
    "too short": "a" * 42,
    "too long": "a" * 129,
    "with a line end": VERIFIER + "\n",
}


@pytest.mark.parametrize("auth_method", ["client_secret_basic", "none"])
def test_a_request_without_a_good_challenge_is_refused_before_any_page(
    browser: Browser, make_client: Callable[..., App], auth_method: str, subtests: pytest.Subtests
) -> None:
    party = Party(browser.app, make_client(auth_method=auth_method))

    for changes in WRONG_CHALLENGES:
        with subtests.test(str(changes)[:60]):
            told(party.authorize(browser, **changes), party, "invalid_request")
    assert "/sign-in/" in (party.authorize(browser).location or "")


def test_a_public_app_cannot_leave_it_out(browser: Browser, make_client: Callable[..., App]) -> None:
    party = Party(browser.app, make_client(auth_method="none"))

    told(party.authorize(browser, code_challenge=None, code_challenge_method=None), party, "invalid_request")
    assert "/sign-in/" in (party.authorize(browser).location or "")


def test_a_confidential_app_of_the_baseline_may_leave_it_out_and_cannot_be_talked_into_it_later(
    at_home: Browser, party: Party
) -> None:
    """Attack 030: a verifier for a code without a challenge means that somebody took the challenge away."""
    without = {"code_challenge": None, "code_challenge_method": None}

    granted(party.redeem(party.code(at_home, **without), code_verifier=None))
    refused(party.redeem(party.code(at_home, **without)), "invalid_grant")
    refused(party.redeem(party.code(at_home, **without), code_verifier=""), "invalid_grant")


def test_the_verifier_must_fit_its_challenge(at_home: Browser, party: Party, subtests: pytest.Subtests) -> None:
    for name, verifier in WRONG_VERIFIERS.items():
        with subtests.test(name):
            answer = party.redeem(party.code(at_home), code_verifier=verifier)
            assert answer.status_code == 400
            assert answer.get_json()["error"] in {"invalid_grant", "invalid_request"}
    granted(party.redeem(party.code(at_home)))


def test_a_wrong_or_missing_verifier_is_an_invalid_grant(at_home: Browser, party: Party) -> None:
    refused(party.redeem(party.code(at_home), code_verifier="wrong-" + VERIFIER), "invalid_grant")
    refused(party.redeem(party.code(at_home), code_verifier=None), "invalid_grant")


def test_a_code_bears_one_guess(at_home: Browser, party: Party) -> None:
    code = party.code(at_home)
    refused(party.redeem(code, code_verifier="wrong-" + VERIFIER), "invalid_grant")

    refused(party.redeem(code), "invalid_grant")


def test_two_verifiers_are_one_too_many(at_home: Browser, party: Party) -> None:
    code = party.code(at_home)
    refused(party.redeem(code, code_verifier=["wrong-" + VERIFIER, VERIFIER]), "invalid_request")

    granted(party.redeem(code))


def test_a_code_given_for_one_challenge_is_not_opened_by_the_verifier_of_another(
    at_home: Browser, party: Party
) -> None:
    other = "another-verifier-that-is-long-enough-as-well-0123"
    first, second = party.code(at_home), party.code(at_home, code_challenge=challenge_for(other))

    refused(party.redeem(second, code_verifier=VERIFIER), "invalid_grant")
    refused(party.redeem(first, code_verifier=other), "invalid_grant")


def test_a_public_app_redeems_with_its_verifier_alone(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    party = Party(browser.app, make_client(auth_method="none", first_party=True))
    signed_in(browser, resident)

    refused(party.redeem(party.code(browser), code_verifier=None), "invalid_grant")
    assert granted(party.redeem(party.code(browser)))["id_token"]


def test_the_longest_and_the_shortest_verifier_work(at_home: Browser, party: Party) -> None:
    for verifier in ("a" * 43, "~._-" * 32):
        code = party.code(at_home, code_challenge=challenge_for(verifier))
        granted(party.redeem(code, code_verifier=verifier))


def test_a_stranger_app_gains_nothing_from_a_stolen_code_and_verifier(
    at_home: Browser, party: Party, another: Party, resident: Person
) -> None:
    agree(resident, another.registered)

    refused(another.redeem(party.code(at_home), redirect_uri=party.registered.redirect_uri), "invalid_grant")
