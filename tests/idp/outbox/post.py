"""Letters of the tests' own, and a courier that can be told what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select

from idp.kernel import db
from idp.outbox.models import Message
from idp.outbox.service import queue_letter
from tests.support.clock import START

TEMPLATES = {
    "test/mail/code/subject.txt": "\n{{ moment | day }}: {{ about }}\n",
    "test/mail/code/body.txt": "{{ code }} is your code, {{ name }}.\n",
    "test/mail/code/body.html": "<!doctype html><html lang='{{ html_lang() }}'><p>{{ code }} for {{ name }}</p></html>",
}


@dataclass
class Bag:
    """A courier of the tests: keeps what it is given, or fails while ``trouble`` is set."""

    delivered: list[Mapping[str, Any]] = field(default_factory=list)
    tried: int = 0
    trouble: BaseException | None = None

    def deliver(self, payload: Mapping[str, Any]) -> None:
        self.tried += 1
        if self.trouble:
            raise self.trouble
        self.delivered.append(payload)


def write(to: str = "ada@residents.example", **words: Any) -> None:
    """Queue one letter."""
    facts: dict[str, Any] = {
        "locale": "en",
        "code": "918273",
        "name": "Ada",
        "about": "a code",
        "moment": START,
    } | words
    queue_letter("test/code", to=to, **facts)


def rows() -> list[Any]:
    """The outbox as the database holds it, oldest first."""
    return list(db.execute(select(Message.__table__).order_by(Message.id)).all())


def states() -> list[str]:
    """The state of each message, oldest first."""
    return [row.state for row in rows()]


def give_templates(app: Flask) -> None:
    """Let ``app`` find the tests' letters."""
    rest = app.jinja_env.loader
    assert rest is not None
    app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), rest])
