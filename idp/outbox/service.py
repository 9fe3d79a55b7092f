"""Queue what must reach others, and deliver what is due.

A message is written in the transaction of the deed, so it exists if and only if the deed happened. It is delivered at
least once: a worker claims a row by one conditional update and holds it for a lease; when the worker dies, the lease
runs out and the row comes back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any, Final

from sqlalchemy import Row, Update, delete, insert, select, update

from idp.kernel import clock, crypto, db
from idp.kernel.clock import DAY, MINUTE
from idp.kernel.errors import DomainError
from idp.kernel.fetch import FetchRefused
from idp.kernel.logs import log
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.outbox import letters
from idp.outbox.errors import NotDelivered, TooLate
from idp.outbox.models import Message

MOST_TRIES = 10
FIRST_WAIT = 30
"""Seconds before the second try; each wait after it is twice as long, so ten tries last four hours."""

LONGEST_WAIT = FIRST_WAIT * 2 ** (MOST_TRIES - 1)
"""Seconds in which a message has had its ten tries."""

LEASE = 5 * MINUTE
PATIENCE = 5
"""Seconds after which a worker turns to its other work, with letters still due."""

KEPT_FOR = 30 * DAY
MAIL = "mail"
TEXT: Final = "text"
VOICE: Final = "voice"
FOR_PEOPLE = (MAIL, TEXT, VOICE)

_sequence = count()


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in the outbox, opened; a text or call has neither subject nor HTML. Only development looks at these."""

    id: str
    kind: str
    to: str
    subject: str
    text: str
    html: str
    state: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one message says, whom it is about, and the app that it goes to."""

    payload: Mapping[str, Any]
    account_id: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one message to an app fares, without what it says. Times in seconds since the epoch."""

    kind: str
    state: str
    attempts: int
    created_at: int
    due_at: int
    finished_at: int | None
    error: str | None


def queue_letter(message: str, *, to: str, locale: str, account_id: str | None = None, **words: Any) -> None:
    """Write the letter ``message`` (``room/name``) to one address and queue it, sealed, in the transaction of the deed.

    ``words`` fill its templates ``<room>/mail/<name>/subject.txt``, ``body.txt`` and ``body.html``.
    """
    written = letters.write(message, locale, words)
    queue(MAIL, {"to": to} | asdict(written), account_id=account_id)


def queue(
    kind: str, payload: Mapping[str, Any], *, account_id: str | None = None, client_id: str | None = None
) -> None:
    """Queue one message, sealed, in the transaction of the deed. Its courier knows what ``payload`` says."""
    queue_all(kind, [Parcel(payload, account_id, client_id)])


def queue_all(kind: str, parcels: Iterable[Parcel]) -> None:
    """Queue many messages of one kind, in one statement."""
    rows = [_row(kind, parcel) for parcel in parcels]
    if rows:
        with db.transaction():
            db.execute(insert(Message), rows)


def drop(kind: str, client_id: str) -> None:
    """Forget the messages of one kind to one app that still wait, in the transaction of the deed."""
    with db.transaction():
        db.execute(
            delete(Message).where(Message.kind == kind, Message.client_id == client_id, Message.state == "waiting")
        )


def deliver_due(limit: int) -> int:
    """Try to deliver at most ``limit`` messages that are due, for about five seconds; return how many were tried."""
    until = clock.now() + PATIENCE
    for tried in range(limit):
        if clock.now() > until or (message := _claim()) is None:
            return tried
        _try(message)
    return limit


def newest(limit: int) -> list[Letter]:
    """The newest letters, texts and calls whose words are still kept."""
    query = select(Message.id, Message.kind, Message.payload, Message.state, Message.created_at)
    query = query.where(Message.kind.in_(FOR_PEOPLE), Message.payload.is_not(None))
    rows = db.execute(query.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit))
    return [_letter(row, _open(row)) for row in rows]


def deliveries(client_id: str, limit: int = 200) -> list[Delivery]:
    """The newest messages to one app, newest first."""
    columns = (Message.kind, Message.state, Message.attempts, Message.created_at, Message.due_at)
    query = select(*columns, Message.finished_at, Message.error).where(Message.client_id == client_id)
    rows = db.execute(query.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit))
    return [Delivery(**row) for row in rows.mappings()]


def erase(account_id: str) -> None:
    """Delete the messages to a resident. Those to apps name the resident only as each app does, and still go out."""
    with db.transaction():
        db.execute(delete(Message).where(Message.account_id == account_id, Message.client_id.is_(None)))


def purge(limit: int) -> int:
    """Delete at most ``limit`` messages that were finished a month ago; return how many."""
    old = select(Message.id).where(Message.finished_at < clock.now() - KEPT_FOR).limit(limit)
    with db.transaction():
        return db.execute(delete(Message).where(Message.id.in_(old))).rowcount


def _row(kind: str, parcel: Parcel) -> dict[str, Any]:
    now, id_ = clock.now(), _new_id()
    return {
        "id": id_,
        "kind": kind,
        "account_id": parcel.account_id,
        "client_id": parcel.client_id,
        "payload": crypto.seal_for_system(json.dumps(dict(parcel.payload)), _context(id_)),
        "state": "waiting",
        "created_at": now,
        "due_at": now,
        "attempts": 0,
    }


def _claim() -> Row[Any] | None:
    """Take the message that is due longest, for one try; what residents wait for goes first.

    Two workers never hold the same one.
    """
    now = clock.now()
    due = (Message.state.in_(("waiting", "sending")), Message.due_at <= now)
    first = select(Message.id).where(*due).order_by(Message.kind.not_in(FOR_PEOPLE), Message.due_at).limit(1)
    claim = update(Message).where(Message.id == first.with_for_update(skip_locked=True).scalar_subquery(), *due)
    claim = claim.values(state="sending", due_at=now + LEASE, attempts=Message.attempts + 1)
    with db.transaction():
        return db.execute(
            claim.returning(
                Message.id, Message.kind, Message.account_id, Message.client_id, Message.payload, Message.attempts
            )
        ).one_or_none()


def _try(message: Row[Any]) -> None:
    try:
        if (courier := registry().couriers.get(message.kind)) is None:
            raise NotDelivered("no courier for this kind")
        courier.deliver({"id": message.id} | _open(message))
    except Exception as error:  # noqa: BLE001  couriers are other people's networks: whatever went wrong, try again
        why = error.detail if isinstance(error, DomainError) else type(error).__name__
        _failed(message, why, last=isinstance(error, TooLate) or message.attempts >= MOST_TRIES)
        if isinstance(error, FetchRefused) and message.client_id is not None:
            _hold_back(message.client_id)
    else:
        _sent(message)


def _sent(message: Row[Any]) -> None:
    with db.transaction():
        db.execute(_finish(message, "sent"))
    log().info("message delivered", kind=message.kind, account=message.account_id, attempts=message.attempts)


def _failed(message: Row[Any], why: str, *, last: bool) -> None:
    wait = FIRST_WAIT * 2 ** (message.attempts - 1)
    later = _mine(message).values(state="waiting", due_at=clock.now() + wait)
    with db.transaction():
        db.execute((_finish(message, "failed") if last else later).values(error=why[:200]))
    words = "message given up" if last else "message not delivered"
    log().warning(words, kind=message.kind, account=message.account_id, attempts=message.attempts, detail=why)


def _hold_back(client_id: str) -> None:
    """Let an app that does not answer wait, so that it holds up nobody else. What is too old for it is given up."""
    now = clock.now()
    waiting = update(Message).where(Message.client_id == client_id, Message.state == "waiting")
    given_up = waiting.where(Message.created_at <= now - LONGEST_WAIT).values(error="the app does not answer")
    later = waiting.where(Message.due_at < now + FIRST_WAIT).values(due_at=now + FIRST_WAIT)
    with db.transaction():
        db.execute(_over(given_up, "failed"))
        db.execute(later)


def _finish(message: Row[Any], state: str) -> Update:
    return _over(_mine(message), state)


def _over(messages: Update, state: str) -> Update:
    """The end of messages. What they said is kept in development only."""
    done = messages.values(state=state, finished_at=clock.now())
    return done if settings().development else done.values(payload=None)


def _mine(message: Row[Any]) -> Update:
    """The row as long as this try holds it; not after the lease ran out and another worker took it."""
    return update(Message).where(
        Message.id == message.id, Message.state == "sending", Message.attempts == message.attempts
    )


def _open(row: Row[Any]) -> dict[str, Any]:
    return json.loads(crypto.open_for_system(row.payload, _context(row.id)))  # type: ignore[no-any-return]


def _letter(row: Row[Any], said: Mapping[str, Any]) -> Letter:
    words = {part: said.get(part, "") for part in ("to", "subject", "text", "html")}
    return Letter(row.id, row.kind, **words, state=row.state, created_at=row.created_at)


def _context(id_: str) -> str:
    return f"outbox\0{id_}"


def _new_id() -> str:
    """An unguessable id. Ids sort in the order in which one process made them, and so do letters."""
    return f"{int(clock.precisely() * 1_000_000):014x}{next(_sequence) % 0x10000:04x}-{crypto.new_id()}"
