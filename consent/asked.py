"""What a parked request asks a resident for, and how the page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from babel.lists import format_list

from idp.accounts import service as accounts
from idp.clients import apis, asking
from idp.clients import service as clients
from idp.kernel.contracts import Ask, ClaimSpec, Label
from idp.kernel.registry import registry
from idp.sessions.current import session
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
    seldom: bool

    @property
    def worth_a_line(self) -> bool:
        """Whether a page shows it where the app can do without it."""
        return self.value is not None or not self.seldom


def ask_of(request: Parked) -> Ask:
    """The request as far as consent is concerned: scopes that the app may have, and the claims asked for."""
    parameters = request.parameters
    asked = asking.of(request.client, parameters.get("scope", ""), parameters.get("claims", ""))
    return Ask(client_id=request.client.id, scopes=asked.scopes, claims=asked.claims, request_id=request.id)


def items(account_id: str, client_id: str, claims: Iterable[str], return_to: str) -> list[Item]:
    """The claims as the app would get them, in the order of the catalogue."""
    wanted = frozenset(claims)
    here = session()
    who = replace(accounts.resident(account_id, client_id), acr=here.acr if here else "")
    held = registry().read_claims(who, wanted)
    return [
        Item(
            name=name,
            label=spec.label,
            value=spec.show(held[name]) if name in held else None,
            masked=spec.sensitive,
            edit=spec.edit(return_to) if spec.edit else None,
            seldom=spec.seldom,
        )
        for name, spec in _in_order(wanted)
    ]


def in_words(claims: Iterable[str]) -> str:
    """The names of claims as one list in the reader's language."""
    labels = dict.fromkeys(str(spec.label) for _name, spec in _in_order(frozenset(claims)))
    return format_list(list(labels), locale=i18n.locale())


def usable_apis(ask: Ask) -> str:
    """The names of the services that the app may use for the resident, as one list in the reader's language."""
    powers = ask.powers(registry().scopes)
    serving = [clients.find(api.client_id) for api in apis.every() if powers & frozenset(api.scopes)]
    return format_list([client.name for client in serving if client], locale=i18n.locale())


def _in_order(claims: frozenset[str]) -> list[tuple[str, ClaimSpec]]:
    return [(name, spec) for name, spec in registry().claims.items() if name in claims]
