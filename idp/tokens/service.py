"""Access tokens: issued, looked up; and everything an app was given, revoked. Texts leave once; digests are kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, insert, select

from idp.accounts import epoch, receiving
from idp.accounts.models import Account
from idp.clients.members import Metadata
from idp.clients.models import ClientRow
from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.contracts import Resident
from idp.kernel.crypto import ResidentKey, digest
from idp.kernel.db import execute, transaction
from idp.tokens import codes, families, machine, refreshing
from idp.tokens.facts import Access, Bearer, Grant, Write, opaque
from idp.tokens.families import GRANT_COLUMNS
from idp.tokens.models import AccessToken, TokenFamily

ACCESS_LIFETIME = 10 * MINUTE

_BEARER = receiving.with_address(
    select(
        *GRANT_COLUMNS,
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
        func.coalesce(Account.credentials_changed_at, Account.created_at).label("credentials_changed_at"),
        receiving.SEALED,
        receiving.CONFIRMED_AT,
        ClientRow.extra,
    )
    .join(TokenFamily, TokenFamily.id == AccessToken.family_id)
    .join(Account, Account.id == TokenFamily.account_id)
    .join(ClientRow, ClientRow.id == TokenFamily.client_id)
    .where(
        AccessToken.digest == bindparam("digest"),
        AccessToken.expires_at > bindparam("now"),
        TokenFamily.revoked_at.is_(None),
        Account.status == "active",
        ClientRow.disabled_at.is_(None),
    ),
    TokenFamily.client_id,
)


_ISSUED = ("scopes", "audience", "confirmation", "subject", "claims", "actor", "issued_at", "expires_at")


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token on its way to the app. ``expires_in`` is in seconds."""

    access_token: str
    expires_in: int


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
        acr=row.acr,
        credentials_changed_at=row.credentials_changed_at,
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


def revoke_token(text: str, client_id: str) -> None:
    """Revoke an app's own token, whatever kind it is (RFC 7009). Another app's token is left alone, silently.

    What was passed on in the place of a token goes with it.
    """
    with transaction() as connection:
        mine = select(TokenFamily.id).where(TokenFamily.client_id == client_id)
        family = connection.execute(
            delete(AccessToken)
            .where(AccessToken.digest == digest(text), AccessToken.family_id.in_(mine))
            .returning(AccessToken.family_id)
        ).scalar_one_or_none()
        passed_on = delete(AccessToken).where(AccessToken.family_id == family, AccessToken.actor.is_not(None))
        connection.execute(passed_on)
        refreshing.revoke_refresh(text, client_id)
        machine.revoke(text, client_id)


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
