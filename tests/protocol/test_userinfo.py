"""Userinfo (OIDC Core section 5.3) and how an access token is presented (RFC 6750)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from consent import service as consent
from idp import lifecycle
from idp.keys import service as keys
from idp.tokens import machine
from idp.tokens.facts import opaque
from profiles import service as profiles
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, signed_in, visitor
from tests.support.sealed import header_of

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

TYPES: dict[str, type | tuple[type, ...]] = {
    "email_verified": bool,
    "phone_number_verified": bool,
    "updated_at": int,
    "phishing_resistant": bool,
    "credentials_changed_at": int,
    "address": dict,
    "residential_address": dict,
    "mailing_address": dict,
    "lives_in_state": bool,
    "age_over_18": bool,
    "age_over_21": bool,
    "age_over_60": bool,
    "age_over_65": bool,
}


@pytest.fixture
def access(at_home: Browser, party: Party) -> str:
    """A live access token."""
    return str(party.tokens(at_home)["access_token"])


def ask(app: Flask, method: str = "GET", **options: Any) -> TestResponse:
    return visitor(app).open("/userinfo", method=method, **options)


def challenged(answer: TestResponse, error: str | None, status: int = 401) -> None:
    """Check for a refusal with the challenge of RFC 6750 section 3."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert (f'error="{error}"' in challenge) if error else ("error" not in challenge)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_claims_are_those_agreed_to(app: Flask, access: str, party: Party, resident: Person) -> None:
    answer = party.userinfo(access)

    assert answer.status_code == 200 and answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    claims = answer.get_json()
    assert claims["email"] == resident.email and claims["email_verified"] is True
    assert claims["name"] == "Marisol Okonkwo-Lindqvist"


def test_a_token_is_taken_from_the_header_or_the_form(app: Flask, access: str) -> None:
    header = {"Authorization": f"Bearer {access}"}
    answers = [
        ask(app, headers=header),
        ask(app, "POST", headers=header),
        ask(app, "POST", data={"access_token": access}),
        ask(app, headers={"Authorization": f"bearer {access}"}),
        ask(app, headers={"Authorization": f"Bearer   {access} "}),
    ]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({answer.data for answer in answers}) == 1


def test_a_token_presented_twice_is_refused(app: Flask, access: str) -> None:
    header = {"Authorization": f"Bearer {access}"}

    for answer in (
        ask(app, "POST", headers=header, data={"access_token": access}),
        ask(app, "POST", data={"access_token": [access, access]}),
        ask(app, headers=header, query_string={"access_token": access}),
    ):
        assert answer.status_code == 400 and answer.get_json()["error"] == "invalid_request"


def test_a_token_in_the_address_is_refused(app: Flask, access: str) -> None:
    assert ask(app, query_string={"access_token": access}).status_code == 400
    assert ask(app, "POST", query_string={"access_token": access}).status_code == 400


def test_without_a_token_the_challenge_names_no_error(app: Flask, access: str) -> None:
    for answer in (
        ask(app),
        ask(app, "POST"),
        ask(app, headers={"Authorization": f"Token {access}"}),
        ask(app, headers={"Authorization": "Bearer"}),
        ask(app, "POST", json={"access_token": access}),
        ask(app, "POST", data={"access_token": access}, content_type="multipart/form-data"),
    ):
        challenged(answer, None)


def test_a_wrong_token_is_an_invalid_token(app: Flask, access: str, subtests: pytest.Subtests) -> None:
    for wrong in ("wrong", access[:-1], access + "x", f"{access},Bearer {access}", "x" * 5000, "a\u00e9"):
        with subtests.test(wrong[:20]):
            challenged(
                ask(app, headers={"Authorization": f"Bearer {wrong}".encode().decode("latin-1")}), "invalid_token"
            )
    challenged(ask(app, "POST", data={"access_token": "wrong"}), "invalid_token")


def test_a_token_lives_for_ten_minutes(party: Party, access: str, clock: Clock) -> None:
    clock.advance(599)
    assert party.userinfo(access).status_code == 200
    clock.advance(1)
    challenged(party.userinfo(access), "invalid_token")


def test_without_openid_a_token_tells_whom_it_stands_for_and_no_claim(at_home: Browser, party: Party) -> None:
    """An app that uses OAuth alone may see whom its token stands for. No claim is told without ``openid``."""
    tokens = party.tokens(at_home, scope="email", claims=json.dumps({"userinfo": {"email": None}}))
    subject = party.read(party.tokens(at_home)["id_token"])["sub"]

    assert party.userinfo(tokens["access_token"]).get_json() == {"sub": subject}


def test_a_token_of_an_apps_own_tells_of_the_app(app: Flask, party: Party) -> None:
    """There is nobody else whom it stands for."""
    text = machine.issue(party.id, (), audience=None, confirmation=None, write=opaque)
    elsewhere = machine.issue(party.id, (), audience="https://api.example/", confirmation=None, write=opaque)

    told = ask(app, headers={"Authorization": f"Bearer {text}"})
    assert told.get_json() == {"sub": party.id} and told.content_type == "application/json"
    challenged(ask(app, headers={"Authorization": f"Bearer {elsewhere}"}), "invalid_token")


@pytest.mark.parametrize("alg", keys.ALGORITHMS)
def test_it_is_signed_where_the_app_registered_so(
    browser: Browser, resident: Person, make_client: Callable[..., App], alg: str
) -> None:
    party = Party(browser.app, make_client(scopes=("openid", "email"), userinfo_signed_response_alg=alg))
    agree(resident, party.registered)
    answer = party.userinfo(party.tokens(signed_in(browser, resident))["access_token"])
    text = answer.get_data(as_text=True)

    assert answer.headers.getlist("Content-Type") == ["application/jwt"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert header_of(text) == {"typ": "JWT", "alg": alg, "kid": keys.signer(alg).kid}
    claims = party.read(text)
    assert (claims["iss"], claims["aud"], claims["email"]) == (party.issuer, party.id, resident.email)
    assert claims.keys() == {"iss", "aud", "sub", "email", "email_verified"}


def test_claims_asked_for_by_name_are_told_if_they_fit(at_home: Browser, party: Party, resident: Person) -> None:
    wanted = {
        "given_name": None,
        "email": {"value": resident.email},
        "family_name": {"values": ["Smith", "Jones"], "essential": True},
        "nickname": {"essential": True},
    }
    claims = json.dumps({"userinfo": wanted, "id_token": {"name": None}})
    tokens = party.tokens(at_home, scope="openid", claims=claims)

    told = party.userinfo(tokens["access_token"]).get_json()
    assert told.keys() == {"sub", "given_name", "email"}
    assert told["email"] == resident.email


def test_openid_alone_tells_the_subject_alone(at_home: Browser, party: Party) -> None:
    tokens = party.tokens(at_home, scope="openid")

    assert party.userinfo(tokens["access_token"]).get_json() == {"sub": party.read(tokens["id_token"])["sub"]}


def test_claims_that_the_resident_kept_back_are_not_told(browser: Browser, resident: Person, party: Party) -> None:
    agree(resident, party.registered, claims={"given_name"})
    tokens = party.tokens(signed_in(browser, resident))

    assert party.userinfo(tokens["access_token"]).get_json().keys() == {"sub", "given_name"}


def test_claims_taken_back_are_gone_for_tokens_already_out(
    party: Party, access: str, resident: Person, at_home: Browser
) -> None:
    code = party.code(at_home)
    consent.change(resident.id, party.registered.client, {"name"})

    assert party.userinfo(access).get_json().keys() == {"sub", "name"}
    assert party.redeem(code).status_code == 400


def test_a_claim_is_read_when_it_is_told(party: Party, access: str, resident: Person) -> None:
    profiles.change(resident.id, {"legal_name": {"given": "Mari", "family": "Okonkwo"}})

    assert party.userinfo(access).get_json()["given_name"] == "Mari"


def test_every_claim_has_its_type_and_none_is_empty(
    browser: Browser, make_account: Callable[..., Person], make_client: Callable[..., App], app: Flask
) -> None:
    address = {"line1": "12 Harbour Street", "city": "Boston", "region": "MA", "postal_code": "02110", "country": "US"}
    person = make_account(
        totp=True,
        legal_name={"given": "Ana", "family": "Ivanova-Reyes"},
        birthdate="1963-02-28",
        phone_number="+16175550123",
        residential_address=address,
        mailing_address=address,
        preferred_language="es",
    )
    scopes = app.extensions["beacon.registry"].scopes
    party = Party(app, make_client(scopes=scopes))
    agree(person, party.registered)
    claims = party.userinfo(party.tokens(signed_in(browser, person))["access_token"]).get_json()

    assert {"name", "birthdate", "phone_number", "address", "age_over_60", "lives_in_state"} <= claims.keys()
    for name, value in claims.items():
        assert isinstance(value, TYPES.get(name, str)), name
        assert value not in {"", "null"} if isinstance(value, str) else value is not None
    assert claims["birthdate"] == "1963-02-28"
    assert (claims["age_over_60"], claims["age_over_65"]) == (True, False)


def test_what_a_resident_does_not_have_is_left_out(
    browser: Browser, make_account: Callable[..., Person], party: Party
) -> None:
    person = make_account(totp=True)
    agree(person, party.registered)
    claims = party.userinfo(party.tokens(signed_in(browser, person))["access_token"]).get_json()

    assert claims.keys() == {"sub", "email", "email_verified", "updated_at", "locale"}


def test_a_locked_resident_is_told_of_no_more(party: Party, access: str, resident: Person) -> None:
    lifecycle.lock(resident.id)

    challenged(party.userinfo(access), "invalid_token")
    lifecycle.unlock(resident.id)
    challenged(party.userinfo(access), "invalid_token")


def test_a_page_of_any_origin_may_ask_but_never_with_cookies(at_home: Browser, access: str) -> None:
    asked = visitor(at_home.app).options("/userinfo", headers={"Origin": "https://spa.example"})
    assert asked.status_code == 204
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]

    challenged(at_home.client.get("/userinfo", headers={"Origin": "https://spa.example"}), None)
