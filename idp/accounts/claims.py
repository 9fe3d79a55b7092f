"""The claims of this room: the main email address (OIDC Core section 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from idp.kernel.contracts import ClaimSource, ClaimSpec, Resident


def read(who: Resident, claims: frozenset[str]) -> Mapping[str, Any]:
    """The wanted ones among ``email`` and ``email_verified``, without a statement."""
    if who.sealed_email is None:
        return {}
    values: dict[str, Any] = {}
    if "email" in claims:
        values["email"] = who.key.open("email", who.sealed_email)
    if "email_verified" in claims:
        values["email_verified"] = who.email_confirmed
    return values


def _yes_or_no(value: object) -> str:
    return str(_("Yes") if value else _("No"))


SOURCE = ClaimSource(
    name="accounts",
    claims=(
        ClaimSpec("email", "email", _l("Email address")),
        ClaimSpec("email_verified", "email", _l("Whether your email address is confirmed"), show=_yes_or_no),
    ),
    read=read,
)
