"""A word about passkeys for whoever has none: on account home, once in a month and browser, and never on the way to
an app."""

from __future__ import annotations

from flask_babel import gettext as _

from idp.kernel.clock import DAY
from idp.kernel.contracts import Label
from idp.web.browser import remember, remembered
from mfa import passkeys

NAME = "suggested"
RESTS_FOR = 30 * DAY


def suggestion(account_id: str) -> Label | None:
    """What to say; None for who has a passkey or was told."""
    if remembered(NAME) or passkeys.passkeys_of(account_id):
        return None
    remember(NAME, "yes", RESTS_FOR)
    return str(_("With a passkey you sign in by face, fingerprint or screen lock."))
