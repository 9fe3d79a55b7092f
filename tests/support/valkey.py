"""A private Valkey or Redis server on loopback, started for the tests and gone with them."""

from __future__ import annotations

import shutil
import subprocess
import time

from redis import Redis
from redis.exceptions import ConnectionError as NoConnection

from tests.support.postgres import end_with_parent, free_port

START_SECONDS = 15


class Valkey:
    """One server that writes nothing to disk; ``url`` is its address. Starts when made."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self._server = subprocess.Popen(
            [_program(), *options, "--dir", "/tmp"], stdout=subprocess.DEVNULL, preexec_fn=end_with_parent
        )
        self.client = Redis.from_url(self.url)
        self._wait()

    def empty(self) -> None:
        """Forget everything."""
        self.client.flushall()

    def close(self) -> None:
        """End the server."""
        self.client.close()
        if self._server.poll() is None:
            self._server.kill()
        self._server.wait(timeout=START_SECONDS)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._server.poll() is None and time.monotonic() < deadline:
            try:
                self.client.ping()
            except NoConnection:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"{_program()} did not start")


def _program() -> str:
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise RuntimeError("A Valkey or Redis server is needed: apt-get install redis-server")
