"""An operator adds a resident with a profile at the terminal."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from idp.accounts import service as accounts
from idp.accounts.cli import resident
from idp.audit.service import search
from profiles import service

FACTS = ["add", "--email", "marked.op@residents.example", "--reason", "paper form 12"]


@pytest.fixture
def run(app):
    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(resident, [*FACTS, *arguments], obj=lambda: app)

    return invoke


def test_every_option_fills_the_profile(run) -> None:
    result = run(
        *("--given-name", "Marisol", "--middle-name", "Inés", "--family-name", "Quispe", "--preferred-name", "Sol"),
        *("--birthdate", "1980-3-1", "--phone", "(617) 555-0100", "--language", "es"),
        *("--address", "1 Ashburton Pl", "Boston", "MA", "02108"),
        *("--mailing-address", "PO Box 7", "Nashua", "NH", "03060", "--json"),
        *("--gender", "woman", "--preferred-username", "msq", "--zoneinfo", "America/Chicago"),
        *("--website", "sol.example", "--profile", "https://sol.example/me", "--picture", "https://sol.example/me.png"),
    )
    assert result.exit_code == 0, result.output
    account_id = json.loads(result.stdout)["id"]
    held = service.read(account_id)
    assert held["legal_name"] == {"given": "Marisol", "middle": "Inés", "family": "Quispe"}
    assert held["birthdate"] == "1980-03-01"
    assert held["phone_number"] == "+16175550100"
    assert held["residential_address"]["region"] == "MA"
    assert held["mailing_address"]["city"] == "Nashua"
    assert held["preferred_language"] == "es"
    assert (held["gender"], held["preferred_username"], held["zoneinfo"]) == ("woman", "msq", "America/Chicago")
    assert held["website"] == "https://sol.example"
    assert (held["profile"], held["picture"]) == ("https://sol.example/me", "https://sol.example/me.png")
    entry = search(account=account_id, kind="profile.changed")[0]
    assert (entry.facts["method"], entry.reason) == ("command", "paper form 12")


def test_without_options_the_profile_is_empty(run) -> None:
    result = run("--json")
    assert service.read(json.loads(result.stdout)["id"]) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        ("--birthdate", "1980-02-31"),
        ("--phone", "x"),
        ("--address", "1 Main St", "Boston", "Bavaria", "02108"),
        ("--picture", "http://sol.example/me.png"),
        ("--zoneinfo", "Mars/Olympus"),
    ],
)
def test_a_wrong_value_makes_no_account(run, wrong) -> None:
    result = run(*wrong)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert accounts.find_by_email("marked.op@residents.example") is None
