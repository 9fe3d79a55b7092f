"""What the tests of accounts in danger look at: links of notices, states, and what apps were to be told."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from idp.accounts.models import Account
from idp.kernel.crypto import open_for_system
from idp.kernel.db import execute
from idp.outbox.models import Message
from idp.tokens.telling import SECURITY_EVENT
from tests.support.letters import Letter, queued

AGENCY = "https://hears.example/events"


def link_of(letter: Letter) -> str:
    """The path of the page where what the letter tells can be disowned."""
    return next(link[link.index("/not-me/") :] for link in letter.links if "/not-me/" in link)


def newest_link() -> str:
    """The same of the newest letter that has one."""
    return link_of(next(letter for letter in reversed(queued()) if "/not-me/" in letter.text))


def state_of(account_id: str) -> str:
    """The state of an account, as its row has it."""
    return str(execute(select(Account.status).where(Account.id == account_id)).scalar_one())


def told() -> list[tuple[str | None, str, str, dict[str, Any]]]:
    """What waits for apps, oldest first: the app, the event, the subject, and the event's own members."""
    found = execute(
        select(Message.id, Message.client_id, Message.payload)
        .where(Message.kind == SECURITY_EVENT, Message.payload.is_not(None))
        .order_by(Message.id)
    ).all()
    said = [(row.client_id, json.loads(open_for_system(row.payload, f"outbox\0{row.id}"))) for row in found]
    return [(client_id, one["event"], one["sub"], one["facts"]) for client_id, one in said]
