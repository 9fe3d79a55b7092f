"""Tokens: issued, refreshed, looked up, revoked. Texts leave once; the database keeps digests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, or_, select, update

from idp.accounts import epoch
from idp.accounts.models import Account, EmailAddress
from idp.audit.service import record
from idp.clients.members import Metadata
from idp.clients.models import ClientRow
from idp.kernel import clock
from idp.kernel.clock import DAY, MINUTE, YEAR
from idp.kernel.contracts import SESSION_LIFE, Resident
from idp.kernel.crypto import ResidentKey, digest, same, successor, token
from idp.kernel.db import execute, transaction
from idp.tokens import codes, families, machine
from idp.tokens.errors import GrantRefused
from idp.tokens.events import GrantIssued, GrantRefreshed, RefreshReplayed
from idp.tokens.facts import Access, Bearer, Grant, LiveRefresh, Write, opaque
from idp.tokens.models import AccessToken, TokenFamily

ACCESS_LIFETIME = 10 * MINUTE
REFRESH_IDLE = 30 * DAY
REFRESH_ABSOLUTE = YEAR
GRACE = 30
"""Seconds in which a concurrent refresh with the previous token gets the same successor again."""

SEPARATOR = "."

_GRANT_COLUMNS = (
    TokenFamily.id,
    TokenFamily.client_id,
    TokenFamily.account_id,
    TokenFamily.session_id,
    TokenFamily.subject,
    TokenFamily.scopes,
    TokenFamily.claims,
    TokenFamily.acr,
    TokenFamily.amr,
    TokenFamily.auth_time,
    TokenFamily.claims_asked,
    TokenFamily.resources,
)
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
    .returning(*_GRANT_COLUMNS)
)

_BEARER = (
    select(
        *_GRANT_COLUMNS,
        AccessToken.scopes.label("token_scopes"),
        AccessToken.audience,
        AccessToken.confirmation,
        AccessToken.subject.label("token_subject"),
        AccessToken.claims.label("token_claims"),
        AccessToken.actor,
        AccessToken.issued_at,
        AccessToken.expires_at,
        Account.data_key,
        Account.locale,
        Account.updated_at,
        EmailAddress.sealed.label("sealed_email"),
        EmailAddress.confirmed_at,
        ClientRow.extra,
    )
    .join(TokenFamily, TokenFamily.id == AccessToken.family_id)
    .join(Account, Account.id == TokenFamily.account_id)
    .join(ClientRow, ClientRow.id == TokenFamily.client_id)
    .outerjoin(EmailAddress, (EmailAddress.account_id == Account.id) & EmailAddress.is_main)
    .where(
        AccessToken.digest == bindparam("digest"),
        AccessToken.expires_at > bindparam("now"),
        TokenFamily.revoked_at.is_(None),
        Account.status == "active",
        ClientRow.disabled_at.is_(None),
    )
)


_ISSUED = ("scopes", "audience", "confirmation", "subject", "claims", "actor", "issued_at", "expires_at")


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token on its way to the app. ``expires_in`` is in seconds."""

    access_token: str
    expires_in: int


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


def issue_access(
    grant: Grant,
    scopes: tuple[str, ...],
    *,
    audience: str | None = None,
    confirmation: str | None = None,
    subject: str | None = None,
    claims: tuple[str, ...] | None = None,
    actor: str | None = None,
    until: int | None = None,
    write: Write = opaque,
) -> Issued:
    """Issue an access token of a family, for these of its scopes. ``write`` makes its text.

    With a ``subject`` of its own it names the resident by that, with ``claims`` it may read no more than those, and
    it ends ``until`` then at the latest.
    """
    now = clock.now()
    longest = now + ACCESS_LIFETIME
    expires_at = longest if until is None else min(until, longest)
    told = grant.seen_as(subject, claims)
    access = Access(told, scopes, audience, confirmation, subject, claims, actor, now, expires_at)
    text = write(access)
    row = {name: getattr(access, name) for name in _ISSUED} | {"digest": digest(text), "family_id": grant.family_id}
    with transaction() as connection:
        connection.execute(insert(AccessToken), row)
    return Issued(text, expires_at - now)


def bearer(access_token: str) -> Bearer | None:
    """What a live access token stands for, with the resident, in one query. None when it does not work (any more)."""
    row = execute(_BEARER, {"digest": digest(access_token), "now": clock.now()}).first()
    if row is None:
        return None
    resident = Resident(
        account_id=row.account_id,
        key=ResidentKey(row.account_id, row.data_key),
        locale=row.locale,
        updated_at=row.updated_at,
        sealed_email=row.sealed_email,
        email_confirmed=row.confirmed_at is not None,
    )
    return Bearer(
        grant=Grant.of(row, row.id).seen_as(row.token_subject, row.token_claims),
        scopes=row.token_scopes,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        resident=resident,
        registered=Metadata.of(row.extra),
        audience=row.audience,
        confirmation=row.confirmation,
        actor=row.actor,
    )


def live_refresh(refresh_token: str) -> LiveRefresh | None:
    """What a live refresh token stands for, without spending it."""
    handle, _, secret = refresh_token.partition(SEPARATOR)
    now = clock.now()
    statement = select(*_GRANT_COLUMNS, TokenFamily.created_at, TokenFamily.idle_until, TokenFamily.expires_at).where(
        TokenFamily.handle == digest(handle),
        TokenFamily.refresh_digest == digest(secret),
        TokenFamily.revoked_at.is_(None),
        TokenFamily.idle_until > now,
        TokenFamily.expires_at > now,
        _ACTIVE_ACCOUNT,
    )
    row = execute(statement).first()
    return LiveRefresh(Grant.of(row, row.id), row.created_at, min(row.idle_until, row.expires_at)) if row else None


def revoke_token(text: str, client_id: str) -> None:
    """Revoke an app's own token, whatever kind it is (RFC 7009). Another app's token is left alone, silently."""
    handle = digest(text.partition(SEPARATOR)[0])
    with transaction() as connection:
        mine = select(TokenFamily.id).where(TokenFamily.client_id == client_id)
        connection.execute(
            delete(AccessToken).where(AccessToken.digest == digest(text), AccessToken.family_id.in_(mine))
        )
        connection.execute(
            update(TokenFamily)
            .where(TokenFamily.handle == handle, TokenFamily.client_id == client_id, TokenFamily.revoked_at.is_(None))
            .values(revoked_at=clock.now())
        )


def revoke(account_id: str) -> int:
    """Revoke everything that a resident gave to any app. Returns how many families were live."""
    with transaction():
        epoch.turn(account_id)
        codes.drop(account_id=account_id)
        return families.revoke_families(account_id=account_id)


def revoke_at(account_id: str, client_id: str) -> int:
    """Revoke everything that a resident gave to one app. Returns how many families were live."""
    with transaction():
        epoch.turn(account_id)
        codes.drop(account_id=account_id, client_id=client_id)
        return families.revoke_families(account_id=account_id, client_id=client_id)


def revoke_with_session(account_id: str, session_id: str) -> int:
    """Revoke what hangs on one session; families that outlive it stay. Returns how many families were live."""
    with transaction():
        epoch.turn(account_id)
        codes.drop(session_id=session_id)
        return families.revoke_online([session_id])


def revoke_online_at(account_id: str, client_id: str) -> int:
    """Revoke what an app may do while a resident is there; families that outlive the session stay."""
    with transaction():
        epoch.turn(account_id)
        codes.drop(account_id=account_id, client_id=client_id)
        return families.revoke_online_at(account_id, client_id)


def revoke_of_client(client_id: str) -> int:
    """Revoke what anybody gave to one app, and what it got for itself. Returns how many families were live."""
    with transaction():
        codes.drop(client_id=client_id)
        machine.revoke_of_client(client_id)
        return families.revoke_families(client_id=client_id)


def narrow(account_id: str, client_id: str, claims: frozenset[str]) -> None:
    """Let what an app holds for a resident read no more than ``claims`` from now on. Unspent codes are dropped."""
    with transaction():
        epoch.turn(account_id)
        codes.drop(account_id=account_id, client_id=client_id)
        families.narrow(account_id, client_id, claims)


def _within_grace(values: dict[str, Any], client_id: str) -> Grant | None:
    """The grant, when this is the previous token asked again within the grace. A replay revokes the family."""
    statement = select(
        *_GRANT_COLUMNS, TokenFamily.previous_digest, TokenFamily.refresh_digest, TokenFamily.rotated_at
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
