"""Software statements: RFC 7591 section 2.3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from joserfc.jwk import ECKey, Key, OctKey

from idp.clients import service as clients
from idp.clients import statements
from idp.clients.cli import client as command
from tests.support.clock import Clock
from tests.support.party import refused, sign, unsigned
from tests.support.registration import CALLBACK, Developer

pytestmark = [pytest.mark.settings(registration="open"), pytest.mark.only_on("sqlite")]

ISSUER = "https://vendors.example"
KEY, OTHER = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
JWKS = {"keys": [KEY.as_dict(private=False)]}


@pytest.fixture
def developer(app: Flask) -> Developer:
    statements.trust(ISSUER, JWKS)
    return Developer(app)


def statement(key: Key = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
    said = {"iss": ISSUER, "software_id": "4NRB1", "redirect_uris": [CALLBACK], "client_name": "Vouched"}
    return sign({"alg": "ES256"} | (header or {}), said | claims, key)


def test_what_it_says_wins_over_what_stands_beside_it(developer: Developer) -> None:
    text = statement()
    told = developer.registered(
        software_statement=text, client_name="Evil", redirect_uris=["https://evil.example/cb"], contacts=["a@b.example"]
    )

    assert (told["client_name"], told["redirect_uris"], told["software_id"]) == ("Vouched", [CALLBACK], "4NRB1")
    assert told["contacts"] == ["a@b.example"] and told["software_statement"] == text
    assert clients.demand(told["client_id"]).name == "Vouched"


def test_it_still_cannot_say_what_an_operator_decides(developer: Developer) -> None:
    told = developer.registered(software_statement=statement(first_party=True, profile="fapi2", scope="residency"))

    kept = clients.demand(told["client_id"])
    assert not kept.first_party and kept.metadata.profile == "baseline" and kept.scopes == ("openid",)


def test_it_counts_when_a_registration_is_replaced(developer: Developer) -> None:
    told = developer.registered()

    assert developer.change(told, software_statement=statement()).get_json()["client_name"] == "Vouched"
    refused(developer.change(told, software_statement=statement(OTHER)), "invalid_software_statement")


def test_one_that_does_not_hold_is_refused(developer: Developer, clock: Clock, subtests: pytest.Subtests) -> None:
    claims = {"iss": ISSUER, "redirect_uris": [CALLBACK]}
    wrong: dict[str, Any] = {
        "another key": statement(OTHER),
        "no signature": unsigned(claims),
        "no signature, differently spelt": unsigned(claims, "nOnE"),
        "a shared key": statement(OctKey.import_key(json.dumps(JWKS)), {"alg": "HS256"}),
        "expired": statement(exp=clock.now - 60),
        "not yet": statement(nbf=clock.now + 60),
        "for somebody else": statement(aud="https://elsewhere.example"),
        "no issuer": statement(iss=None),
        "an issuer that is no text": statement(iss=[ISSUER]),
        **{f"an issuer of {odd!r}": unsigned(claims | {"iss": odd}) for odd in ("\ud800", "\0", f"{ISSUER}\n")},
        "garbage": "a.b.c",
        "not a text": {"iss": ISSUER},
        "too long": "a" * 20_000,
        "empty": "",
    }
    for name, text in wrong.items():
        with subtests.test(name):
            refused(developer.register(software_statement=text), "invalid_software_statement")
    assert clients.every() == []
    developer.registered(software_statement=statement(aud="http://localhost:8000", exp=clock.now + 60))


def test_one_of_somebody_who_is_not_trusted_is_not_approved(developer: Developer) -> None:
    text = statement(OTHER, iss="https://elsewhere.example")
    refused(developer.register(software_statement=text), "unapproved_software_statement")


def test_trust_is_given_shown_and_taken_back_at_the_terminal(app: Flask, tmp_path: Any) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(command, arguments)

    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(JWKS))
    assert run("trust-issuer", ISSUER, "--jwks", str(keys), "--reason", "contract 7").exit_code == 0
    assert [one["issuer"] for one in json.loads(run("issuers", "--json").stdout)] == [ISSUER]
    Developer(app).registered(software_statement=statement())

    assert run("untrust-issuer", ISSUER, "--reason", "contract over").exit_code == 0
    refused(Developer(app).register(software_statement=statement()), "unapproved_software_statement")
    assert run("untrust-issuer", ISSUER, "--reason", "again").exit_code == 1
    keys.write_text(json.dumps({"keys": [KEY.as_dict(private=True)]}))
    assert run("trust-issuer", ISSUER, "--jwks", str(keys), "--reason", "x").exit_code == 1
