"""A reminder for residents who would be shut out by one loss (NIST SP 800-63B-4 section 4.1.2.1)."""

from __future__ import annotations

from flask_babel import gettext as _

from idp.accounts.notices import credentials_changed_at
from idp.sessions.strength import count_ways
from idp.web.i18n import day


def only_way(account_id: str) -> str:
    """What to tell whoever has one way to sign in, and since when; empty for all others."""
    if count_ways(account_id) > 1:
        return ""
    since = day(credentials_changed_at(account_id))
    return str(
        _(
            "Since %(day)s you have only one way in. Add another, so that you can still sign in if you lose it.",
            day=since,
        )
    )
