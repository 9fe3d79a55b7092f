"""``beacon resident`` at the terminal."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from idp.accounts import service as accounts
from idp.accounts.models import Account
from idp.audit.service import search
from idp.cli import main
from idp.kernel.db import execute
from idp.kernel.errors import Misconfigured
from idp.sessions.service import open_session, sessions_of
from tests.factories import PASSWORD, Person
from tests.support.browser import Browser
from tests.support.leaks import Marked

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes

WHY = ("--reason", "counter visit 17", "--operator", "kim")
EMAIL = "ana.marked@residents.example"

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run ``beacon …`` in a context of its own, as a new process would."""

    def run(*words: str, typed: str = "") -> Result:
        runner = CliRunner()
        return contextvars.Context().run(runner.invoke, main, list(words), input=typed, obj=lambda: app)

    return run


def printed(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def add(run: Run, *more: str, typed: str = PASSWORD + "\n") -> Result:
    return run("resident", "add", "--email", EMAIL, "--password-stdin", *more, *WHY, "--json", typed=typed)


def test_a_resident_that_was_added_can_sign_in(run: Run, browser: Browser, marked: Marked) -> None:
    marked.add(EMAIL, PASSWORD)
    told = printed(add(run, "--verified", "--totp"))
    assert set(told) == {"id", "totp_secret"}
    marked.add(told["totp_secret"])
    browser.sign_in(Person(told["id"], EMAIL, PASSWORD, told["totp_secret"]))
    assert browser.path == "/account"
    assert accounts.resident(told["id"]).email_confirmed


def test_the_profile_is_filled_from_options(run: Run) -> None:
    told = printed(add(run, "--given-name", "Ana", "--family-name", "Marked", "--birthdate", "1990-05-17"))
    assert set(told) == {"id"}
    assert not accounts.resident(told["id"]).email_confirmed


def test_adding_goes_on_record_with_operator_and_reason(run: Run, marked: Marked) -> None:
    marked.add(EMAIL, PASSWORD)
    told = printed(add(run))
    (entry,) = search(kind="account.opened")
    assert (entry.account_id, entry.actor, entry.reason) == (told["id"], "kim", "counter visit 17")


@pytest.mark.parametrize(
    ("words", "typed", "says"),
    [
        (("--birthdate", "yesterday"), PASSWORD, ""),
        ((), "password1234\n", "common passwords"),
        ((), "short\n", "at least 8"),
        ((), "\n", "at least 8"),
        ((), "", "at least 8"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(run: Run, words: tuple[str, ...], typed: str, says: str) -> None:
    result = add(run, *words, typed=typed)
    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stdout == ""
    assert execute(select(Account.id)).all() == []


def test_an_address_that_is_taken_is_refused_and_exits_with_one(run: Run) -> None:
    printed(add(run))
    again = add(run)
    assert again.exit_code == 1
    assert "already an account" in again.stderr


def test_a_dry_run_keeps_nothing(run: Run) -> None:
    assert add(run, "--dry-run").exit_code == 0
    assert execute(select(Account.id)).all() == []


@pytest.mark.parametrize(
    "words", [("add",), ("add", "--email"), ("lock",), ("find",), ("show", "a", "--email", "b"), ("add", "--no-such")]
)
def test_wrong_usage_exits_with_two(run: Run, words: tuple[str, ...]) -> None:
    assert run("resident", *words, *(WHY if words[0] in {"add", "lock"} else ())).exit_code == 2


@pytest.mark.parametrize("spelt", [EMAIL, EMAIL.upper()])
def test_a_resident_is_found_by_address(run: Run, spelt: str) -> None:
    told = printed(add(run))
    assert printed(run("resident", "find", spelt, "--json")) == {"id": told["id"], "status": "active"}
    assert printed(run("resident", "find", "--email", spelt, "--json"))["id"] == told["id"]


@pytest.mark.parametrize("who", ["nobody@residents.example", "nobody", "not@an@address"])
def test_somebody_unknown_is_not_found(run: Run, who: str) -> None:
    for verb in ("find", "show"):
        result = run("resident", verb, who)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "no such account" in result.stderr


def test_show_tells_state_and_no_secret(run: Run, app: Flask) -> None:
    told = printed(add(run, "--verified", "--totp"))
    with app.test_request_context():
        open_session(told["id"], ("password", "totp"))
    shown = run("resident", "show", told["id"], "--json")
    facts = printed(shown)
    assert facts["status"] == "active"
    assert facts["email"] == EMAIL
    assert facts["methods"][:2] == ["password", "totp"]
    assert facts["sessions"] == 1
    assert told["totp_secret"] not in shown.output
    assert "argon2" not in shown.output
    assert "methods: password, totp" in run("resident", "show", EMAIL).stdout


def test_lock_and_unlock(run: Run, make_account: Callable[..., Person], app: Flask) -> None:
    ana = make_account()
    with app.test_request_context():
        open_session(ana.id, ("password",))
    assert run("resident", "lock", ana.id, *WHY).exit_code == 0
    assert sessions_of(ana.id) == []
    assert accounts.check_password(ana.email, ana.password, network="192.0.2.0/24") is None
    assert run("resident", "unlock", "--email", ana.email, *WHY).exit_code == 0
    assert accounts.check_password(ana.email, ana.password, network="192.0.2.0/24") == ana.id
    assert [entry.reason for entry in search(kind="account.locked")] == ["counter visit 17"]


def test_sign_out_ends_every_session(run: Run, make_account: Callable[..., Person], app: Flask) -> None:
    ana = make_account()
    for _ in range(2):
        with app.test_request_context():
            open_session(ana.id, ("password",))
    result = run("resident", "sign-out", ana.id, *WHY)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2" in result.stderr
    assert sessions_of(ana.id) == []


def test_help_needs_no_database() -> None:
    def broken() -> Flask:
        raise AssertionError

    for words in (["resident", "--help"], ["resident", "lock", "--help"]):
        assert CliRunner().invoke(main, words, obj=broken).exit_code == 0


def test_help_of_add_works_where_no_app_can_be_made_and_the_verb_says_why() -> None:
    def broken() -> Flask:
        raise Misconfigured("No key file.")

    assert CliRunner().invoke(main, ["resident", "add", "--help"], obj=broken).exit_code == 0
    result = CliRunner().invoke(main, ["resident", "add", "--email", EMAIL, "--totp", *WHY], obj=broken)
    assert (result.exit_code, result.stderr) == (1, "Error: No key file.\n")


def test_help_lists_the_options_of_other_rooms(run: Run) -> None:
    shown = run("resident", "add", "--help")
    assert shown.exit_code == 0
    for option in ("--totp", "--given-name", "--birthdate", "--password-stdin"):
        assert option in shown.stdout


def test_an_operator_freezes_closes_and_takes_both_back(run: Run, make_account: Callable[..., Person]) -> None:
    who = make_account().id
    for verb, state in (("freeze", "frozen"), ("release", "active"), ("close", "closing"), ("keep-open", "active")):
        assert run("resident", verb, who, *WHY).exit_code == 0
        assert printed(run("resident", "find", who, "--json"))["status"] == state
        again = run("resident", verb, who, *WHY)
        assert again.exit_code == 1 and again.stderr.startswith("Error:"), f"{verb} twice"


def test_erasing_takes_two_and_both_are_on_record(run: Run, make_account: Callable[..., Person]) -> None:
    who = make_account().id
    assert run("resident", "erase", who, *WHY).exit_code == 2, "nobody else approved"
    alone = run("resident", "erase", who, *WHY, "--approved-by", "KIM")
    assert alone.exit_code == 1 and "other than the operator" in alone.stderr
    assert run("resident", "erase", who, *WHY, "--approved-by", "lee", "--dry-run").exit_code == 0
    assert printed(run("resident", "find", who, "--json"))["status"] == "active"

    assert run("resident", "erase", who, *WHY, "--approved-by", "lee").exit_code == 0
    (entry,) = search(kind="account.erased")
    assert (entry.actor, entry.reason, entry.facts) == ("kim", "counter visit 17", {"approved_by": "lee"})
    assert run("resident", "erase", who, *WHY, "--approved-by", "lee").exit_code == 1


def test_staff_begin_a_reset_and_cannot_finish_it(run: Run, make_account: Callable[..., Person]) -> None:
    ana, approved = make_account(totp=True), (*WHY, "--approved-by", "lee")
    assert run("resident", "reset-factor", "totp", ana.id, *WHY).exit_code == 2
    assert run("resident", "reset-factor", "passkey", ana.id, *approved).exit_code == 2, "there is none"
    begun = run("resident", "reset-factor", "totp", ana.id, *approved)
    assert begun.exit_code == 0, begun.stderr
    assert "totp" in printed(run("resident", "show", ana.id, "--json"))["methods"], "nothing was taken away"
    (entry,) = search(kind="account.reset_begun")
    assert entry.facts == {"method": "totp", "approved_by": "lee"}
    assert search(kind="recovery.waits"), "it waits like everybody's"
