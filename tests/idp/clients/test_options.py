"""The terminal offers every member of an app's metadata, under its registered name with hyphens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from joserfc.jwk import ECKey

from idp.clients import service as clients
from idp.clients.cli import client as command
from idp.clients.document import written
from idp.clients.members import MEMBERS
from tests.factories import make_client

pytestmark = pytest.mark.only_on("sqlite")
WHY = ("--reason", "test", "--json")
GIVEN: dict[str, tuple[str, Any]] = {
    "application_type": ("native", "native"),
    "contacts": ("a@app.example", ["a@app.example"]),
    "logo_uri": ("https://app.example/logo.png", "https://app.example/logo.png"),
    "jwks_uri": ("https://app.example/keys", "https://app.example/keys"),
    "default_max_age": ("300", 300),
    "request_uris": ("https://app.example/r#x", ["https://app.example/r#x"]),
    "backchannel_logout_uri": ("https://app.example/out", "https://app.example/out"),
    "event_delivery_uri": ("https://app.example/events", "https://app.example/events"),
    "frontchannel_logout_uri": ("https://app.agency.example/out", "https://app.agency.example/out"),
    "token_format": ("jwt", "jwt"),
    "resource": ("https://api.example/", "https://api.example/"),
    "resource_scopes": ("permits:read", ["permits:read"]),
    "profile": ("baseline", "baseline"),
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, *WHY])


def set_(client_id: str, *arguments: str) -> dict[str, Any]:
    result = run("set", client_id, *arguments)
    assert result.exit_code == 0, result.output
    shown: dict[str, Any] = json.loads(result.stdout)
    return shown


def flag(name: str, value: Any) -> str:
    return "--" + name.replace("_", "-").removesuffix("s" if isinstance(value, list) else "")


def test_every_member_is_shown_by_its_registered_name(app: Flask) -> None:
    shown = json.loads(CliRunner().invoke(command, ["show", make_client().id, "--json"]).stdout)
    assert set(MEMBERS) <= shown.keys()
    assert {
        "client_name",
        "redirect_uris",
        "token_endpoint_auth_method",
        "id_token_signed_response_alg",
    } <= shown.keys()


def test_what_is_given_is_kept_and_an_empty_value_clears_it(app: Flask) -> None:
    made = make_client()
    before = written(made.client)
    given = [word for name, (text, kept) in GIVEN.items() for word in (flag(name, kept), text)]

    shown = set_(made.id, *given)
    assert {name: shown[name] for name in GIVEN} == {name: kept for name, (_, kept) in GIVEN.items()}
    cleared = set_(made.id, *[word for name, (_, kept) in GIVEN.items() for word in (flag(name, kept), "")])
    assert {name: cleared[name] for name in before} == before


def test_flags_have_two_words(app: Flask) -> None:
    made = make_client()

    assert set_(made.id, "--isolated", "--require-auth-time")["isolated"] is True
    shown = set_(made.id, "--shared", "--no-require-auth-time")
    assert (shown["isolated"], shown["require_auth_time"]) == (False, False)


def test_keys_move_from_a_file_to_an_address(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [ECKey.generate_key("P-256").as_dict(private=False)]}))
    made = make_client()

    assert set_(made.id, "--jwks", str(file))["jwks"]
    assert run("set", made.id, "--jwks-uri", "https://app.example/keys").exit_code == 1
    assert set_(made.id, "--jwks", "", "--jwks-uri", "https://app.example/keys")["jwks"] is None


def test_wrong_usage(app: Flask) -> None:
    for wrong in (("--profile", "bogus"), ("--default-max-age", "soon"), ("--token-format", "JWT")):
        assert run("set", make_client().id, *wrong).exit_code == 2


def test_an_api_needs_no_grant_and_no_address(app: Flask) -> None:
    result = run("add", "--name", "API", "--resource", "https://api.example/", "--resource-scope", "permits:read")
    api = clients.demand(json.loads(result.stdout)["client_id"])

    assert (api.grants, api.redirect_uris, api.home, api.host) == ((), (), None, "")
    assert run("add", "--name", "Machine", "--grant", "client_credentials").exit_code == 0
    assert run("add", "--name", "Nothing").exit_code == 1
    assert set_(make_client().id, "--scope", "email permits:read")["scope"] == "openid email permits:read"


def test_a_registration_token_is_printed_once(app: Flask) -> None:
    result = run("registration-token", "--note", "for the vendor", "--days", "3")
    assert len(json.loads(result.stdout)["registration_token"]) > 40
