"""Token families: one grant with everything ever issued under it, which stands and falls together."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from idp.kernel import clock
from idp.kernel.clock import DAY
from idp.kernel.db import execute, transaction
from idp.tokens.models import AccessToken, TokenFamily

KEPT_AFTER_END = 31 * DAY
"""Longer than an app may stay unused, so that its families still tell (:mod:`idp.tokens.unused`)."""

GRANT_COLUMNS = (
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
"""What :meth:`idp.tokens.facts.Grant.of` reads."""


def revoke_family(family_id: str) -> int:
    """Revoke one family: every token of it fails from now on, on every node."""
    return _revoke(TokenFamily.id == family_id)


def revoke_families(*, account_id: str | None = None, client_id: str | None = None) -> int:
    """Revoke all families of a resident, an app, or both together. Returns how many were live."""
    owner = [TokenFamily.account_id == account_id] if account_id is not None else []
    owner += [TokenFamily.client_id == client_id] if client_id is not None else []
    if not owner:
        raise ValueError
    return _revoke(*owner)


def revoke_online(session_ids: Sequence[str]) -> int:
    """Revoke the families that live only as long as these sessions (those without ``offline_access``)."""
    return _revoke(TokenFamily.session_id.in_(session_ids), TokenFamily.offline.is_(False))


def revoke_online_at(account_id: str, client_id: str) -> int:
    """Revoke the families of a resident at an app that live only as long as a session."""
    owned = (TokenFamily.account_id == account_id, TokenFamily.client_id == client_id)
    return _revoke(*owned, TokenFamily.offline.is_(False))


def narrow(account_id: str, client_id: str, claims: frozenset[str]) -> None:
    """Let the live families of a resident at an app read no more than ``claims``."""
    statement = select(TokenFamily.id, TokenFamily.claims).where(
        TokenFamily.account_id == account_id, TokenFamily.client_id == client_id, TokenFamily.revoked_at.is_(None)
    )
    with transaction() as connection:
        for family in execute(statement).all():
            kept = tuple(sorted(claims & set(family.claims)))
            connection.execute(update(TokenFamily).where(TokenFamily.id == family.id).values(claims=kept))


def sweep_access(limit: int) -> int:
    """Delete expired access tokens."""
    old = select(AccessToken.digest).where(AccessToken.expires_at < clock.now()).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(AccessToken).where(AccessToken.digest.in_(old))).rowcount


def sweep_families(limit: int) -> int:
    """Delete families a month after their absolute end."""
    old = select(TokenFamily.id).where(TokenFamily.expires_at < clock.now() - KEPT_AFTER_END).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(TokenFamily).where(TokenFamily.id.in_(old))).rowcount


def _revoke(*conditions: object) -> int:
    with transaction() as connection:
        return connection.execute(
            update(TokenFamily)
            .where(*conditions, TokenFamily.revoked_at.is_(None))  # type: ignore[arg-type]
            .values(revoked_at=clock.now())
        ).rowcount
