"""The texts and calls that residents would get, read straight from the outbox, and phones to get them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy import select

from idp.accounts import phones
from idp.accounts import service as accounts
from idp.kernel.crypto import open_for_system
from idp.kernel.db import execute
from idp.outbox.models import Message
from idp.outbox.service import TEXT, VOICE

NUMBER = "+16175550142"
OTHER = "+18575550177"


@dataclass(frozen=True, slots=True)
class Text:
    """One text or call as it will be sent."""

    to: str
    text: str
    channel: str

    @property
    def code(self) -> str:
        """The six-digit code in it; of a call, the digits that are read first."""
        found = re.search(r"(?:\d(?:, )?){6}", self.text)
        assert found, f"no code in: {self.text}"
        return re.sub(r"\D", "", found.group())


def texts() -> list[Text]:
    """All texts and calls in the outbox, oldest first, opened. Needs an app context."""
    columns = select(Message.id, Message.kind, Message.payload)
    rows = execute(
        columns.where(Message.kind.in_((TEXT, VOICE)), Message.payload.is_not(None)).order_by(Message.id)
    ).all()
    opened = [(row.kind, json.loads(open_for_system(row.payload, f"outbox\0{row.id}"))) for row in rows]
    return [Text(said["to"], said["text"], kind) for kind, said in opened]


def give_phone(account_id: str, number: str = NUMBER, *, at_sign_up: bool = False) -> str:
    """A confirmed phone for an account; its id."""
    return phones.keep(accounts.resident(account_id).key, number, TEXT, at_sign_up=at_sign_up)


@dataclass
class Carrier:
    """A gateway on loopback that keeps what it is given, or refuses while ``status`` says so."""

    url: str = ""
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def carrying() -> Iterator[Carrier]:
    """A carrier that runs; ``url`` is its Apprise address."""
    carrier = Carrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            carrier.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(carrier.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    carrier.url = f"json://127.0.0.1:{server.server_port}/send?:to={{to}}"
    try:
        yield carrier
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
