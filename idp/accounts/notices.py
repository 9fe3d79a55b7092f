"""Tell a resident what changed, at every address, with a link under which it can be disowned without signing in.

The link's secret is kept as a digest. It opens a page and nothing else: what is said there only ever ends sessions,
takes things out of use or stops what is still to come, so whoever reads the mail can make an account safer and never
weaker (NIST SP 800-63B-4 section 4.6).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import delete, func, insert, or_, select, update

from idp.accounts.errors import NoticeGone
from idp.accounts.models import Account, EmailAddress, Notice
from idp.kernel import clock
from idp.kernel.clock import DAY
from idp.kernel.crypto import ResidentKey, digest, token
from idp.kernel.db import execute, transaction
from idp.outbox.service import queue_letter

OPEN_FOR = 10 * DAY
LONGEST = 64
SECURED = "secure"
"""The answer after which nothing is left to undo."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as its link finds it. ``answer`` is what was said under it already, if anything was."""

    digest: bytes
    account_id: str
    letter: str
    about: str
    subject: str | None
    created_at: int
    expires_at: int
    answer: str | None


def announce(account_id: str, letter: str, *, about: str, subject: str | None = None, **words: Any) -> None:
    """Write ``letter`` (``room/name``) to every address of an account, those on their way out too.

    ``about`` names the kind of thing that changed (``passkey``, ``totp``, ``phone``, ``email``, ``password``,
    ``recovery_codes``, ``recovery``, ``closing``, …) and ``subject`` is its id: an ``Undo`` of that name can stop what
    is still to come. The letter's subject says what changed without ``words``: the page behind the link shows it too.
    Templates get ``words``, and ``not_me``: the address of the page where it can be disowned, which
    the layout of letters shows. Call it in the transaction of the deed.
    """
    secret, now = token(), clock.now()
    row = {
        "digest": digest(secret),
        "account_id": account_id,
        "letter": letter,
        "about": about,
        "subject": subject,
        "created_at": now,
        "expires_at": now + OPEN_FOR,
    }
    link = url_for("signin.not_me", secret=secret, _external=True)
    with transaction() as connection:
        connection.execute(insert(Notice), row)
        locale, addresses = _reach(account_id)
        for address in addresses:
            queue_letter(letter, to=address, locale=locale, account_id=account_id, not_me=link, **words)


def note_credentials(account_id: str) -> None:
    """Remember that a way to sign in was added, changed or removed just now: apps that pay money may ask how long ago.

    Call it in the transaction of the deed.
    """
    with transaction() as connection:
        connection.execute(update(Account).where(Account.id == account_id).values(credentials_changed_at=clock.now()))


def credentials_changed_at(account_id: str) -> int:
    """When a way to sign in was last added, changed or removed (seconds since the epoch); the opening of the account
    at the latest."""
    last = func.coalesce(Account.credentials_changed_at, Account.created_at)
    return int(execute(select(last).where(Account.id == account_id)).scalar_one())


def find(secret: str) -> NoticeView:
    """The notice behind a link. Raises :class:`NoticeGone` for one that is unknown or past its ten days."""
    row = None
    if len(secret) <= LONGEST:
        query = select(*(getattr(Notice, name) for name in NoticeView.__dataclass_fields__))
        row = execute(query.where(Notice.digest == digest(secret))).mappings().first()
    if row is None:
        raise NoticeGone("unknown")
    if row["expires_at"] <= clock.now():
        raise NoticeGone("expired")
    return NoticeView(**row)


def answer(notice: NoticeView, said: str, over: Collection[str] = ()) -> bool:
    """Note what was said under a notice, in the place of what is weaker (``over``). Whether nothing else was said
    before: one conditional update."""
    with transaction() as connection:
        noted = connection.execute(
            update(Notice)
            .where(Notice.digest == notice.digest, or_(Notice.answered_at.is_(None), Notice.answer.in_(over)))
            .values(answered_at=clock.now(), answer=said)
        )
        return noted.rowcount == 1


def settle(account_id: str, since: int) -> None:
    """Let every notice from ``since`` on count as answered: what they tell of was just undone as a whole. So none that
    somebody else received meanwhile undoes what the resident sets up next. In the transaction of the deed."""
    told = (Notice.account_id == account_id, Notice.created_at >= since)
    with transaction() as connection:
        connection.execute(update(Notice).where(*told).values(answered_at=clock.now(), answer=SECURED))


def sweep(limit: int) -> int:
    """Delete notices whose link is dead for a month."""
    old = select(Notice.digest).where(Notice.expires_at < clock.now() - 30 * DAY).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(Notice).where(Notice.digest.in_(old))).rowcount


def _reach(account_id: str) -> tuple[str, list[str]]:
    """The language and the addresses to write to: all that can be trusted, the main one first."""
    rows = execute(
        select(Account.data_key, Account.locale, EmailAddress.sealed)
        .join(EmailAddress, EmailAddress.account_id == Account.id)
        .where(
            Account.id == account_id,
            EmailAddress.suspended_at.is_(None),
            or_(EmailAddress.leaves_at.is_(None), EmailAddress.leaves_at > clock.now()),
        )
        .order_by(EmailAddress.is_main.desc(), EmailAddress.created_at)
    ).all()
    keys = {row.data_key: ResidentKey(account_id, row.data_key) for row in rows}
    return rows[0].locale if rows else "", [keys[row.data_key].open("email", row.sealed) for row in rows]
