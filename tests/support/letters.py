"""The letters that residents would get, read straight from the outbox."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from sqlalchemy import select

from idp.kernel.crypto import open_for_system
from idp.kernel.db import execute
from idp.outbox.models import Message
from idp.outbox.service import MAIL


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as it will be sent."""

    to: str
    subject: str
    text: str
    html: str

    @property
    def code(self) -> str:
        """The six-digit code in the letter."""
        found = re.search(r"(?<!\d)\d{6}(?!\d)", self.text)
        assert found, f"no code in: {self.text}"
        return found.group()

    @property
    def links(self) -> list[str]:
        """The addresses in the letter's text, in order."""
        return re.findall(r"https?://[^\s>\"]+", self.text)


def queued() -> list[Letter]:
    """All letters in the outbox, oldest first, opened. Needs an app context."""
    columns = select(Message.id, Message.payload).where(Message.kind == MAIL, Message.payload.is_not(None))
    rows = execute(columns.order_by(Message.id)).all()
    return [_letter(json.loads(open_for_system(row.payload, f"outbox\0{row.id}"))) for row in rows]


def _letter(facts: dict[str, str]) -> Letter:
    return Letter(to=facts["to"], subject=facts["subject"], text=facts["text"], html=facts["html"])
