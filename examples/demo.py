"""The demonstration: Beacon with its worker, an agency app beside it, and a resident to sign in with.

``make run`` starts it and ``make code`` prints the resident's present code. Everything is set up through the
``beacon`` command, as an operator would do it; running it again finds what is there.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyotp

ROOT = Path(__file__).resolve().parents[1]
BEACON = (sys.executable, "-c", "from idp.cli import main; main()")
NOTES = "demo.json"
"""What only this demonstration keeps: the app's secret and the resident's key, in the instance folder."""

EMAIL = "marisol@residents.example"
PASSWORD = "copper-harbor-lantern-62"
REASON = ("--reason", "demonstration")
SCOPES = "openid profile email residency"
READY_SECONDS = 60
STOP_SECONDS = 15


class Demo:
    """One demonstration: its addresses, its settings and what was noted when it was first set up."""

    def __init__(self) -> None:
        self.port = os.environ.get("PORT", "8000")
        self.agency_port = os.environ.get("AGENCY_PORT", "8001")
        self.issuer = os.environ.get("BEACON_ISSUER", f"http://localhost:{self.port}")
        self.agency = f"http://localhost:{self.agency_port}"
        self.instance = ROOT / os.environ.get("BEACON_INSTANCE", "instance")
        self.settings = {"BEACON_ENV": "development", "BEACON_ISSUER": self.issuer, **os.environ}
        self.notes: dict[str, Any] = self._read_notes()

    def seed(self) -> None:
        """Make the resident and the app where they are missing. A new database has neither, whatever was noted."""
        if "resident" not in self.notes or not self._exists("resident", self.notes["resident"]["id"]):
            self.notes = {"resident": self._make_resident()}
        if self.agency not in self.notes:
            self.notes[self.agency] = self._make_app()
        self._keep_notes()

    def serve(self) -> int:
        """Run everything until a signal comes or a part of it ends. Returns the exit status."""
        for port in (self.port, self.agency_port):
            if taken(port):
                print(f"Port {port} is in use. Choose others: make run PORT=8100 AGENCY_PORT=8101", file=sys.stderr)
                return 1
        self.beacon("db", "upgrade")
        with suppress(Stopped), children() as started:
            started["the server"] = self._start(*BEACON, "serve", "--port", self.port)
            started["the worker"] = self._start(*BEACON, "worker")
            self.seed()
            started["the demonstration app"] = self._start(sys.executable, "examples/agency/app.py", **self._for_app())
            if wait_until_ready(f"http://localhost:{self.port}/readyz", started) and wait_until_ready(
                self.agency, started
            ):
                print(self.welcome(), flush=True)
            return watch(started)
        return 0

    def welcome(self) -> str:
        """What a newcomer should do first."""
        return f"""
  Beacon is running. Ctrl-C ends it.

  Click "Sign in" here:     {self.agency}
  Demonstration resident:   {EMAIL}
  Password:                 {PASSWORD}
  Code:                     run "make code" in another terminal,
                            or put this key into an authenticator app: {self.notes["resident"]["totp_secret"]}

  You can also create an account of your own. Mail and texts are not sent but shown at
  {self.issuer}/dev/outbox
  Beacon itself:            {self.issuer}
"""

    def code(self) -> str:
        """The present code of the demonstration resident's authenticator app."""
        return pyotp.TOTP(self.notes["resident"]["totp_secret"]).now()

    def beacon(self, *arguments: str, typed: str = "") -> str:
        """Run one ``beacon`` command and return what it printed. Ends the program when it is refused."""
        done = self._run(*arguments, typed=typed)
        if done.returncode:
            sys.exit(f"beacon {' '.join(arguments)}\n{done.stderr.strip()}")
        return done.stdout

    def _exists(self, what: str, id_: str) -> bool:
        return self._run(what, "show", id_).returncode == 0

    def _make_app(self) -> dict[str, str]:
        made = self.beacon(
            *("client", "add", "--name", "Department of Transitional Assistance (demonstration)"),
            *("--redirect-uri", f"{self.agency}/callback", "--post-logout-redirect-uri", f"{self.agency}/signed-out"),
            *("--client-uri", f"{self.agency}/", "--scope", SCOPES, *REASON, "--json"),
        )
        return dict(json.loads(made))

    def _make_resident(self) -> dict[str, str]:
        made = self.beacon(
            *("resident", "add", "--email", EMAIL, "--password-stdin", "--verified", "--totp"),
            *("--given-name", "Marisol", "--family-name", "Reyes", "--birthdate", "1988-04-12"),
            *("--phone", "617-555-0142", "--address", "12 Harbor Street", "Boston", "MA", "02110"),
            *(*REASON, "--json"),
            typed=PASSWORD + "\n",
        )
        return dict(json.loads(made))

    def _for_app(self) -> dict[str, str]:
        app = self.notes[self.agency]
        return {
            "AGENCY_PORT": self.agency_port,
            "BEACON_ISSUER": self.issuer,
            "CLIENT_ID": app["client_id"],
            "CLIENT_SECRET": app["client_secret"],
        }

    def _run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        command = [*BEACON, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.settings, input=typed, capture_output=True, text=True, check=False
        )

    def _start(self, *command: str, **more: str) -> subprocess.Popen[bytes]:
        """Start a child out of the terminal's reach, so that Ctrl-C comes to this program alone."""
        environment = self.settings | more
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)

    def _read_notes(self) -> dict[str, Any]:
        path = self.instance / NOTES
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def _keep_notes(self) -> None:
        path = self.instance / NOTES
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.notes, indent=1) + "\n")


class Stopped(Exception):
    """A signal asked us to end."""


@contextmanager
def children() -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Processes by name that end with the block, whatever ends it. A signal ends it with :class:`Stopped`."""
    started: dict[str, subprocess.Popen[bytes]] = {}

    def stop(_number: int, _frame: object) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        yield started
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        end(started)


def end(started: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask every process to end, and end those that do not."""
    for process in started.values():
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in started.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def watch(started: dict[str, subprocess.Popen[bytes]]) -> int:
    """Wait until one of the processes ends by itself, and say which."""
    while True:
        for name, process in started.items():
            if process.poll() is not None:
                print(f"{name.capitalize()} ended ({process.returncode}).", file=sys.stderr)
                return 1
        time.sleep(0.5)


def wait_until_ready(url: str, started: dict[str, subprocess.Popen[bytes]]) -> bool:
    """Wait until ``url`` answers, or a process has ended."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and all(process.poll() is None for process in started.values()):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def taken(port: str) -> bool:
    """Whether somebody listens on this port of ours."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


if __name__ == "__main__":
    demo = Demo()
    if sys.argv[1:] == ["code"]:
        print(demo.code() if "resident" in demo.notes else "Start the demonstration first: make run")
    else:
        sys.exit(demo.serve())
