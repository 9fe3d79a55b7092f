"""Telephone numbers. The only file that knows the phonenumbers library, which is loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from flask_babel import lazy_gettext as _l

from profiles.errors import InvalidValue
from profiles.values import plain

HOME_COUNTRY = "US"
_EXTENSION = ";ext="


def clean(value: Any) -> str | None:
    """Any way of writing a number, as E.164, with ``;ext=`` after it where there is one (OIDC Core section 5.1).

    ``value`` is the text, or a mapping of ``number`` and ``country`` (ISO 3166-1), where a number without a country
    code belongs. None when there is no text. Raises :class:`InvalidValue`.
    """
    typed = value if isinstance(value, Mapping) else {"number": value}
    text, country = plain(typed.get("number"), "number"), plain(typed.get("country"), "country") or HOME_COUNTRY
    return _e164(text, country) if text else None


def show(value: str) -> str:
    """A stored number with spaces, as people write it across borders."""
    library = _library()
    return str(library.format_number(_parsed(value), library.PhoneNumberFormat.INTERNATIONAL))


def as_typed_at_home(value: str) -> tuple[str, str]:
    """The country of a stored number (ISO 3166-1) and the number as people there write it."""
    library, number = _library(), _parsed(value)
    country = library.region_code_for_number(number)
    if country is None:
        return HOME_COUNTRY, show(value)
    return country, str(library.format_number(number, library.PhoneNumberFormat.NATIONAL))


def countries() -> tuple[tuple[str, int], ...]:
    """Every country that has numbers (ISO 3166-1), with its calling code."""
    library = _library()
    return tuple((code, library.country_code_for_region(code)) for code in sorted(library.SUPPORTED_REGIONS))


def _e164(text: str, country: str) -> str:
    library = _library()
    try:
        number = library.parse(text, country)
    except library.NumberParseException as error:
        raise InvalidValue(_l("Enter a phone number, such as 617 555 0123."), "number") from error
    if not library.is_possible_number(number):
        raise InvalidValue(_l("Check the phone number. It has too few or too many digits."), "number")
    written = library.format_number(number, library.PhoneNumberFormat.E164)
    return f"{written}{_EXTENSION}{number.extension}" if number.extension else str(written)


def _parsed(value: str) -> Any:
    return _library().parse(value, None)


def _library() -> ModuleType:
    return import_module("phonenumbers")
