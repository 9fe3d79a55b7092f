"""``beacon client``: register and look after agency apps at the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from joserfc.jwk import ECKey

from idp.audit.service import search
from idp.clients import service as clients
from idp.clients.cli import client
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, granted, refused

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

URI = "https://app.example/cb"
WHY = ("--reason", "test", "--operator", "j.doe")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(client, arguments)


def said(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_app_is_added_and_its_secret_shown_once(app: Flask) -> None:
    told = said("add", "--name", "Tax", "--redirect-uri", URI, "--scope", "profile email", "--agency", "Revenue", *WHY)

    assert told.keys() == {"client_id", "client_secret"}
    kept = clients.demand(told["client_id"])
    assert kept.holds_secret(told["client_secret"])
    assert kept.scopes == ("openid", "profile", "email") and kept.agency == "Revenue"
    assert told["client_secret"] not in run("show", told["client_id"]).output
    assert told["client_secret"] not in run("list", "--json").output


def test_who_added_it_and_why_is_on_record(app: Flask) -> None:
    client_id = said("add", "--name", "Tax", "--redirect-uri", URI, *WHY)["client_id"]

    (event,) = search(kind="client.registered")
    assert (event.client_id, event.actor, event.reason) == (client_id, "j.doe", "test")


def test_every_choice_is_kept(app: Flask, tmp_path: Path) -> None:
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps({"keys": [ECKey.generate_key("P-256").as_dict(private=False)]}))
    client_id = said(
        "add", "--name", "Tax", "--redirect-uri", URI, "--redirect-uri", URI + "2", "--auth", "private_key_jwt",
        "--jwks", str(jwks), "--scope", "email", "--require-claim", "email", "--grant", "authorization_code",
        "--post-logout-redirect-uri", "https://app.example/bye", "--subject-type", "public", "--id-token-alg", "RS256",
        "--require-acr", "http://idmanagement.gov/ns/assurance/aal/2", "--first-party", "--client-uri", "https://app.example/",
        "--policy-uri", "https://app.example/privacy", "--tos-uri", "https://app.example/terms", *WHY,
    )["client_id"]  # fmt: skip

    shown = said("show", client_id)
    assert shown["redirect_uris"] == [URI, URI + "2"]
    assert shown["token_endpoint_auth_method"] == "private_key_jwt"
    assert (shown["scope"], shown["require_claims"]) == ("openid email", ["email"])
    assert (shown["grant_types"], shown["subject_type"]) == (["authorization_code"], "public")
    assert shown["id_token_signed_response_alg"] == "RS256" and shown["first_party"] is True
    assert shown["policy_uri"] == "https://app.example/privacy" and not shown["disabled"]


def test_a_wrong_value_is_one_sentence_and_nothing_is_made(app: Flask, tmp_path: Path) -> None:
    no_keys = tmp_path / "jwks.json"
    no_keys.write_text("not json")
    for wrong in (
        ("--redirect-uri", "javascript:alert(1)"),
        ("--redirect-uri", URI, "--scope", "bogus"),
        ("--redirect-uri", URI, "--require-claim", "bogus"),
        ("--redirect-uri", URI, "--grant", "password"),
        ("--redirect-uri", URI, "--auth", "private_key_jwt"),
        ("--redirect-uri", URI, "--auth", "private_key_jwt", "--jwks", str(no_keys)),
        (),
    ):
        result = run("add", "--name", "Tax", *wrong, *WHY)
        assert result.exit_code == 1 and result.stdout == ""
        assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert clients.every() == []


@pytest.mark.parametrize("arguments", [("add",), ("add", "--name", "x", "--auth", "bogus"), ("show",), ("bogus",)])
def test_wrong_usage(app: Flask, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_dry_run_changes_nothing(app: Flask) -> None:
    assert run("add", "--name", "Tax", "--redirect-uri", URI, "--dry-run", *WHY).exit_code == 0

    assert clients.every() == [] and search(kind="client.registered") == []


def test_an_app_is_changed(app: Flask) -> None:
    client_id = said("add", "--name", "Tax", "--redirect-uri", URI, *WHY)["client_id"]

    assert said("set", client_id, "--name", "Taxes", "--scope", "email", *WHY)["client_name"] == "Taxes"
    assert said("set", client_id, "--first-party", *WHY)["first_party"] is True
    assert said("set", client_id, "--third-party", *WHY)["first_party"] is False
    assert said("show", client_id)["scope"] == "openid email"
    assert run("set", client_id, *WHY).exit_code == 2


def test_what_is_not_there_is_refused(app: Flask) -> None:
    for arguments in (
        ("show", "x"),
        ("set", "x", "--name", "y", *WHY),
        ("disable", "x", *WHY),
        ("rotate-secret", "x", *WHY),
    ):
        result = run(*arguments)
        assert result.exit_code == 1 and "x" in result.stderr


def test_a_new_secret_works_beside_the_old_one(app: Flask) -> None:
    told = said("add", "--name", "Tax", "--redirect-uri", URI, *WHY)
    new = said("rotate-secret", told["client_id"], *WHY)["client_secret"]

    kept = clients.demand(told["client_id"])
    assert new != told["client_secret"] and kept.holds_secret(new) and kept.holds_secret(told["client_secret"])


def test_switching_an_app_off_ends_its_tokens(app: Flask, at_home: Browser, party: Party, clock: Clock) -> None:
    tokens = party.tokens(at_home)
    assert run("disable", party.id, *WHY).exit_code == 0
    assert party.userinfo(tokens["access_token"]).status_code == 401
    clock.advance(2)
    refused(party.refresh(tokens["refresh_token"]), "invalid_client", 401)

    assert run("enable", party.id, *WHY).exit_code == 0
    clock.advance(2)
    refused(party.refresh(tokens["refresh_token"]), "invalid_grant")
    granted(party.redeem(party.code(at_home)))


def test_apps_are_listed_by_name(app: Flask) -> None:
    for name in ("Tax", "Health"):
        said("add", "--name", name, "--redirect-uri", URI, *WHY)

    assert [one["client_name"] for one in said("list")] == ["Health", "Tax"]
    assert run("list").stdout.count("\n") == 2
