"""What a resident may tell about themselves: one entry says all there is to say about an attribute.

An entry holds the attribute's name, the page on which it is edited and how, what it may be, whether it is sensitive,
and the claims that apps may ask for, with the words for each. To add an attribute, add an entry and translate it.

``preferred_name`` is what a resident likes to be called, whatever their papers say. OpenID Connect has no claim of
that name; ``nickname`` (Core section 5.1) is the standard one that means it. ``name`` is made from the legal name.
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
from profiles import phones, values

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


def _part(part: str) -> Callable[[Any, date], Any]:
    return lambda kept, _today: kept.get(part)


def _whole(kept: Any, _today: date) -> Any:
    return kept


def _is_at_least(age: int) -> Callable[[Any, date], bool]:
    return lambda born, on: values.years_between(born, on) >= age


def _age_claim(age: int) -> Claim:
    label = _l("Whether you are %(age)s or older", age=age)
    return Claim(f"age_over_{age}", "age", label, _is_at_least(age), yes_or_no, derived=True)


def _address(kept: Any, _today: date) -> dict[str, str]:
    return address_claim(kept)


def _lives_here(kept: Mapping[str, str], _today: date) -> bool:
    return kept["country"] == "US" and kept["region"] == HOME_STATE


def _not_checked(_kept: Any, _today: date) -> bool:
    return False


def _show_date(text: str) -> str:
    return day(date.fromisoformat(text))


def _show_kept_address(kept: Mapping[str, str]) -> str:
    return show_address(address_claim(kept))


def show_zone(name: str) -> str:
    """A time zone by its place, in the reader's language."""
    return str(dates.get_timezone_location(ZoneInfo(name), locale=i18n.locale()))


def _show_language(tag: str) -> str:
    return values.LANGUAGES.get(tag, tag)


CATALOGUE: tuple[Entry, ...] = (
    Entry(
        name="legal_name",
        page="name",
        kind="name",
        label=_l("Legal name"),
        hint=_l("Your name as it stands in your official papers. If you have only one name, fill in one field."),
        clean=values.clean_name,
        show=full_name,
        claims=(
            Claim("name", "profile", _l("Full name"), lambda kept, _today: full_name(kept)),
            Claim("given_name", "profile", _l("Given name"), _part("given")),
            Claim("middle_name", "profile", _l("Middle name"), _part("middle")),
            Claim("family_name", "profile", _l("Family name"), _part("family")),
        ),
    ),
    Entry(
        name="preferred_name",
        page="preferred-name",
        kind="text",
        label=_l("Preferred name"),
        hint=_l("What you like to be called, if it differs from your legal name."),
        clean=values.clean_text,
        show=str,
        claims=(Claim("nickname", "profile", _l("Preferred name"), _whole),),
        autocomplete="nickname",
    ),
    Entry(
        name="birthdate",
        page="birth-date",
        kind="date",
        label=_l("Date of birth"),
        hint=_l("For example: 3 31 1980"),
        clean=lambda typed: values.clean_birthdate(typed, today()),
        show=_show_date,
        claims=(
            Claim("birthdate", "profile", _l("Date of birth"), _whole, _show_date),
            *(_age_claim(age) for age in AGES),
        ),
        sensitive=True,
    ),
    Entry(
        name="phone_number",
        page="phone",
        kind="phone",
        label=_l("Phone number"),
        hint=_l("Write it as you like. An extension may follow after a comma and the letters ext."),
        clean=phones.clean,
        show=phones.show,
        claims=(
            Claim("phone_number", "phone", _l("Phone number"), _whole, phones.show),
            Claim(
                "phone_number_verified",
                "phone",
                _l("Whether your phone number was checked"),
                _not_checked,
                yes_or_no,
                derived=True,
            ),
        ),
        sensitive=True,
    ),
    Entry(
        name="residential_address",
        page="home-address",
        kind="address",
        label=_l("Home address"),
        hint=_l("Where you live."),
        clean=values.clean_address,
        show=_show_kept_address,
        claims=(
            Claim("address", "address", _l("Address"), _address, show_address),
            Claim("residential_address", "residency", _l("Home address"), _address, show_address),
            Claim(
                "lives_in_state",
                "residency",
                _l("Whether you live in %(state)s", state=values.STATES[HOME_STATE]),
                _lives_here,
                yes_or_no,
                derived=True,
            ),
        ),
        sensitive=True,
    ),
    Entry(
        name="mailing_address",
        page="mailing-address",
        kind="address",
        label=_l("Mailing address"),
        hint=_l("Where letters reach you, if that is not your home address."),
        clean=values.clean_address,
        show=_show_kept_address,
        claims=(Claim("mailing_address", "residency", _l("Mailing address"), _address, show_address),),
        sensitive=True,
    ),
    Entry(
        name="preferred_language",
        page="language",
        kind="language",
        label=_l("Preferred language"),
        hint=_l("Agencies that you share this with can use it. Our own pages and letters use it where they can."),
        clean=values.clean_language,
        show=_show_language,
        claims=(
            Claim("locale", "profile", _l("Language"), _whole, _show_language),
            Claim("preferred_language", "contact", _l("Preferred language"), _whole, _show_language),
        ),
    ),
    Entry(
        name="gender",
        page="gender",
        kind="text",
        label=_l("Gender"),
        hint=_l("In your own words."),
        clean=values.clean_short_text,
        show=str,
        claims=(Claim("gender", "profile", _l("Gender"), _whole),),
        sensitive=True,
        autocomplete="sex",
        seldom=True,
    ),
    Entry(
        name="preferred_username",
        page="short-name",
        kind="text",
        label=_l("Short name"),
        hint=_l("What a service may call you where there is little room, such as jdoe. You do not sign in with it."),
        clean=values.clean_short_text,
        show=str,
        claims=(Claim("preferred_username", "profile", _l("Short name"), _whole),),
        seldom=True,
    ),
    Entry(
        name="website",
        page="website",
        kind="link",
        label=_l("Website"),
        hint=_l("The address of your own website, or of your organization's."),
        clean=values.clean_link,
        show=str,
        claims=(Claim("website", "profile", _l("Website"), _whole),),
        autocomplete="url",
        seldom=True,
    ),
    Entry(
        name="profile",
        page="profile-page",
        kind="link",
        label=_l("Page about you"),
        hint=_l("The address of a page on the web that tells about you."),
        clean=values.clean_link,
        show=str,
        claims=(Claim("profile", "profile", _l("Page about you"), _whole),),
        seldom=True,
    ),
    Entry(
        name="picture",
        page="picture",
        kind="link",
        label=_l("Picture of you"),
        hint=_l("The address of a picture on the web. We do not copy it."),
        clean=values.clean_link,
        show=str,
        claims=(Claim("picture", "profile", _l("Picture of you"), _whole),),
        autocomplete="photo",
        seldom=True,
    ),
    Entry(
        name="zoneinfo",
        page="time-zone",
        kind="zone",
        label=_l("Time zone"),
        hint=_l("So that a service can tell you times as they are where you are."),
        clean=values.clean_zone,
        show=show_zone,
        claims=(Claim("zoneinfo", "profile", _l("Time zone"), _whole, show_zone),),
        seldom=True,
    ),
)

ENTRIES: Mapping[str, Entry] = {entry.name: entry for entry in CATALOGUE}
PAGES: Mapping[str, Entry] = {entry.page: entry for entry in CATALOGUE}
