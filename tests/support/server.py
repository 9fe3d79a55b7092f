"""Beacon as it really runs: ``beacon serve`` and ``beacon worker`` as processes on a port of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
STOP_SECONDS = 20


class Server:
    """One running installation. ``environment`` is what each of its processes and commands gets."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        self.port = free_port()
        self.origin = f"http://localhost:{self.port}"
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("BEACON_")} | {
            "BEACON_ENV": "development",
            "BEACON_ISSUER": self.origin,
            "BEACON_DATABASE_URL": database_url,
            "BEACON_INSTANCE": str(folder),
            **{f"BEACON_{name.upper()}": value for name, value in settings.items()},
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self.log = folder / "server.log"

    def beacon(self, *arguments: str, typed: str = "") -> str:
        """Run one ``beacon`` command to its end and return what it printed. Fails when it does."""
        done = self.run(*arguments, typed=typed)
        assert done.returncode == 0, f"beacon {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def beacon_json(self, *arguments: str, typed: str = "") -> Any:
        """Run one ``beacon`` command with ``--json`` and return its document."""
        return json.loads(self.beacon(*arguments, "--json", typed=typed))

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run one ``beacon`` command, whatever becomes of it."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
            check=False,
        )

    def start(self, *, workers: int = 1, worker: bool = True) -> None:
        """Start the server with ``workers`` processes, and the worker beside it; wait until it is ready."""
        self._spawn("serve", "--host", "127.0.0.1", "--port", str(self.port), "--workers", str(workers))
        if worker:
            self._spawn("worker")
        deadline = time.monotonic() + READY_SECONDS
        while not answers(f"{self.origin}/readyz"):
            alive = all(process.poll() is None for process in self.processes)
            assert alive and time.monotonic() < deadline, f"not ready:\n{self.log.read_text(errors='replace')[-4000:]}"
            time.sleep(0.1)

    def stop(self) -> None:
        """End what was started, as an operator would."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def _spawn(self, *arguments: str) -> None:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*COMMAND, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)


COMMAND = (sys.executable, "-c", "from idp.cli import main; main()")
"""The ``beacon`` command, in the environment that runs the tests."""


def answers(url: str) -> bool:
    """Whether ``url`` answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running(
    database_url: str, key_file: Path, *, workers: int = 1, worker: bool = True, **settings: str
) -> Iterator[Server]:
    """A running server on a migrated database whose signing keys open with ``key_file``."""
    with tempfile.TemporaryDirectory(prefix="beacon-server-") as folder:
        server = Server(Path(folder), database_url, key_file=str(key_file), **settings)
        try:
            server.start(workers=workers, worker=worker)
            yield server
        finally:
            server.stop()
