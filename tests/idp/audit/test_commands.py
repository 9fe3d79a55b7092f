"""Commands at the terminal: who acts and why, dry runs, and refusals in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask_babel import lazy_gettext
from sqlalchemy import text

from idp.app import create_app
from idp.audit.cli import audit
from idp.audit.operator import data_command, emit, operator_command
from idp.audit.service import record, seal
from idp.kernel import db
from idp.kernel.errors import Refused
from idp.kernel.settings import Settings
from tests.idp.audit.painting import DoorPainted, paint, tamper, trail

pytestmark = pytest.mark.only_on("sqlite")  # of pages and messages, which no database changes


@click.group()
def door() -> None:
    """Doors of the tests."""


@door.command()
@click.argument("colour")
@operator_command
@data_command
def paint_door(colour: str, as_json: bool) -> None:
    """Paint it."""
    if colour == "grey":
        raise Refused(lazy_gettext("No grey doors."))
    record(DoorPainted(colour))
    emit({"colour": colour}, as_json, f"Painted {colour}.")


@door.command()
@data_command
def drop(as_json: bool) -> None:
    """Ask the database for what it does not have."""
    db.execute(text("SELECT secret_value FROM no_such_table"))


@door.command()
@operator_command
@data_command
def scrape(as_json: bool) -> None:
    """Write to what the database does not have."""
    db.execute(text("DELETE FROM no_such_table"))


def run(*arguments: str, obj: Any = None, group: click.Group = door) -> Result:
    return CliRunner().invoke(group, arguments, obj=obj or _no_app)


def _no_app() -> Flask:
    raise AssertionError("the app at hand should be used")


@pytest.fixture
def factory() -> Iterator[Callable[..., Callable[[], Flask]]]:
    """``factory(database_url=…)`` stands for the roof's: makes an app when called."""
    made: list[Flask] = []

    def make(settings: Settings) -> Flask:
        made.append(create_app(settings))
        return made[-1]

    yield lambda **facts: lambda: make(Settings(env="development", **facts))
    for app in made:
        with app.app_context():
            db.db.engine.dispose()


def test_a_deed_needs_a_reason(app: Flask) -> None:
    refused = run("paint-door", "blue")
    assert refused.exit_code == 2
    assert "--reason" in refused.stderr
    assert trail() == []

    done = run("paint-door", "blue", "--reason", "worn", "--operator", "j.doe")
    assert (done.exit_code, done.stdout) == (0, "Painted blue.\n")
    assert [(row.actor, row.reason) for row in trail()] == [("j.doe", "worn")]


def test_the_operator_is_the_system_user_unless_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "sysadmin")
    run("paint-door", "blue", "--reason", "worn")

    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    run("paint-door", "red", "--reason", "worn")

    first, second = (row.actor for row in trail())
    assert first == "sysadmin"
    assert second.startswith("uid ")


@pytest.mark.parametrize("reason", ["", "   ", "two\nlines", "\x1b[2J", "x" * 1001, "broken \udcff bytes", "nul\0"])
def test_a_reason_is_one_plain_line(app: Flask, reason: str) -> None:
    refused = run("paint-door", "blue", "--reason", reason)

    assert refused.exit_code == 2
    assert trail() == []


def test_an_operators_name_fits_its_column(app: Flask) -> None:
    assert run("paint-door", "blue", "--reason", "worn", "--operator", "x" * 65).exit_code == 2
    assert run("paint-door", "blue", "--reason", "worn", "--operator", "x" * 64).exit_code == 0


def test_a_dry_run_shows_and_changes_nothing(app: Flask) -> None:
    dry = run("paint-door", "blue", "--reason", "worn", "--dry-run", "--json")

    assert dry.exit_code == 0
    assert json.loads(dry.stdout) == {"colour": "blue"}
    assert "nothing was changed" in dry.stderr
    assert trail() == []


def test_a_refusal_is_one_sentence_and_nothing_happened(app: Flask) -> None:
    refused = run("paint-door", "grey", "--reason", "dull")

    assert (refused.exit_code, refused.stdout, refused.stderr) == (1, "", "Error: No grey doors.\n")
    assert trail() == []


def test_an_unknown_option_is_wrong_usage(app: Flask) -> None:
    assert run("paint-door", "blue", "--colour-blind").exit_code == 2


def test_a_database_error_is_a_sentence_without_the_statement(app: Flask) -> None:
    failed = run("drop")

    assert failed.exit_code == 1
    assert failed.stderr.startswith("Error: The database refused this")
    assert "secret_value" not in failed.output
    assert isinstance(failed.exception, SystemExit)


def test_inside_another_command_a_failure_is_left_to_that_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inner one still holds the write lock, for which looking for the reason would wait."""
    asked: list[bool] = []
    monkeypatch.setattr("idp.kernel.db.demand_tables", lambda: asked.append(db.in_transaction()))

    failed = run("scrape", "--reason", "worn")

    assert failed.stderr.startswith("Error: The database refused this")
    assert asked == [False]


def test_an_empty_database_is_named(factory: Any, tmp_path: Path) -> None:
    (tmp_path / "none.db").touch()
    failed = run("drop", obj=factory(database_url=f"sqlite:///{tmp_path}/none.db", instance=tmp_path))

    assert (failed.exit_code, failed.stderr) == (1, "Error: The database is empty. Run: beacon db upgrade\n")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://nobody:hush@127.0.0.1:1/none",
        "sqlite:////proc/none/beacon.db",
        "nonsense",
        "oracle9://x/y",
        "mysql://nobody:hush@127.0.0.1/none",
        "postgresql+psycopg://nobody:hush@127.0.0.1:port/none",
    ],
)
def test_a_database_that_cannot_be_reached_is_one_sentence(factory: Any, tmp_path: Path, url: str) -> None:
    failed = run("drop", obj=factory(database_url=url, instance=tmp_path))

    assert failed.exit_code == 1
    assert len(failed.stderr.splitlines()) == 1
    assert "hush" not in failed.output
    assert isinstance(failed.exception, SystemExit)


def test_wrong_settings_are_one_sentence(factory: Any, tmp_path: Path) -> None:
    (tmp_path / "beacon.keys").write_text("{}")
    failed = run("drop", obj=factory(database_url=f"sqlite:///{tmp_path}/x.db", instance=tmp_path))

    assert failed.exit_code == 1
    assert "key file" in failed.stderr


def test_what_is_printed_cannot_steer_the_terminal(app: Flask) -> None:
    done = run("paint-door", "\x1b]0;owned\x07é", "--reason", "worn")

    assert done.exit_code == 0
    assert "\x1b" not in done.stdout and "\x07" not in done.stdout
    assert "é" in done.stdout


def test_the_app_is_made_when_there_is_none(factory: Any, database: Any, tmp_path: Path) -> None:
    (tmp_path / "beacon.keys").write_bytes(database.key_file.read_bytes())
    obj = factory(database_url=database.fresh(tmp_path), instance=tmp_path)

    done = run("search", "--kind", "test.nothing", "--json", obj=obj, group=audit)

    assert (done.exit_code, json.loads(done.stdout)) == (0, [])


def test_audit_search_prints_events(app: Flask) -> None:
    record(DoorPainted("blue"), account_id="ada", client_id="app")
    record(DoorPainted("red"), account_id="bob")

    found = json.loads(run("search", "--account", "ada", "--json", group=audit).stdout)
    assert [(event["account_id"], event["facts"]["colour"]) for event in found] == [("ada", "blue")]
    assert found[0]["time"] == "2027-01-15T08:00:00Z"

    line = run("search", "--client", "app", group=audit).stdout
    assert line.startswith("2027-01-15T08:00:00Z  test.door_painted  account=ada  client=app  by system")
    assert run("search", "--since", "2027-01-16", group=audit).stdout == "No events.\n"
    assert run("search", "--until", "2027-01-15T07:59:59Z", "--json", group=audit).stdout == "[]\n"
    assert len(json.loads(run("search", "--since", "2027-01-15", "--json", group=audit).stdout)) == 2


@pytest.mark.parametrize("wrong", [("--since", "yesterday"), ("--limit", "0"), ("--limit", "many"), ("extra",)])
def test_audit_search_refuses_wrong_usage(app: Flask, wrong: tuple[str, ...]) -> None:
    assert run("search", *wrong, group=audit).exit_code == 2


@pytest.mark.only_on("sqlite")  # PostgreSQL takes nothing but JSON
def test_facts_that_are_json_no_more_are_found_and_shown(app: Flask) -> None:
    paint(3)
    seal()
    assert json.loads(run("search", "--json", group=audit).stdout)[1]["facts"]["coats"] == 1
    with db.transaction():
        db.execute(text("UPDATE events SET facts = '{\"colour\": ' WHERE position = 2"))

    broken = run("verify", "--json", group=audit)
    assert (broken.exit_code, broken.stderr) == (1, "Error: The event at position 2 is not what was sealed there.\n")
    assert json.loads(broken.stdout)["broken"]["harm"] == "edited"

    found = json.loads(run("search", "--json", group=audit).stdout)
    assert [event["facts"].get("unreadable") for event in found] == [None, "'{\"colour\": '", None]
    tamper(2, facts={})


def test_audit_verify_exits_with_0_only_while_the_chain_is_sound(app: Flask) -> None:
    paint(3)
    seal()
    paint(1)

    sound = run("verify", "--json", group=audit)
    facts = json.loads(sound.stdout)
    assert sound.exit_code == 0
    assert (facts["sound"], facts["checked"], facts["unsealed"], facts["position"]) == (True, 3, 1, 3)
    assert "Chain sound: 3 events hold, 1 wait to be sealed." in run("verify", group=audit).stdout

    tamper(2, actor="nobody")

    broken = run("verify", "--json", group=audit)
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["broken"] == {"harm": "edited", "position": 2, "event_id": trail()[1].id}
    assert broken.stderr == "Error: The event at position 2 is not what was sealed there.\n"
