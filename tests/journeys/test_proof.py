"""A resident whose account somebody guesses at: the browser proves some work and lets them in, on one node of many."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser as Chromium

from tests.journeys.walker import Walker
from tests.support.chromium import NARROW, WIDE, visit
from tests.support.databases import Database
from tests.support.server import Server, running
from tests.support.valkey import Valkey

PASSWORD = "Marked-Kestrel-77-harbour"
ANA = "ana.marked@residents.example"


@pytest.fixture(scope="module")
def guessed(databases: Callable[[str], Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Beacon with its counters on a Redis server, and an account at which six wrong passwords were tried."""
    database, counters = databases("sqlite"), Valkey()
    url = database.separate(tmp_path_factory.mktemp("guessed"))
    with running(url, database.key_file, worker=False, redis_url=counters.url) as server:
        server.beacon_json("resident", "add", "--email", ANA, "--password-stdin", "--verified", typed=PASSWORD)
        yield server
    counters.close()


def knock(me: Walker, password: str, *, at: str = "sign-in") -> Walker:
    """Type email and password, and press."""
    return me.fill(email=ANA, password=password).press("#sign-in", at=at)


def test_the_browser_solves_it_while_its_reader_types(guessed: Server, chrome: Chromium) -> None:
    with visit(chrome, width=NARROW) as page:
        me = Walker(page, guessed.origin).open("/sign-in", at="sign-in")
        for number in range(5):
            knock(me, f"wrong {number}")
        page.wait_for_selector("text=Checked. You can go on.")
        assert me.sees("Checked. You can go on.")
        me.look()
        knock(me, PASSWORD, at="second-way")


def test_who_presses_at_once_is_sent_on_when_it_is_found(guessed: Server, chrome: Chromium) -> None:
    with visit(chrome, width=WIDE) as page:
        me = Walker(page, guessed.origin).open("/sign-in", at="sign-in")
        for number in range(6):
            knock(me, f"wrong {number}")
        knock(me, PASSWORD, at="second-way")
