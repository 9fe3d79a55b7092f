"""Which apps a session was used at, and by what name each of them knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from idp.clients.models import ClientRow
from idp.kernel.crypto import base64url, blind_index
from idp.kernel.db import execute
from idp.kernel.settings import settings
from idp.tokens.models import TokenFamily
from idp.web.redirects import extended

_BACK = ClientRow.extra["backchannel_logout_uri"].as_string()
_FRONT = ClientRow.extra["frontchannel_logout_uri"].as_string()


@dataclass(frozen=True, slots=True)
class Visit:
    """A session at an app that wants to hear when it ends: ``told`` by us, or by the browser that opens ``page``."""

    session_id: str
    account_id: str
    client_id: str
    subject: str
    told: bool
    page: str | None

    @property
    def sid(self) -> str:
        """How the app knows the session."""
        return sid_for(self.session_id, self.client_id)

    @property
    def frame(self) -> str | None:
        """What the browser opens at the end: the app's page, with issuer and session and nothing else
        (Front-Channel Logout 1.0 section 2)."""
        return extended(self.page, {"iss": settings().issuer, "sid": self.sid}) if self.page else None


def sid_for(session_id: str, client_id: str) -> str:
    """How an app knows a session: different at each app, and nothing to present here (Back-Channel Logout 2.1)."""
    return base64url(blind_index("sid", f"{session_id}\0{client_id}")[:16])


def visits_of(session_ids: Sequence[str], client_id: str | None = None) -> tuple[Visit, ...]:
    """Where these sessions redeemed a code, of the apps that registered to hear of it and are not switched off.

    One statement, however many there are; ``client_id`` asks of one app only.
    """
    if not session_ids:
        return ()
    family = TokenFamily.__table__.c
    seen = (
        select(family.session_id, family.account_id, family.client_id, func.min(family.subject).label("subject"))
        .where(family.session_id.in_(session_ids), *([family.client_id == client_id] if client_id else []))
        .group_by(family.session_id, family.account_id, family.client_id)
        .subquery()
    )
    statement = (
        select(seen, _BACK.is_not(None).label("told"), _FRONT.label("page"))
        .join(ClientRow, ClientRow.id == seen.c.client_id)
        .where(ClientRow.disabled_at.is_(None), or_(_BACK.is_not(None), _FRONT.is_not(None)))
    )
    return tuple(Visit(**row) for row in execute(statement).mappings())


def apps_of(session_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The ids of the apps where each of these sessions redeemed a code, in one statement."""
    family = TokenFamily.__table__.c
    seen = select(family.session_id, family.client_id).where(family.session_id.in_(session_ids)).distinct()
    visited: dict[str, tuple[str, ...]] = {}
    for row in execute(seen.order_by(family.client_id)):
        visited[row.session_id] = (*visited.get(row.session_id, ()), row.client_id)
    return visited
