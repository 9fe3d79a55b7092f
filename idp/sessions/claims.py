"""What an app that pays money may ask about the sign-in behind a token, so that it can hold what looks risky.

When the resident proved who they are stands in every ID token (``auth_time``); these two where they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from idp.kernel.contracts import ClaimSource, ClaimSpec, Resident
from idp.sessions.assurance import AAL2_PHISHING_RESISTANT, satisfies
from idp.web.i18n import day

SCOPE = "assurance"


def read(who: Resident, claims: frozenset[str]) -> Mapping[str, Any]:
    """The wanted ones among ``phishing_resistant`` (a boolean, of the sign-in that the app was given) and
    ``credentials_changed_at`` (seconds since the epoch, the opening of the account at the latest), without a
    statement."""
    values: dict[str, Any] = {}
    if "phishing_resistant" in claims and who.acr:
        values["phishing_resistant"] = satisfies(who.acr, AAL2_PHISHING_RESISTANT)
    if "credentials_changed_at" in claims and who.credentials_changed_at is not None:
        values["credentials_changed_at"] = who.credentials_changed_at
    return values


def _yes_or_no(value: object) -> str:
    return str(_("Yes") if value else _("No"))


SOURCE = ClaimSource(
    name="assurance",
    claims=(
        ClaimSpec("phishing_resistant", SCOPE, _l("Whether you signed in with a passkey"), show=_yes_or_no),
        ClaimSpec("credentials_changed_at", SCOPE, _l("When your ways to sign in last changed"), show=day),
    ),
    read=read,
)
