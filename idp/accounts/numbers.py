"""Telephone numbers. The only file that knows the phonenumbers library, which is loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from types import ModuleType
from typing import Any

from flask_babel import lazy_gettext as _l

from idp.accounts.errors import InvalidNumber
from idp.kernel.crypto import blind_index

HOME_COUNTRY = "US"
LONGEST = 64
BLOCK = 4
"""How many last digits tell apart the numbers of one block, which carriers are given as a whole."""

_EXTENSION = ";ext="


def e164(text: str, country: str = HOME_COUNTRY) -> str:
    """Any way of writing a number, as E.164, with ``;ext=`` after it where there is one (OIDC Core section 5.1).

    ``country`` (ISO 3166-1) is where a number without a country code belongs. Raises :class:`InvalidNumber`.
    """
    library = _library()
    try:
        number = library.parse(text, country)
    except library.NumberParseException as error:
        raise InvalidNumber(_l("Enter a phone number, such as 617 555 0123.")) from error
    if not library.is_possible_number(number):
        raise InvalidNumber(_l("Check the phone number. It has too few or too many digits."))
    written = library.format_number(number, library.PhoneNumberFormat.E164)
    return f"{written}{_EXTENSION}{number.extension}" if number.extension else str(written)


def for_codes(text: str, country: str, allowed: Collection[str]) -> str:
    """A number that codes may be sent to, as E.164: a person's own, in one of the countries ``allowed``.

    Numbers whose calls cost extra, and those of firms, are none. Raises :class:`InvalidNumber`.
    """
    written = e164(text[:LONGEST], country)
    if _EXTENSION in written:
        raise InvalidNumber(_l("We cannot reach an extension. Enter a number that rings directly."))
    if not _library().is_valid_number(_parsed(written)):
        raise InvalidNumber(_l("There is no such phone number. Check the digits."))
    if region(written) not in allowed:
        raise InvalidNumber(_l("We cannot send codes to this country. Use another number or another way."))
    if not _of_a_person(written):
        raise InvalidNumber(_l("We cannot send codes to this kind of number. Use another number or another way."))
    return written


def lookup(number: str) -> bytes:
    """The blind index under which a number (E.164) is found."""
    return blind_index("phone", number)


def block(number: str) -> str:
    """The ten thousand numbers that this one (E.164) was given out with: all its digits but the last four."""
    return number[:-BLOCK]


def region(number: str) -> str:
    """The country of a number (ISO 3166-1); empty for numbers of none."""
    return _library().region_code_for_number(_parsed(number)) or ""


def show(value: str) -> str:
    """A stored number with spaces, as people write it across borders."""
    library = _library()
    return str(library.format_number(_parsed(value), library.PhoneNumberFormat.INTERNATIONAL))


def as_typed_at_home(value: str) -> tuple[str, str]:
    """The country of a stored number (ISO 3166-1) and the number as people there write it."""
    library, country = _library(), region(value)
    if not country:
        return HOME_COUNTRY, show(value)
    return country, str(library.format_number(_parsed(value), library.PhoneNumberFormat.NATIONAL))


def countries() -> tuple[tuple[str, int], ...]:
    """Every country that has numbers (ISO 3166-1), with its calling code."""
    library = _library()
    return tuple((code, library.country_code_for_region(code)) for code in sorted(library.SUPPORTED_REGIONS))


def _of_a_person(number: str) -> bool:
    kinds = _library().PhoneNumberType
    personal = {kinds.MOBILE, kinds.FIXED_LINE, kinds.FIXED_LINE_OR_MOBILE, kinds.VOIP}
    return _library().number_type(_parsed(number)) in personal


def _parsed(value: str) -> Any:
    return _library().parse(value, None)


def _library() -> ModuleType:
    return import_module("phonenumbers")
