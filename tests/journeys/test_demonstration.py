"""What somebody sees who has just cloned Beacon: the demonstration starts, works, and ends without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser

from idp.kernel import clock
from tests.support.chromium import press, visit
from tests.support.postgres import free_port
from tests.support.server import ROOT, answers

PATIENCE = 90
STARTED = "Beacon is running"


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """The environment of a demonstration of our own."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BEACON_")}
    return ours | {
        "PORT": str(free_port()),
        "AGENCY_PORT": str(free_port()),
        "BEACON_INSTANCE": str(tmp_path),
        "BEACON_DATABASE_URL": f"sqlite:///{tmp_path}/demo.db",
    }


def test_a_newcomer_signs_in_and_a_second_start_finds_everything(
    places: dict[str, str], tmp_path: Path, chrome: Browser
):
    with demonstration(places, tmp_path) as told:
        assert f"http://localhost:{places['AGENCY_PORT']}" in told
        assert f"http://localhost:{places['PORT']}/dev/outbox" in told
        email, password = word_after("resident:", told), word_after("Password:", told)
        seed = word_after("authenticator app:", told)
        with visit(chrome) as page:
            page.goto(f"http://localhost:{places['AGENCY_PORT']}")
            press(page, "#sign-in")
            page.fill("[name=email]", email)
            page.fill("[name=password]", password)
            press(page, "#sign-in")
            page.fill("[name=code]", pyotp.TOTP(seed).at(clock.now()))
            press(page, "#verify")
            page.check("#claim-given_name")
            press(page, "#share")
            page.wait_for_url(f"http://localhost:{places['AGENCY_PORT']}/**")
            assert "Marisol" in page.inner_text("main")
    notes = json.loads((tmp_path / "demo.json").read_text())
    assert (tmp_path / "demo.json").stat().st_mode & 0o777 == 0o600
    with demonstration(places, tmp_path):
        pass
    assert json.loads((tmp_path / "demo.json").read_text()) == notes


@pytest.mark.parametrize("taken", ["PORT", "AGENCY_PORT"])
def test_a_port_in_use_is_said_before_anything_starts(places: dict[str, str], tmp_path: Path, taken: str):
    with socket.create_server(("127.0.0.1", int(places[taken]))):
        refused = subprocess.run(
            [sys.executable, "examples/demo.py"], cwd=ROOT, env=places, capture_output=True, text=True, check=False
        )
    assert refused.returncode == 1
    assert f"Port {places[taken]} is in use" in refused.stderr
    assert not list(tmp_path.iterdir())


@contextmanager
def demonstration(places: dict[str, str], folder: Path) -> Iterator[str]:
    """Run it; yields what it told. Afterwards Ctrl-C must have ended everything that it started."""
    told = folder / "told.txt"
    with told.open("w") as out, (folder / "log.txt").open("a") as log:
        command = [sys.executable, "examples/demo.py"]
        program = subprocess.Popen(command, cwd=ROOT, env=places, stdout=out, stderr=log, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while STARTED not in told.read_text():
            assert program.poll() is None and time.monotonic() < deadline, (folder / "log.txt").read_text()[-3000:]
            time.sleep(0.1)
        yield told.read_text()
    finally:
        program.send_signal(signal.SIGINT)
        assert program.wait(PATIENCE) == 0
    assert not answers(f"http://localhost:{places['PORT']}/healthz")
    assert not answers(f"http://localhost:{places['AGENCY_PORT']}/")


def word_after(label: str, text: str) -> str:
    """The word that follows ``label``."""
    return text.partition(label)[2].split()[0]
