"""Where the tales happen: Beacon with its worker and the example agency as processes of their own, and residents."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import update

from idp.app import create_app
from idp.kernel import clock
from idp.kernel.clock import HOUR
from idp.kernel.db import db, transaction
from idp.kernel.settings import Settings
from idp.sessions.models import ParkedRequestRow, SessionRow
from mfa import codes as recovery_codes
from tests import factories
from tests.factories import Person
from tests.support.databases import Database
from tests.support.postgres import free_port
from tests.support.server import READY_SECONDS, ROOT, Server, answers, running
from tests.support.smtp import MailServer, mail_server

AGENCY = "Department of Transitional Assistance (demonstration)"
SCOPES = "openid profile email residency"
STEP = 30


@dataclass
class Neighbour:
    """A resident with their telephone, whose authenticator app knows that a code works once."""

    person: Person
    last_step: int = field(default=0)

    @property
    def email(self) -> str:
        return self.person.email

    @property
    def password(self) -> str:
        return self.person.password

    def code(self) -> str:
        """A code that was not used yet: the present one, else the next, which Beacon takes for a fast clock."""
        self.last_step = max(clock.now() // STEP, self.last_step + 1)
        return self.person.code(self.last_step - clock.now() // STEP)


@dataclass
class Town:
    """One installation with one agency. ``agency`` is the agency app's origin."""

    server: Server
    app: Flask
    agency: str
    client_id: str
    mail: MailServer | None = None

    def neighbour(self, **facts: Any) -> Neighbour:
        """A resident with an authenticator app, made by the services that the command line uses."""
        with self.app.app_context():
            return Neighbour(factories.make_account(**{"totp": True} | facts))

    def recovery_codes(self, neighbour: Neighbour) -> tuple[str, ...]:
        """The codes that this resident once wrote down."""
        with self.app.app_context():
            return tuple(recovery_codes.make(neighbour.person.id))

    def time_passes(self, neighbour: Neighbour, seconds: int) -> None:
        """Let a resident's sign-in have been some time ago."""
        earlier = update(SessionRow).where(SessionRow.account_id == neighbour.person.id)
        with self.app.app_context(), transaction() as connection:
            connection.execute(earlier.values(authenticated_at=SessionRow.authenticated_at - seconds))

    def session_rests(self, neighbour: Neighbour) -> None:
        """Let a resident have done nothing for an hour."""
        row = update(SessionRow).where(SessionRow.account_id == neighbour.person.id)
        with self.app.app_context(), transaction() as connection:
            connection.execute(row.values(seen_at=clock.now() - HOUR))

    def request_expires(self, request_id: str) -> None:
        """Let a parked request have waited too long."""
        row = update(ParkedRequestRow).where(ParkedRequestRow.id == request_id)
        with self.app.app_context(), transaction() as connection:
            connection.execute(row.values(expires_at=clock.now() - 1))

    def letter_to(self, email: str) -> EmailMessage:
        """The newest letter that the mail server got for an address, once it has come."""
        assert self.mail, "this town shows its letters on a page"
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if found := [letter for letter in self.mail.letters if letter["To"] == email]:
                return found[-1]
            time.sleep(0.05)
        raise AssertionError(f"no letter to {email}")


def code_in(letter: EmailMessage) -> str:
    """The six-digit code of a letter."""
    found = re.search(r"(?<!\d)\d{6}(?!\d)", text_of(letter))
    assert found, text_of(letter)
    return found.group()


def link_in(letter: EmailMessage) -> str:
    """The link of a letter."""
    found = re.search(r"https?://\S+", text_of(letter))
    assert found, text_of(letter)
    return found.group()


def text_of(letter: EmailMessage) -> str:
    """The plain text of a letter."""
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@contextmanager
def town_on(database: Database, folder: Path, *, mail: bool = False, **settings: str) -> Iterator[Town]:
    """A running town. With ``mail`` its letters go to a mail server, else to the outbox page."""
    url = database.separate(folder)
    with _post_office(mail) as office:
        if office:
            settings["smtp_url"] = office.url
        with running(url, database.key_file, limits_exempt="127.0.0.0/8", **settings) as server:
            app = create_app(
                Settings(
                    env="development",
                    database_url=url,
                    instance=server.folder,
                    key_file=database.key_file,
                    mfa=settings.get("mfa", "required"),  # type: ignore[arg-type]
                )
            )
            with _agency(server) as (origin, client_id):
                yield Town(server, app, origin, client_id, office)
            with app.app_context():
                db.engine.dispose()


@contextmanager
def _post_office(wanted: bool) -> Iterator[MailServer | None]:
    if not wanted:
        yield None
        return
    with mail_server() as server:
        yield server


@contextmanager
def _agency(server: Server) -> Iterator[tuple[str, str]]:
    """The example agency, registered by command line as its README says, on a port of its own."""
    port = free_port()
    origin = f"http://localhost:{port}"
    registered = server.beacon_json(
        *("client", "add", "--name", AGENCY, "--client-uri", f"{origin}/", "--scope", SCOPES),
        *("--redirect-uri", f"{origin}/callback", "--post-logout-redirect-uri", f"{origin}/signed-out"),
    )
    environment = os.environ | {
        "AGENCY_PORT": str(port),
        "BEACON_ISSUER": server.origin,
        "CLIENT_ID": registered["client_id"],
        "CLIENT_SECRET": registered["client_secret"],
    }
    with server.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "examples/agency/app.py"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(origin):
            assert process.poll() is None and time.monotonic() < deadline, "the agency app is not ready"
            time.sleep(0.05)
        yield origin, registered["client_id"]
    finally:
        process.terminate()
        process.wait(READY_SECONDS)
