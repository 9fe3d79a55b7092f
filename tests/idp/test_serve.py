"""``beacon serve`` with two worker processes: one set of numbers, one kind of log line, nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import Database
from tests.support.server import Server, answers, running

pytestmark = pytest.mark.only_on("sqlite")

HELP = re.compile(r'^beacon_requests_total\{method="GET",route="/help",status="200"\} (\d+)', re.MULTILINE)
PATIENCE = 30


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the server makes its temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def counted(server: Server) -> int:
    """How often the help page was answered, as whichever worker is asked tells it."""
    with urllib.request.urlopen(f"{server.origin}/metrics", timeout=5) as response:
        found = HELP.search(response.read().decode())
    return int(found[1]) if found else 0


def dated(server: Server) -> datetime:
    """When the server says that it answered."""
    with urllib.request.urlopen(f"{server.origin}/.well-known/jwks.json", timeout=5) as response:
        return parsedate_to_datetime(response.headers["Date"])


def logged(server: Server) -> list[Any]:
    """What the server has written."""
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def workers(server: Server) -> list[int]:
    """The processes that answer."""
    parent = server.processes[0].pid
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def opened(pid: int, part: str) -> set[str]:
    """The open files of a process with ``part`` in their names."""
    return {name for link in Path(f"/proc/{pid}/fd").iterdir() if part in (name := link.readlink().name)}


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_every_worker_tells_what_all_have_counted(database: Database, tmp_path: Path, folder: Path) -> None:
    with running(database.separate(tmp_path), database.key_file, workers=2, worker=False) as server:
        assert len(workers(server)) == 2
        assert not (parent := opened(server.processes[0].pid, ".db")), f"{parent} went through a fork"
        assert counted(server) == 0

        assert answers(f"{server.origin}/help")
        assert [counted(server) for _ in range(10)] == [1] * 10
        for _ in range(9):
            assert answers(f"{server.origin}/help")
        assert [counted(server) for _ in range(10)] == [10] * 10

        assert abs(datetime.now(UTC) - dated(server)) < timedelta(minutes=1)

        second = server.run("serve", "--port", str(server.port))
        assert second.returncode == 1
        assert "Error: Port" in second.stderr and "Traceback" not in second.stderr
        assert len(workers(server)) == 2, "the first serves on"
        assert any(opened(pid, ".db") for pid in workers(server))

        before = set(workers(server))
        os.kill(before.pop(), signal.SIGKILL)
        wait_until(lambda: len(set(workers(server)) - before) == 1)
        wait_until(lambda: all(answers(f"{server.origin}/metrics") for _ in range(10)))
        assert counted(server) == 10, "what a worker counted was lost with it"

        assert len(list(folder.glob("beacon-metrics-*"))) == 1
    assert not list(folder.glob("beacon-metrics-*"))


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="two workers on one core earn a warning")
def test_in_production_every_line_is_json_and_none_is_a_warning(database: Database, tmp_path: Path) -> None:
    facts = {"env": "production", "issuer": "https://id.example", "secret_key": "s" * 32}
    with running(database.separate(tmp_path), database.key_file, workers=2, worker=False, **facts) as server:
        answers(f"{server.origin}/help")
        lines = logged(server)
        server.stop()
        assert "Shutting down granian" in [line["event"] for line in logged(server)]

    assert any(line["event"].startswith("Listening at") for line in lines)
    assert any(line.get("route") == "/help" for line in lines)
    assert {line["level"] for line in lines} == {"info"}
