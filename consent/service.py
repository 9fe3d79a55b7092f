"""Decisions of residents about apps: give, change, withdraw. A decision is never edited, only ended by the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import Row, bindparam, select, update

from consent import policy
from consent.errors import AnsweredElsewhere, NothingShared
from consent.events import ConsentChanged, ConsentDeclined, ConsentExpired, ConsentGiven, ConsentWithdrawn
from consent.models import Decision
from consent.policy import Live
from idp.audit.service import record
from idp.clients.service import Client
from idp.kernel import clock, db
from idp.kernel.contracts import Ask
from idp.kernel.crypto import new_id
from idp.kernel.db import execute, transaction
from idp.tokens import service as tokens

End = Literal["superseded", "withdrawn", "expired", "paused", "erased"]

_FACTS = (
    Decision.id,
    Decision.asked_scopes,
    Decision.asked_claims,
    Decision.granted_claims,
    Decision.decided_at,
    Decision.expires_at,
    Decision.identity,
)
_LIVE = select(*_FACTS).where(
    Decision.account_id == bindparam("account"),
    Decision.client_id == bindparam("client"),
    Decision.ended_at.is_(None),
)


def live(account_id: str, client_id: str) -> Live | None:
    """The decision that stands, expired or not, in one query."""
    row = execute(_LIVE, {"account": account_id, "client": client_id}).first()
    return _live(row) if row else None


def demand(account_id: str, client_id: str) -> Live:
    """The decision that stands. Raises :class:`NothingShared`."""
    if (decision := live(account_id, client_id)) is None:
        raise NothingShared
    return decision


def of_resident(account_id: str) -> list[tuple[str, Live]]:
    """Every decision of a resident that stands, with its app's id; newest first."""
    mine = select(*_FACTS, Decision.client_id).where(Decision.account_id == account_id, Decision.ended_at.is_(None))
    return [(row.client_id, _live(row)) for row in execute(mine.order_by(Decision.decided_at.desc()))]


def give(account_id: str, client: Client, ask: Ask, ticked: Iterable[str]) -> Live:
    """Record that the resident shares the ticked claims of ``ask``, and those the app cannot do without.

    Claims that an earlier decision granted and that are now unticked are gone for tokens already out, too.
    Raises :class:`AnsweredElsewhere`.
    """
    now = clock.now()
    with transaction():
        earlier = _end(account_id, client.id, "superseded")
        scopes, asked, granted = policy.kept(earlier, ask, now)
        decision = Live(
            id=new_id(),
            asked_scopes=scopes | ask.scopes,
            asked_claims=asked | ask.claims,
            granted_claims=granted | policy.released(ask.claims, ticked, client.required_claims),
            decided_at=now,
            expires_at=now + policy.REMEMBERED_FOR,
            identity=policy.identity(client.name, client.agency, client.redirect_uris),
        )
        _keep(account_id, client.id, decision)
        _narrow_tokens(account_id, client.id, earlier, decision)
        asked_names, granted_names = _names(decision.asked_claims), _names(decision.granted_claims)
        event = ConsentGiven(decision.id, asked_names, granted_names, decision.offline)
        record(event, account_id=account_id, client_id=client.id)
    return decision


def decline(account_id: str, client_id: str, ask: Ask) -> None:
    """Record that the resident said no to this request. What they shared before stays as it was."""
    record(ConsentDeclined(asked=_names(ask.claims)), account_id=account_id, client_id=client_id)


def change(account_id: str, client: Client, ticked: Iterable[str]) -> Live:
    """Let the app see the ticked ones among the claims it once asked for, besides those it needs and was granted.

    Fewer claims hold at once, for tokens already out; more hold from the next sign-in. The time the decision is
    remembered does not change. Raises :class:`NothingShared` or :class:`AnsweredElsewhere`.
    """
    with transaction():
        if (earlier := _end(account_id, client.id, "superseded")) is None:
            raise NothingShared
        granted = policy.released(earlier.asked_claims, ticked, needed(client, earlier))
        decision = replace(earlier, id=new_id(), granted_claims=granted, decided_at=clock.now())
        _keep(account_id, client.id, decision)
        _narrow_tokens(account_id, client.id, earlier, decision)
        record(ConsentChanged(decision.id, _names(granted)), account_id=account_id, client_id=client.id)
    return decision


def needed(client: Client, decision: Live) -> frozenset[str]:
    """What cannot be unticked while the resident shares with this app at all."""
    return decision.granted_claims & frozenset(client.required_claims)


def withdraw(account_id: str, client_id: str) -> None:
    """Stop sharing with an app; every token it holds for the resident fails at once. Raises :class:`NothingShared`."""
    with transaction():
        if _end(account_id, client_id, "withdrawn") is None:
            raise NothingShared
        revoked = tokens.revoke_at(account_id, client_id)
        record(ConsentWithdrawn(token_families=revoked), account_id=account_id, client_id=client_id)


def pause(account_id: str, _since: int) -> int:
    """End every decision of a resident, since somebody else may have used the account. Each app asks anew. The tokens
    are the caller's to end. Returns how many stood."""
    return _end_all(account_id, "paused")


def end_for_good(account_id: str) -> None:
    """End every decision of a resident who is no more. They stay on record: names of claims, never a value."""
    _end_all(account_id, "erased")


def expire(limit: int) -> int:
    """End decisions whose time is over, and the tokens that rest on them. Returns how many."""
    statement = select(Decision.account_id, Decision.client_id).where(
        Decision.ended_at.is_(None), Decision.expires_at <= clock.now()
    )
    over = execute(statement.limit(limit)).all()
    for row in over:
        with transaction():
            if _end(row.account_id, row.client_id, "expired", Decision.expires_at <= clock.now()):
                revoked = tokens.revoke_at(row.account_id, row.client_id)
                record(ConsentExpired(token_families=revoked), account_id=row.account_id, client_id=row.client_id)
    return len(over)


def _end(account_id: str, client_id: str, why: End, *conditions: Any) -> Live | None:
    """End the decision that stands, and return it."""
    row = execute(
        update(Decision)
        .where(
            Decision.account_id == account_id, Decision.client_id == client_id, Decision.ended_at.is_(None), *conditions
        )
        .values(ended_at=clock.now(), ended_why=why)
        .returning(*_FACTS)
    ).first()
    return _live(row) if row else None


def _end_all(account_id: str, why: End) -> int:
    mine = update(Decision).where(Decision.account_id == account_id, Decision.ended_at.is_(None))
    with transaction():
        return execute(mine.values(ended_at=clock.now(), ended_why=why)).rowcount


def _keep(account_id: str, client_id: str, decision: Live) -> None:
    kept = execute(
        db.insert(Decision)
        .values(
            id=decision.id,
            account_id=account_id,
            client_id=client_id,
            asked_scopes=_names(decision.asked_scopes),
            asked_claims=_names(decision.asked_claims),
            granted_claims=_names(decision.granted_claims),
            decided_at=decision.decided_at,
            expires_at=decision.expires_at,
            identity=decision.identity,
        )
        .on_conflict_do_nothing(index_elements=["account_id", "client_id"], index_where=Decision.ended_at.is_(None))
        .returning(Decision.id)
    )
    if kept.first() is None:
        raise AnsweredElsewhere


def _narrow_tokens(account_id: str, client_id: str, earlier: Live | None, decision: Live) -> None:
    if earlier is not None and not earlier.granted_claims <= decision.granted_claims:
        tokens.narrow(account_id, client_id, decision.granted_claims)


def _live(row: Row[Any]) -> Live:
    return Live(
        id=row.id,
        asked_scopes=frozenset(row.asked_scopes),
        asked_claims=frozenset(row.asked_claims),
        granted_claims=frozenset(row.granted_claims),
        decided_at=row.decided_at,
        expires_at=row.expires_at,
        identity=row.identity,
    )


def _names(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(words))
