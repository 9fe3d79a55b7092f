"""The fixtures of the whole suite. A test that takes ``app`` (or anything made from it) runs on every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from joserfc.jwk import Key
from playwright.sync_api import Browser as Chromium
from werkzeug.routing import Rule

from idp.accounts import passwords
from idp.app import create_app
from idp.kernel.clock import driven_by
from idp.kernel.db import db
from idp.kernel.settings import Settings
from tests import factories
from tests.factories import App, Person
from tests.support.agency import Agency
from tests.support.browser import Browser
from tests.support.chromium import chromium
from tests.support.client import Visitor
from tests.support.clock import Clock
from tests.support.databases import Database, PostgresDatabase, SqliteDatabase
from tests.support.hashing import RememberingHasher
from tests.support.leaks import Marked
from tests.support.letters import Letter, queued
from tests.support.routes import remembering
from tests.support.server import Server, running

hypothesis.settings.register_profile("beacon", deadline=None, derandomize=True)
hypothesis.settings.load_profile("beacon")

DATABASES = {"sqlite": SqliteDatabase, "postgresql": PostgresDatabase}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=[*DATABASES, "both"], default="both", help="which databases to test on")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run on both databases what touches one, unless the test says that one is enough."""
    if touched := {"database", "live"}.intersection(metafunc.fixturenames):
        chosen = metafunc.config.getoption("--database")
        names = list(DATABASES) if chosen == "both" else [chosen]
        if only := metafunc.definition.get_closest_marker("only_on"):
            names = [name for name in names if name in only.args] or [only.args[0]]
        name = touched.pop()
        metafunc.parametrize(name, names, indirect=True, scope="module" if name == "live" else "function")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Database]]:
    """The databases of this test process by name, each started when first asked for."""
    folder = tmp_path_factory.mktemp("databases")
    started: dict[str, Database] = {}

    def get(name: str) -> Database:
        if name not in started:
            started[name] = DATABASES[name](folder)
        return started[name]

    yield get
    for database in started.values():
        database.close()


@pytest.fixture
def database(request: pytest.FixtureRequest, databases: Callable[[str], Database]) -> Database:
    """The kind of database that this test runs on."""
    return databases(request.param)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The time, standing still; ``clock.advance(seconds)`` moves it."""
    clock = Clock()
    with driven_by(clock):
        yield clock


@pytest.fixture
def settings(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Settings:
    """Development settings on a clean database. ``@pytest.mark.settings(mfa="optional")`` changes some."""
    url = database.fresh(tmp_path)
    instance = tmp_path / "instance"
    instance.mkdir()
    (instance / "beacon.keys").write_bytes(database.key_file.read_bytes())
    facts: dict[str, Any] = {"env": "development", "database_url": url, "instance": instance}
    for marker in reversed(list(request.node.iter_markers("settings"))):
        facts |= marker.kwargs
    return Settings(**facts)


@pytest.fixture
def app(settings: Settings, clock: Clock, marked: Marked, warm: Warm) -> Iterator[Flask]:
    """A fresh app on a clean database, its context open so that a test can call services. Ends with the leak check."""
    app = create_app(settings)
    app.test_client_class = Visitor
    app.jinja_env.bytecode_cache = warm.templates
    app.extensions["beacon.key_objects"] = warm.keys
    with app.app_context(), marked.watching_logs():
        engine = db.engine
        yield app
        marked.check()
    engine.dispose()


@dataclass(frozen=True)
class Warm:
    """What takes longer to make than most tests take, and never changes: compiled templates, ready signing keys.

    While it is there, password hashes are remembered too, and how addresses are built.
    """

    templates: FileSystemBytecodeCache
    keys: dict[str, Key]


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """Shared by all the apps of one test process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", RememberingHasher(passwords._HASHER))
        patch.setattr(Rule, "_compile_builder", remembering(Rule._compile_builder))
        yield Warm(FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates"))), {})


@pytest.fixture
def marked() -> Marked:
    """The private values of this test's residents; more can be added."""
    return Marked()


@pytest.fixture
def browser(app: Flask, marked: Marked) -> Browser:
    """A resident's browser, without script."""
    return Browser(app, on_error_page=marked.error_pages.append)


@pytest.fixture
def letters(app: Flask) -> Callable[[], list[Letter]]:
    """The letters written so far, oldest first, opened."""
    return queued


@pytest.fixture
def make_account(app: Flask, marked: Marked) -> Callable[..., Person]:
    """``make_account(email=…, password=…, totp=True, given_name=…)`` makes a resident."""

    def make(**facts: Any) -> Person:
        person = factories.make_account(**facts)
        marked.add(*person.private)
        return person

    return make


@pytest.fixture
def make_client(app: Flask) -> Callable[..., App]:
    """``make_client(scopes=("openid", "email"))`` registers an agency app."""
    return factories.make_client


@pytest.fixture
def make_agency(app: Flask) -> Callable[..., Agency]:
    """``make_agency(scopes=(…))`` registers an agency app and returns one that can act."""
    return lambda **facts: Agency(app, factories.make_client(**facts))


@pytest.fixture(scope="module")
def live(
    request: pytest.FixtureRequest, databases: Callable[[str], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Beacon as it really runs, for the tests of one file: server, worker and a database of their own."""
    database = databases(request.param)
    url = database.separate(tmp_path_factory.mktemp("live"))
    with running(url, database.key_file, limits_exempt="127.0.0.0/8", fetch_allow="localhost") as server:
        yield server


@pytest.fixture(scope="session")
def chrome() -> Iterator[Chromium]:
    """Real Chromium; ``chromium.visit(chrome, width=360, script=False)`` opens a page in a fresh profile."""
    with chromium() as browser:
        yield browser
