"""The fixtures of the tales: two towns that stay up for all of them, and residents' browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser as Chromium

from tests.journeys.town import Town, town_on
from tests.journeys.walker import LOCALES, Walker
from tests.support.chromium import WIDE, visit
from tests.support.databases import Database


@pytest.fixture(scope="session")
def town(databases: Callable[[str], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Beacon on SQLite as ``make run`` starts it."""
    with town_on(databases("sqlite"), tmp_path_factory.mktemp("town")) as place:
        yield place


@pytest.fixture(scope="session")
def big_town(
    request: pytest.FixtureRequest, databases: Callable[[str], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """Beacon on PostgreSQL, with a real mail server and a second factor that can be put off."""
    name = "sqlite" if request.config.getoption("--database") == "sqlite" else "postgresql"
    with town_on(databases(name), tmp_path_factory.mktemp("big-town"), mail=True, mfa="optional") as place:
        yield place


@pytest.fixture
def walk(chrome: Chromium) -> Iterator[Callable[..., Walker]]:
    """``walk(town, language="ar", width=360, script=False)`` opens a fresh browser profile."""
    with ExitStack() as open_profiles:
        walkers = []

        def begin(town: Town, *, language: str = "en", width: int = WIDE, script: bool = True) -> Walker:
            profile = visit(chrome, width=width, script=script, locale=LOCALES[language])
            walkers.append(
                Walker(open_profiles.enter_context(profile), town.server.origin, language=language, script=script)
            )
            return walkers[-1]

        yield begin
        assert not [complaint for walker in walkers for complaint in walker.complaints]
