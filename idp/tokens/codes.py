"""Authorization codes: given once, redeemed once, for sixty seconds (RFC 6749 section 4.1.2, RFC 9700)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, select, update

from idp.accounts.models import Account
from idp.audit.service import record
from idp.clients import subjects
from idp.clients.models import Subject
from idp.clients.service import Client
from idp.kernel import clock
from idp.kernel.clock import DAY, MINUTE
from idp.kernel.contracts import SessionView
from idp.kernel.crypto import digest, new_id, token
from idp.kernel.db import execute, transaction
from idp.tokens.errors import GrantRefused
from idp.tokens.events import CodeReplayed
from idp.tokens.facts import Grant, RedeemedCode
from idp.tokens.families import revoke_family
from idp.tokens.models import AuthorizationCode

LIFETIME = MINUTE
TOMBSTONE = DAY

_KNOWN_SUBJECT = (
    select(Subject.subject)
    .where(Subject.account_id == bindparam("known_account"), Subject.sector == bindparam("known_sector"))
    .scalar_subquery()
)
_COLUMNS = [column for column in AuthorizationCode.__table__.c if column.name not in {"subject", "spent_at"}]
_GIVE = (
    insert(AuthorizationCode)
    .from_select(
        [*(column.name for column in _COLUMNS), "subject"],
        select(*(bindparam(column.name, type_=column.type) for column in _COLUMNS), _KNOWN_SUBJECT)
        .where(
            Account.id == bindparam("known_account"),
            Account.status == "active",
            Account.epoch == bindparam("known_epoch"),
        )
        .with_for_update(read=True, of=Account),
    )
    .returning(AuthorizationCode.subject)
)
"""Holds the account's row while it gives a code, so that whatever takes things back comes wholly before or after."""

_BURN = (
    update(AuthorizationCode)
    .where(
        AuthorizationCode.digest == bindparam("presented"),
        AuthorizationCode.spent_at.is_(None),
        exists().where(Account.id == AuthorizationCode.account_id, Account.status == "active"),
    )
    .values(spent_at=bindparam("now"))
    .returning(AuthorizationCode.__table__)
)


def give(
    client: Client,
    session: SessionView,
    *,
    scopes: tuple[str, ...],
    claims: tuple[str, ...],
    redirect_uri: str,
    challenge: str,
    nonce: str | None,
    claims_asked: bytes | None = None,
    resources: tuple[str, ...] = (),
    dpop_jkt: str | None = None,
) -> str | None:
    """Give an app a code for this resident, bound to client, session, redirect URI and PKCE challenge.

    None when the account turned to a new epoch since the session was read: then everything must be asked anew.
    """
    code = token()
    row = {
        "digest": digest(code),
        "redirect_uri": redirect_uri,
        "challenge": challenge,
        "nonce": nonce,
        "scopes": scopes,
        "claims": claims,
        "claims_asked": claims_asked,
        "resources": resources,
        "dpop_jkt": dpop_jkt,
        "expires_at": clock.now() + LIFETIME,
    }
    return code if _give(client, session, row) else None


def give_to_device(
    client: Client,
    session: SessionView,
    device: bytes,
    *,
    scopes: tuple[str, ...],
    claims: tuple[str, ...],
    resources: tuple[str, ...],
    expires_at: int,
) -> bool:
    """Give a waiting device what :func:`give` gives an app, under the digest of the code that it polls with.

    It is bound to no redirect URI, so no browser can bring it to the token endpoint. False like None there.
    """
    row = {
        "digest": device,
        "redirect_uri": "",
        "challenge": "",
        "nonce": None,
        "scopes": scopes,
        "claims": claims,
        "claims_asked": None,
        "resources": resources,
        "dpop_jkt": None,
        "expires_at": expires_at,
    }
    return _give(client, session, row)


def redeem(code: str, client_id: str) -> RedeemedCode:
    """Burn a code, whoever presents it, then see whether it may be redeemed. Raises :class:`GrantRefused`.

    A second presentation revokes everything that was issued from the first.
    """
    now = clock.now()
    with transaction() as connection:
        row = connection.execute(_BURN, {"presented": digest(code), "now": now}).first()
        if row is None:
            _revoke_replayed(code)
    if row is None:
        raise GrantRefused(detail="unknown or spent code")
    if row.client_id != client_id:
        raise GrantRefused(detail="another client's code")
    if row.expires_at <= now:
        raise GrantRefused(detail="expired code")
    return RedeemedCode(Grant.of(row, row.family_id), row.redirect_uri, row.challenge, row.nonce, row.dpop_jkt)


def drop(**owner: str) -> None:
    """Forget the unspent codes of an owner (``account_id``, ``client_id``, ``session_id``, any of them)."""
    columns = AuthorizationCode.__table__.c
    with transaction() as connection:
        connection.execute(
            delete(AuthorizationCode).where(
                AuthorizationCode.spent_at.is_(None), *(columns[name] == value for name, value in owner.items())
            )
        )


def sweep(limit: int) -> int:
    """Delete codes a day after they expired; until then a replay is still recognised."""
    old = select(AuthorizationCode.digest).where(AuthorizationCode.expires_at < clock.now() - TOMBSTONE).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(AuthorizationCode).where(AuthorizationCode.digest.in_(old))).rowcount


def _give(client: Client, session: SessionView, asked: dict[str, Any]) -> bool:
    row = asked | {
        "family_id": new_id(),
        "client_id": client.id,
        "account_id": session.account_id,
        "known_account": session.account_id,
        "known_sector": client.sector,
        "known_epoch": session.epoch,
        "session_id": session.id,
        "acr": session.acr,
        "amr": session.amr,
        "auth_time": session.auth_time,
        "issued_at": clock.now(),
    }
    with transaction() as connection:
        given = connection.execute(_GIVE, row).first()
        if given is None:
            return False
        if given.subject is None or client.subject_type == "public":
            _name_subject(row["digest"], subjects.give(client, session.account_id))
    return True


def _name_subject(code_digest: bytes, subject: str) -> None:
    with transaction() as connection:
        connection.execute(
            update(AuthorizationCode).where(AuthorizationCode.digest == code_digest).values(subject=subject)
        )


def _revoke_replayed(code: str) -> None:
    statement = select(AuthorizationCode.family_id, AuthorizationCode.account_id, AuthorizationCode.client_id).where(
        AuthorizationCode.digest == digest(code), AuthorizationCode.spent_at.is_not(None)
    )
    if (spent := execute(statement).first()) is not None:
        revoke_family(spent.family_id)
        record(CodeReplayed(family_id=spent.family_id), account_id=spent.account_id, client_id=spent.client_id)
