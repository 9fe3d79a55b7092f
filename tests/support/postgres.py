"""A private PostgreSQL server on loopback, started for the tests and gone with them."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

MINIMUM_VERSION = 15
START_SECONDS = 30
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=300")
"""The data is thrown away, so it need not survive a crash."""


class Postgres:
    """One server; ``url`` is its first database. Starts when made; ``close`` ends it and removes its files."""

    def __init__(self) -> None:
        binaries = find_binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="beacon-pg-"))
        self._port = free_port()
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._folder, self._user, self._user)
        data = str(self._folder / "data")
        options = ("-U", "beacon", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self._run(binaries / "initdb", "-D", data, *options)
        self._server = self._start(binaries, data)
        self._wait()
        self._made = 0
        self.url = self.another()

    def another(self) -> str:
        """Make one more empty database and return its SQLAlchemy URL."""
        self._made += 1
        name = f"beacon{self._made}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://beacon@127.0.0.1:{self._port}/{name}"

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._server.pid

    def close(self) -> None:
        """Stop the server at once and remove what it wrote."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(timeout=START_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, binaries: Path, data: str) -> subprocess.Popen[bytes]:
        options = [part for setting in (*SPEED, f"unix_socket_directories={self._folder}") for part in ("-c", setting)]
        command = [str(binaries / "postgres"), "-D", data, "-p", str(self._port), "-h", "127.0.0.1", *options]
        with (self._folder / "log").open("wb") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd="/", preexec_fn=end_with_parent, **self._as())

    def _run(self, *command: object) -> None:
        done = subprocess.run([str(part) for part in command], capture_output=True, cwd="/", check=False, **self._as())
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')}")

    def _as(self) -> dict[str, object]:
        return {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._server.poll() is None:
            try:
                psycopg.connect(self._dsn("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text(errors='replace')}")

    def _dsn(self, name: str) -> str:
        return f"host=127.0.0.1 port={self._port} user=beacon dbname={name}"


def find_binaries() -> Path:
    """The folder of PostgreSQL's server programs, newest version first."""
    on_path = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: -int(path.parts[-3]))
    for program in (*installed, *([Path(on_path)] if on_path else [])):
        if (program.parent / "postgres").exists():
            return program.resolve().parent
    raise RuntimeError(f"PostgreSQL {MINIMUM_VERSION} or newer is needed: apt-get install postgresql")


def free_port() -> int:
    """A TCP port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_with_parent() -> None:
    """Linux: the server gets SIGQUIT when the test process dies, however it dies."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGQUIT)
