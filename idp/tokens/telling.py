"""Tell the apps that know a resident that something happened to the account (NIST SP 800-63C-4 section 4.8).

Nothing is sent here. Each app that registered an ``event_delivery_uri`` gets a message in the outbox, in the
transaction of the deed; :mod:`idp.signals` makes it a security event token and delivers it.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import and_, exists, or_, select

from idp.clients.models import ClientRow, Subject
from idp.kernel import clock
from idp.kernel.db import execute
from idp.outbox import service as outbox
from idp.outbox.service import Parcel
from idp.tokens.models import TokenFamily

SECURITY_EVENT = "security_event"
"""The kind of a message that tells an app of something that happened to an account."""

SecurityEvent = Literal[
    "account-disabled",
    "account-enabled",
    "account-purged",
    "credential-change",
    "credential-compromise",
    "identifier-changed",
    "recovery-activated",
    "recovery-information-changed",
    "session-revoked",
]
"""What can be told, by the last word of its event type (RISC Profile 1.0 section 2, CAEP 1.0 section 3)."""


def tell_apps(account_id: str, event: SecurityEvent, **facts: str) -> None:
    """Queue ``event`` for every app that knows this resident and takes events, each with the subject it knows.

    ``facts`` are members of the event such as ``reason``, ``credential_type`` and ``change_type``; never a personal
    value. Call it in the transaction of the deed.
    """
    said = {"event": event, "at": clock.now(), "facts": facts}
    outbox.queue_all(
        SECURITY_EVENT,
        (Parcel(said | {"client_id": app, "sub": sub}, account_id, app) for app, sub in _acquaintances(account_id)),
    )


def _acquaintances(account_id: str) -> list[tuple[str, str]]:
    """The apps that take events and know this resident, each with its subject, in one statement."""
    paired = and_(Subject.sector == ClientRow.sector, Subject.account_id == account_id)
    visited = exists().where(TokenFamily.client_id == ClientRow.id, TokenFamily.account_id == account_id)
    statement = (
        select(ClientRow.id, Subject.subject, ClientRow.subject_type)
        .outerjoin(Subject, paired)
        .where(
            ClientRow.disabled_at.is_(None),
            ClientRow.extra["event_delivery_uri"].as_string().is_not(None),
            or_(
                and_(ClientRow.subject_type == "public", visited),
                and_(ClientRow.subject_type != "public", Subject.subject.is_not(None)),
            ),
        )
    )
    return [(row.id, account_id if row.subject_type == "public" else row.subject) for row in execute(statement)]
