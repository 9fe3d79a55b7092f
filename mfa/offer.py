"""What a set-up page shows: one seed in three forms, for a camera, for a phone, and for typing."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup

from idp.accounts import service as accounts
from idp.accounts.notices import credentials_changed_at
from idp.kernel.contracts import SessionView
from idp.kernel.settings import settings
from mfa import qr, recovery, service, totp


@dataclass(frozen=True, slots=True)
class Offer:
    """An authenticator app about to be set up: the ``otpauth`` address, its QR code, and the key in groups of four."""

    uri: str
    svg: Markup
    key: str


def occasion(session: SessionView) -> str:
    """The occasion of a set-up on the resident's own page: over as soon as anything that opens the account changes."""
    standing = " ".join(app.id for app in service.apps_of(session.account_id))
    return f"{session.id} {credentials_changed_at(session.account_id)} {standing}"


def make(account_id: str, occasion: str) -> Offer:
    """The offer of this occasion (see ``totp.seed_for``); the same each time it is looked at."""
    seed = totp.seed_for(account_id, occasion)
    uri = totp.uri(seed, issuer=settings().site_name, account=accounts.main_email(account_id))
    title = _("QR code to scan with your authenticator app")
    return Offer(uri, qr.svg(uri, title), recovery.grouped(seed, " "))
