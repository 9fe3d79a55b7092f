"""The phone number of a profile: what residents type, and the form in which it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.accounts import numbers
from idp.accounts.errors import InvalidNumber
from profiles.errors import InvalidValue
from profiles.values import plain


def clean(value: Any) -> str | None:
    """Any way of writing a number, as :func:`idp.accounts.numbers.e164` keeps it.

    ``value`` is the text, or a mapping of ``number`` and ``country`` (ISO 3166-1), where a number without a country
    code belongs. None when there is no text. Raises :class:`InvalidValue`.
    """
    typed = value if isinstance(value, Mapping) else {"number": value}
    text, country = plain(typed.get("number"), "number"), plain(typed.get("country"), "country")
    if not text:
        return None
    try:
        return numbers.e164(text, country or numbers.HOME_COUNTRY)
    except InvalidNumber as error:
        raise InvalidValue(error.sentence, "number") from error
