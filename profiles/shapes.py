"""What attributes and claims are: their shapes, how a claim is made from a value, and how a value is put into words.

The attributes themselves stand in :mod:`profiles.catalogue`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from idp.kernel import clock
from idp.kernel.contracts import Label
from idp.kernel.settings import settings
from idp.web import i18n
from idp.web.i18n import day
from profiles import values

HOME_STATE = "MA"
"""Whose residents this account is for. A constant, because ``lives_in_state`` means this one state to every agency."""

AGES = (18, 21, 60, 65)
"""A short fixed list, so that repeated questions cannot search for a birth date."""

Kind = Literal["name", "text", "date", "phone", "address", "language", "link", "zone"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim made from an attribute.

    ``of`` makes it from the stored value and today's date, typed as OIDC Core section 5.1 says; None means there is
    nothing to tell. ``derived`` claims answer a question without showing the value behind it, so they are not masked.
    """

    name: str
    scope: str
    label: Label
    of: Callable[[Any, date], Any]
    show: Callable[[Any], str] = str
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One attribute. ``clean`` turns what was typed into what is kept, or None, and raises ``InvalidValue``;
    ``show`` puts what is kept into words; ``page`` is the last part of its editing page's address. ``autocomplete`` is
    HTML's word for its one field; ``seldom`` ones stand apart, so that the profile stays short."""

    name: str
    page: str
    kind: Kind
    label: Label
    hint: Label
    clean: Callable[[Any], Any]
    show: Callable[[Any], str]
    claims: tuple[Claim, ...]
    sensitive: bool = False
    autocomplete: str = ""
    seldom: bool = False


def today() -> date:
    """The present day where the state is."""
    return datetime.fromtimestamp(clock.now(), UTC).astimezone(ZoneInfo(settings().timezone)).date()


def yes_or_no(value: bool) -> str:
    """A yes-or-no answer in words."""
    return str(_("Yes") if value else _("No"))


def full_name(parts: Mapping[str, str]) -> str:
    """A legal name in one line."""
    return " ".join(parts[part] for part in values.NAME_PARTS if part in parts)


def address_claim(kept: Mapping[str, str]) -> dict[str, str]:
    """An address as OIDC Core section 5.1.1 structures it; the country is an ISO 3166-1 code."""
    street = "\n".join(kept[line] for line in ("line1", "line2") if line in kept)
    members = {
        "formatted": "\n".join((street, *_town_lines(kept))),
        "street_address": street,
        "locality": kept["city"],
        "region": kept.get("region", ""),
        "postal_code": kept.get("postal_code", ""),
        "country": kept["country"],
    }
    return {member: text for member, text in members.items() if text}


def show_address(claim: Mapping[str, str]) -> str:
    """An address claim in one line."""
    return ", ".join(claim["formatted"].splitlines())


def _town_lines(kept: Mapping[str, str]) -> tuple[str, ...]:
    place = " ".join(kept[part] for part in ("region", "postal_code") if part in kept)
    town = ", ".join(text for text in (kept["city"], place) if text)
    country = Locale("en").territories.get(kept["country"], kept["country"])
    return (town,) if kept["country"] == "US" else (town, country)


def part_of(part: str) -> Callable[[Any, date], Any]:
    """A claim that is one part of the value."""
    return lambda kept, _today: kept.get(part)


def whole(kept: Any, _today: date) -> Any:
    """A claim that is the value itself."""
    return kept


def is_at_least(age: int) -> Callable[[Any, date], bool]:
    """Whether somebody born on the value's day is as old as that."""
    return lambda born, on: values.years_between(born, on) >= age


def age_claim(age: int) -> Claim:
    """The claim that says so, without the birth date."""
    label = _l("Whether you are %(age)s or older", age=age)
    return Claim(f"age_over_{age}", "age", label, is_at_least(age), yes_or_no, derived=True)


def as_address(kept: Any, _today: date) -> dict[str, str]:
    """A claim that is the value as an address claim."""
    return address_claim(kept)


def lives_here(kept: Mapping[str, str], _today: date) -> bool:
    """Whether an address is in this state."""
    return kept["country"] == "US" and kept["region"] == HOME_STATE


def not_checked(_kept: Any, _today: date) -> bool:
    """The value does not tell; whoever reads the claim asks the resident's phones."""
    return False


def show_date(text: str) -> str:
    """A day in the reader's words."""
    return day(date.fromisoformat(text))


def show_kept_address(kept: Mapping[str, str]) -> str:
    """An address as it is kept, in one line."""
    return show_address(address_claim(kept))


def show_zone(name: str) -> str:
    """A time zone by its place, in the reader's language."""
    return str(dates.get_timezone_location(ZoneInfo(name), locale=i18n.locale()))


def show_language(tag: str) -> str:
    """A language by its own name."""
    return values.LANGUAGES.get(tag, tag)
