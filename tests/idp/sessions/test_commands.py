"""``beacon session``: what an operator may see and end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from idp.audit.service import search
from idp.sessions.cli import session
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.party import cookies, signed_in

WHY = ("--reason", "test", "--operator", "j.doe")


@pytest.fixture
def person(make_account: Callable[..., Person], browser: Browser) -> Person:
    """Somebody with a session in the browser."""
    person = make_account(totp=True)
    signed_in(browser, person)
    return person


def run(*arguments: str) -> Result:
    return CliRunner().invoke(session, arguments)


def listed(*arguments: str) -> Any:
    result = run("list", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_sessions_are_listed_without_their_secrets(app: Flask, browser: Browser, person: Person) -> None:
    (one,) = listed()

    secrets = list(cookies(browser).values())
    assert one["account_id"] == person.id and one["id"] not in secrets
    assert not any(secret in run("list").output for secret in secrets)
    assert listed("--account", person.id) == [one]
    assert listed("--account", "nobody") == []


def test_a_resident_may_be_named_by_address_and_one_who_is_not_there_is_said(app: Flask, person: Person) -> None:
    assert listed("--account", person.email) == listed("--account", person.id) != []
    refused = run("list", "--account", "nobody@residents.example")
    assert refused.exit_code == 1 and "There is no such account." in refused.stderr


def test_one_is_ended_with_a_reason(app: Flask, browser: Browser, person: Person) -> None:
    (one,) = listed()
    assert run("end", one["id"], *WHY).exit_code == 0

    assert browser.get("/account", follow=False).status == 303
    assert listed() == [] and len(listed("--all")) == 1
    (event,) = search(kind="session.ended")
    assert (event.actor, event.reason) == ("j.doe", "test")


def test_a_dry_run_ends_nothing(app: Flask, browser: Browser, person: Person) -> None:
    (one,) = listed()
    assert run("end", one["id"], "--dry-run", *WHY).exit_code == 0

    assert browser.get("/account", follow=False).status == 200


def test_what_is_not_there_cannot_be_ended(app: Flask) -> None:
    result = run("end", "made-up", *WHY)

    assert result.exit_code == 1 and "made-up" in result.stderr
    assert run("end", "made-up").exit_code == 2
