"""What apps may learn from a profile. Claims are read, not copied: the next answer tells what the profile says then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, select

from idp.accounts import phones
from idp.kernel.contracts import ClaimSource, ClaimSpec, Resident
from idp.kernel.db import execute
from idp.web.i18n import day, html_lang
from profiles.catalogue import CATALOGUE
from profiles.models import Attribute
from profiles.shapes import Claim, Entry, today

_HELD = select(Attribute.name, Attribute.sealed).where(Attribute.account_id == bindparam("account_id"))
_ORIGIN: Mapping[str, tuple[Entry, Claim]] = {
    claim.name: (entry, claim) for entry in CATALOGUE for claim in entry.claims
}

VERIFIED_PHONE = "phone_number_verified"
UPDATED_AT = ClaimSpec("updated_at", "profile", _l("When your account last changed"), show=day)


def read(resident: Resident, names: frozenset[str]) -> dict[str, Any]:
    """The claims among ``names`` that have a value, in one query; only values that these claims need are opened.

    ``updated_at`` and, as long as no language is preferred, ``locale`` come from the account itself.
    """
    released: dict[str, Any] = {}
    if "updated_at" in names:
        released["updated_at"] = resident.updated_at
    if "locale" in names:
        released["locale"] = resident.locale and html_lang(resident.locale)
    if wanted := [made for name, made in _ORIGIN.items() if name in names]:
        held = open_values(resident, frozenset(entry.name for entry, _claim in wanted))
        released |= {claim.name: claim.of(held[entry.name], today()) for entry, claim in wanted if entry.name in held}
        if VERIFIED_PHONE in released:
            released[VERIFIED_PHONE] = phones.confirmed(resident.account_id, held["phone_number"])
    return {name: value for name, value in released.items() if value not in (None, "", {})}


def open_values(resident: Resident, names: frozenset[str]) -> dict[str, Any]:
    """The attributes among ``names`` that this resident holds, as they are kept."""
    rows = execute(_HELD, {"account_id": resident.account_id})
    return {row.name: json.loads(resident.key.open(place(row.name), row.sealed)) for row in rows if row.name in names}


def place(name: str) -> str:
    """What an attribute's value is bound to when it is sealed."""
    return f"attribute.{name}"


def _spec(entry: Entry, claim: Claim) -> ClaimSpec:
    return ClaimSpec(
        claim.name,
        claim.scope,
        claim.label,
        sensitive=entry.sensitive and not claim.derived,
        show=claim.show,
        edit=lambda return_to: url_for("profiles.edit", page=entry.page, return_to=return_to),
        seldom=entry.seldom,
    )


SOURCE = ClaimSource(
    name="profiles",
    claims=(*(_spec(entry, claim) for entry, claim in _ORIGIN.values()), UPDATED_AT),
    read=read,
)
