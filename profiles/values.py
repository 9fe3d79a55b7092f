"""What values may be, and the one form in which each is kept. Pure: no clock, no database, no request.

Each ``clean_…`` takes what was typed and returns what is stored, or None for nothing at all; it raises
:class:`InvalidValue`. People know their own names and addresses, so only what cannot be true is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l

from idp.web.i18n import LOCALES, NAMES
from profiles.errors import InvalidValue

LONGEST = 200
LONGEST_SHORT = 60
LONGEST_LINK = 500
LONGEST_POSTAL_CODE = 20
OLDEST = 130

_DIRECTION_CHANGERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DATE = re.compile(r"\s*(\d{4})\s*-\s*(\d{1,2})\s*-\s*(\d{1,2})\s*")
_LINK = re.compile(
    r"https://([a-z0-9-]+\.)+[a-z][a-z0-9-]+(:\d{1,5})?([/?#][\w\-.~:/?#\[\]@!$&'()*+,;=%]*)?", re.ASCII | re.IGNORECASE
)
_ZIP = re.compile(r"(\d{5})(?:[-\s]?(\d{4}))?", re.ASCII)

NAME_PARTS = ("given", "middle", "family")
ADDRESS_PARTS = ("line1", "line2", "city", "region", "postal_code", "country")

STATES: Mapping[str, str] = {
    "AL": "Alabama", "AK": "Alaska", "AS": "American Samoa", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida",
    "GA": "Georgia", "GU": "Guam", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa",
    "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska",
    "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
    "NC": "North Carolina", "ND": "North Dakota", "MP": "Northern Mariana Islands", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "VI": "U.S. Virgin Islands", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
    "AA": "Armed Forces Americas", "AE": "Armed Forces Europe", "AP": "Armed Forces Pacific",
}  # fmt: skip
"""The two letters and the names that the Postal Service knows (Publication 28, appendix B)."""

_STATE_CODES = {name.casefold(): code for code, name in STATES.items()}

LANGUAGES: Mapping[str, str] = {code.replace("_", "-"): NAMES[code] for code in LOCALES}
"""The languages a resident may choose (BCP 47), each by its own name."""


def plain(text: Any, part: str = "", longest: int = LONGEST) -> str:
    """One line of text in Unicode form NFC, with single spaces and no control or direction-changing characters."""
    kept = "".join(letter for letter in str(text or "") if _is_writing(letter))
    line = unicodedata.normalize("NFC", " ".join(kept.split()))
    if len(line) > longest:
        raise InvalidValue(_l("Use at most %(count)s characters.", count=longest), part)
    return line


def clean_text(value: Any) -> str | None:
    """One line of text."""
    return plain(value) or None


def clean_short_text(value: Any) -> str | None:
    """A few words."""
    return plain(value, longest=LONGEST_SHORT) or None


def clean_link(value: Any) -> str | None:
    """The address of a page or picture on the web: https, a host by name, and no more than a URI may hold (RFC 3986).

    An address typed without its scheme gets it.
    """
    if not (text := plain(value, longest=LONGEST_LINK)):
        return None
    link = text if "://" in text else f"https://{text}"
    if not _LINK.fullmatch(link):
        raise InvalidValue(_l("Enter an address that begins with https, such as https://www.example.com."))
    return link


def clean_zone(value: Any) -> str | None:
    """The name of a time zone, such as ``America/New_York`` (OIDC Core section 5.1)."""
    if not (text := plain(value)):
        return None
    if text not in zones():
        raise InvalidValue(_l("Choose a time zone from the list."), "zone")
    return text


@cache
def zones() -> frozenset[str]:
    """Every time zone that this system knows."""
    return frozenset(available_timezones())


def clean_name(value: Any) -> dict[str, str] | None:
    """The parts of a legal name. Any script, and any one of given and family name is enough."""
    given = _parts(value, NAME_PARTS)
    parts = {part: plain(given.get(part), part) for part in NAME_PARTS}
    if not any(parts.values()):
        return None
    if not (parts["given"] or parts["family"]):
        raise InvalidValue(_l("Enter your given name, your family name, or both."), "given")
    return {part: text for part, text in parts.items() if text}


def clean_birthdate(value: Any, today: date) -> str | None:
    """A past day as ``YYYY-MM-DD`` (OIDC Core section 5.1)."""
    if not (text := plain(value).strip("- ")):
        return None
    if not (match := _DATE.fullmatch(text)):
        raise InvalidValue(_l("Enter the day, the month and the year in numbers. The year has four."), "year")
    year, month, day = (int(digits) for digits in match.groups())
    if not 1 <= month <= 12:
        raise InvalidValue(_l("Enter a month from 1 to 12."), "month")
    try:
        born = date(year, month, day)
    except ValueError as error:
        raise InvalidValue(_l("Check the date. There is no such day."), "day") from error
    if born > today:
        raise InvalidValue(_l("Check the year. The date must be in the past."), "year")
    if today.year - year > OLDEST:
        raise InvalidValue(_l("Check the year. The date is too long ago."), "year")
    return born.isoformat()


def clean_address(value: Any) -> dict[str, str] | None:
    """An address anywhere. ``country`` is an ISO 3166-1 code, ``US`` if left out; there ``region`` is a state code."""
    given = _parts(value, ADDRESS_PARTS)
    lengths = {"postal_code": LONGEST_POSTAL_CODE}
    parts = {part: plain(given.get(part), part, lengths.get(part, LONGEST)) for part in ADDRESS_PARTS}
    if not any(text for part, text in parts.items() if part != "country"):
        return None
    parts["country"] = parts["country"].upper() or "US"
    if not re.fullmatch(r"[A-Z]{2}", parts["country"]):
        raise InvalidValue(_l("Choose a country from the list."), "country")
    if not parts["line1"]:
        raise InvalidValue(_l("Enter the street and the number."), "line1")
    if not parts["city"]:
        raise InvalidValue(_l("Enter the town or city."), "city")
    if parts["country"] == "US":
        parts |= {"region": _state(parts["region"]), "postal_code": _zip(parts["postal_code"])}
    return {part: text for part, text in parts.items() if text}


def clean_language(value: Any) -> str | None:
    """One of :data:`LANGUAGES`."""
    if not (text := plain(value)):
        return None
    if text not in LANGUAGES:
        raise InvalidValue(_l("Choose a language from the list."), "language")
    return text


def years_between(born: str, today: date) -> int:
    """Full years from a birth date (``YYYY-MM-DD``) to ``today``."""
    then = date.fromisoformat(born)
    return today.year - then.year - ((today.month, today.day) < (then.month, then.day))


def _is_writing(letter: str) -> bool:
    return letter.isspace() or (unicodedata.category(letter) not in {"Cc", "Cs"} and letter not in _DIRECTION_CHANGERS)


def _parts(value: Any, names: tuple[str, ...]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or set(value) - set(names):
        raise InvalidValue(_l("This value cannot be kept."))
    return value


def _state(text: str) -> str:
    code = text.upper() if text.upper() in STATES else _STATE_CODES.get(text.casefold())
    if code is None:
        raise InvalidValue(_l("Enter a state, such as MA or Massachusetts."), "region")
    return code


def _zip(text: str) -> str:
    if not (match := _ZIP.fullmatch(text)):
        raise InvalidValue(_l("Enter a ZIP code of 5 or 9 digits, such as 02108."), "postal_code")
    return "-".join(digits for digits in match.groups() if digits)
