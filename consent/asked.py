"""What a parked request asks a resident for, and how the page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from babel.lists import format_list

from idp.accounts import service as accounts
from idp.kernel.contracts import Ask, ClaimSpec, Label
from idp.kernel.registry import registry
from idp.sessions.parked import Parked
from idp.web import i18n


@dataclass(frozen=True, slots=True)
class Item:
    """One claim on the page. ``value`` is what the app would see, in words; None when the resident has none."""

    name: str
    label: Label
    value: str | None
    masked: bool
    edit: str | None


def ask_of(request: Parked) -> Ask:
    """The request as far as consent is concerned: scopes that the app may have, and the claims they open."""
    asked = frozenset(request.parameters.get("scope", "").split(" "))
    scopes = asked & frozenset(request.client.scopes)
    claims = registry().claims_of(scopes) if "openid" in scopes else frozenset()
    return Ask(client_id=request.client.id, scopes=scopes, claims=claims, request_id=request.id)


def items(account_id: str, claims: Iterable[str], return_to: str) -> list[Item]:
    """The claims with the resident's own values, in the order of the catalogue."""
    wanted = frozenset(claims)
    held = registry().read_claims(accounts.resident(account_id), wanted)
    return [
        Item(
            name=name,
            label=spec.label,
            value=spec.show(held[name]) if name in held else None,
            masked=spec.sensitive,
            edit=spec.edit(return_to) if spec.edit else None,
        )
        for name, spec in _in_order(wanted)
    ]


def in_words(claims: Iterable[str]) -> str:
    """The names of claims as one list in the reader's language."""
    labels = dict.fromkeys(str(spec.label) for _name, spec in _in_order(frozenset(claims)))
    return format_list(list(labels), locale=i18n.locale())


def _in_order(claims: frozenset[str]) -> list[tuple[str, ClaimSpec]]:
    return [(name, spec) for name, spec in registry().claims.items() if name in claims]
