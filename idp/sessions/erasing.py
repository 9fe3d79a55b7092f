"""The end of what a resident's browsers began here."""

from __future__ import annotations

from sqlalchemy import delete, select

from idp.kernel.db import execute
from idp.sessions.models import AttemptRow, ParkedRequestRow, SessionRow


def erase(account_id: str) -> None:
    """Delete a resident's sessions, sign-ins under way, and requests that waited for them."""
    mine = select(SessionRow.id).where(SessionRow.account_id == account_id)
    execute(delete(ParkedRequestRow).where(ParkedRequestRow.session_id.in_(mine)))
    for table in (AttemptRow, SessionRow):
        execute(delete(table).where(table.account_id == account_id))
