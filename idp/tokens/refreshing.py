"""Refresh tokens: made with their family, spent for a successor, looked at, revoked. A family has one at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, exists, insert, or_, select, update

from idp.accounts.models import Account
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.clock import DAY, YEAR
from idp.kernel.contracts import SESSION_LIFE
from idp.kernel.crypto import digest, same, successor, token
from idp.kernel.db import execute, transaction
from idp.tokens import families
from idp.tokens.errors import GrantRefused
from idp.tokens.events import GrantIssued, GrantRefreshed, RefreshReplayed
from idp.tokens.facts import Grant, LiveRefresh
from idp.tokens.families import GRANT_COLUMNS
from idp.tokens.models import TokenFamily

REFRESH_IDLE = 30 * DAY
REFRESH_ABSOLUTE = YEAR
GRACE = 30
"""Seconds in which a concurrent refresh with the previous token gets the same successor again."""

SEPARATOR = "."

_HELD = or_(TokenFamily.confirmation.is_(None), TokenFamily.confirmation == bindparam("proven"))
"""A refresh token of a public client works only with the key that it is bound to (RFC 9449 section 5)."""

_ACTIVE_ACCOUNT = exists().where(Account.id == TokenFamily.account_id, Account.status == "active")

_ROTATE = (
    update(TokenFamily)
    .where(
        TokenFamily.handle == bindparam("by_handle"),
        TokenFamily.refresh_digest == bindparam("presented"),
        TokenFamily.client_id == bindparam("by_client"),
        _HELD,
        TokenFamily.revoked_at.is_(None),
        TokenFamily.idle_until > bindparam("now"),
        TokenFamily.expires_at > bindparam("now"),
        _ACTIVE_ACCOUNT,
    )
    .values(
        refresh_digest=bindparam("next"),
        previous_digest=bindparam("presented"),
        rotated_at=bindparam("now"),
        idle_until=bindparam("idle"),
    )
    .returning(*GRANT_COLUMNS)
)


def open_family(grant: Grant, *, with_refresh: bool, confirmation: str | None = None) -> str | None:
    """Open the family of a redeemed code. Returns its refresh token, bound to ``confirmation``."""
    now, handle, secret = clock.now(), token(), token()
    row = {
        "id": grant.family_id,
        "client_id": grant.client_id,
        "account_id": grant.account_id,
        "session_id": grant.session_id,
        "offline": grant.offline,
        "subject": grant.subject,
        "scopes": grant.scopes,
        "claims": grant.claims,
        "claims_asked": grant.asked,
        "resources": grant.resources,
        "confirmation": confirmation,
        "acr": grant.acr,
        "amr": grant.amr,
        "auth_time": grant.auth_time,
        "handle": digest(handle) if with_refresh else None,
        "refresh_digest": digest(secret) if with_refresh else None,
        "created_at": now,
        "idle_until": now + REFRESH_IDLE,
        "expires_at": now + REFRESH_ABSOLUTE if grant.offline else grant.auth_time + SESSION_LIFE,
    }
    with transaction() as connection:
        connection.execute(insert(TokenFamily), row)
        record(
            GrantIssued(family_id=grant.family_id, scopes=grant.scopes, claims=grant.claims),
            account_id=grant.account_id,
            client_id=grant.client_id,
        )
    return f"{handle}{SEPARATOR}{secret}" if with_refresh else None


def refresh(
    presented: str, client_id: str, *, rotate: bool = True, confirmation: str | None = None
) -> tuple[Grant, str]:
    """Spend a refresh token. Returns its grant and the successor. Raises :class:`GrantRefused`.

    The successor follows from the presented secret under a key outside the database, so a concurrent refresh within
    the grace gets the very same one: there is never more than one live token, and a lost answer can be asked again.
    Anything older than that is a replay and revokes the family. Where tokens do not ``rotate``, one follows itself.
    """
    handle, _, secret = presented.partition(SEPARATOR)
    next_secret, now = successor(secret) if rotate else secret, clock.now()
    values = {
        "by_handle": digest(handle),
        "presented": digest(secret),
        "by_client": client_id,
        "proven": confirmation,
        "next": digest(next_secret),
        "now": now,
        "idle": now + REFRESH_IDLE,
    }
    with transaction() as connection:
        row = connection.execute(_ROTATE, values).first()
        grant = Grant.of(row, row.id) if row is not None else _within_grace(values, client_id)
        if grant is not None:
            record(GrantRefreshed(grant.family_id), account_id=grant.account_id, client_id=client_id)
    if grant is None:
        raise GrantRefused(detail="unknown, expired, revoked or replayed refresh token")
    return grant, f"{handle}{SEPARATOR}{next_secret}"


def live_refresh(refresh_token: str) -> LiveRefresh | None:
    """What a live refresh token stands for, without spending it."""
    handle, _, secret = refresh_token.partition(SEPARATOR)
    now = clock.now()
    statement = select(*GRANT_COLUMNS, TokenFamily.created_at, TokenFamily.idle_until, TokenFamily.expires_at).where(
        TokenFamily.handle == digest(handle),
        TokenFamily.refresh_digest == digest(secret),
        TokenFamily.revoked_at.is_(None),
        TokenFamily.idle_until > now,
        TokenFamily.expires_at > now,
        _ACTIVE_ACCOUNT,
    )
    row = execute(statement).first()
    return LiveRefresh(Grant.of(row, row.id), row.created_at, min(row.idle_until, row.expires_at)) if row else None


def revoke_refresh(presented: str, client_id: str) -> None:
    """Revoke the family of a refresh token that is this app's, with everything ever issued under it."""
    handle = digest(presented.partition(SEPARATOR)[0])
    mine = (TokenFamily.handle == handle, TokenFamily.client_id == client_id, TokenFamily.revoked_at.is_(None))
    with transaction() as connection:
        connection.execute(update(TokenFamily).where(*mine).values(revoked_at=clock.now()))


def _within_grace(values: dict[str, Any], client_id: str) -> Grant | None:
    """The grant, when this is the previous token asked again within the grace. A replay revokes the family."""
    statement = select(
        *GRANT_COLUMNS, TokenFamily.previous_digest, TokenFamily.refresh_digest, TokenFamily.rotated_at
    ).where(TokenFamily.handle == values["by_handle"], _HELD, TokenFamily.revoked_at.is_(None), _ACTIVE_ACCOUNT)
    family = execute(statement, values).first()
    if family is None or family.client_id != client_id or same(family.refresh_digest, values["presented"]):
        return None
    repeated = same(family.previous_digest or b"", values["presented"])
    if repeated and family.rotated_at >= values["now"] - GRACE and same(family.refresh_digest, values["next"]):
        return Grant.of(family, family.id)
    families.revoke_family(family.id)
    record(RefreshReplayed(family_id=family.id), account_id=family.account_id, client_id=client_id)
    return None
