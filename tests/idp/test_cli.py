"""The house's own commands: only ``beacon db upgrade`` makes a database, and everything else says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import delete

from idp.app import create_app
from idp.audit.models import ChainHead, EventRow
from idp.cli import main
from idp.kernel import db
from idp.kernel.settings import Settings
from tests.support.databases import PostgresDatabase

Beacon = Callable[..., Result]


@pytest.fixture
def beacon(tmp_path: Path) -> Iterator[Callable[[str], Beacon]]:
    """``beacon(url)("db", "status")`` runs a command against a database that no fixture has made."""
    made: list[Flask] = []

    def at(url: str) -> Beacon:
        def make_app() -> Flask:
            made.append(create_app(Settings(env="development", database_url=url, instance=tmp_path / "instance")))
            return made[-1]

        return lambda *arguments: CliRunner().invoke(main, arguments, obj=make_app)

    yield at
    for app in made:
        with app.app_context():
            db.db.engine.dispose()


@pytest.mark.parametrize(
    "command",
    [
        ("client", "list"),
        ("resident", "find", "ana@example.org"),
        ("resident", "add", "--email", "ana@example.org"),
        ("audit", "verify"),
        ("key", "list"),
        ("db", "status"),
        ("doctor",),
        ("worker", "--once"),
        ("serve",),
    ],
    ids=" ".join,
)
def test_only_the_upgrade_makes_the_file(beacon: Any, tmp_path: Path, command: tuple[str, ...]) -> None:
    path = tmp_path / "data" / "beacon.db"

    refused = beacon(f"sqlite:///{path}")(*command)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == f"Error: There is no database at {path}. Run: beacon db upgrade\n"
    assert not path.parent.exists()


def test_the_upgrade_makes_the_file_and_a_sound_trail(beacon: Any, tmp_path: Path) -> None:
    path = tmp_path / "data" / "odd #name%.db"
    here = beacon(f"sqlite:///{path}")

    assert here("db", "upgrade").exit_code == 0
    assert path.exists()
    assert "wanted:" in here("db", "status").stdout
    assert here("client", "list").exit_code == 0
    assert here("audit", "verify").exit_code == 0
    assert here("worker", "--once").exit_code == 0
    assert "4 events hold" in here("audit", "verify").stdout

    assert here("db", "upgrade").exit_code == 0
    assert "4 events hold" in here("audit", "verify").stdout


def test_a_file_that_cannot_be_made_is_one_sentence(beacon: Any) -> None:
    refused = beacon("sqlite:////proc/none/beacon.db")("db", "upgrade")

    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
    assert "/proc/none/beacon.db cannot be made" in refused.stderr


@pytest.mark.parametrize("url", ["mysql://nobody:hush@db/x", "postgresql+asyncpg://nobody:hush@db/x", "oracle9://x/y"])
def test_a_database_without_a_driver_is_one_sentence(beacon: Any, url: str) -> None:
    for command in (("db", "status"), ("db", "upgrade"), ("client", "list")):
        refused = beacon(url)(*command)
        assert refused.exit_code == 1
        assert refused.stderr == "Error: BEACON_DATABASE_URL is not the address of a database that can be used.\n"


def test_adding_to_an_empty_database_says_at_once_what_to_do(beacon: Any, databases: Any, tmp_path: Path) -> None:
    """The command's own write lock must not stand in the way of finding out why it failed."""
    (tmp_path / "empty.db").touch()
    server: PostgresDatabase = databases("postgresql")
    for url in (f"sqlite:///{tmp_path}/empty.db", server._server.another()):
        refused = beacon(url)("resident", "add", "--email", "ana@example.org", "--json")
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert refused.stderr == "Error: The database is empty. Run: beacon db upgrade\n"


def test_the_upgrade_does_not_hide_that_the_trail_was_taken_away(app: Flask) -> None:
    with db.transaction():
        db.execute(delete(EventRow))
        db.execute(delete(ChainHead))

    assert CliRunner().invoke(main, ("db", "upgrade"), obj=lambda: app).exit_code == 0

    assert CliRunner().invoke(main, ("audit", "verify"), obj=lambda: app).exit_code == 1
