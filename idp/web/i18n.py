"""Languages: which there are, which one this reader gets, and how dates look in it. The only door to Flask-Babel.

A reader's language is, in this order: the one they picked in this browser session (``?lang=``), what the asking app
wants (``g.asked_locales``, set by the room that loads a parked request), the resident's own (``g.account_locale``, set
when a session is loaded), the cookie of an earlier visit, Accept-Language, English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel import Locale, dates
from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, get_locale, refresh
from werkzeug.wrappers import Response

from idp.kernel.clock import YEAR
from idp.kernel.settings import settings
from idp.web.words import Catalogues

LOCALES = ("en", "es", "pt_BR", "zh_Hans", "zh_Hant", "ht", "vi", "ru", "km", "ar")
RELEASED = ("en", "es", "ar")
"""Languages whose catalogues are complete; only these are offered."""

NAMES = {
    "en": "English",
    "es": "Español",
    "pt_BR": "Português (Brasil)",
    "zh_Hans": "简体中文",
    "zh_Hant": "繁體中文",
    "ht": "Kreyòl ayisyen",
    "vi": "Tiếng Việt",
    "ru": "Русский",
    "km": "ខ្មែរ",
    "ar": "العربية",
}
KIN = {"pt": "pt_BR", "zh": "zh_Hans", "zh-tw": "zh_Hant", "zh-hk": "zh_Hant", "zh-mo": "zh_Hant"}
"""Tags that browsers send for languages we name otherwise."""

COOKIE = "beacon-language"
MOST_TAGS = 20

_KNOWN = {code.replace("_", "-").lower(): code for code in RELEASED} | {
    tag: code for tag, code in KIN.items() if code in RELEASED
}


def start(app: Flask) -> None:
    """Set up translation for ``app``."""
    babel = Babel()
    babel.init_app(app, default_locale="en", locale_selector=_choose)
    babel.domain_instance = Catalogues()
    app.after_request(_remember)
    app.jinja_env.filters.update(when=when, day=day)
    app.jinja_env.globals.update(html_lang=html_lang, text_direction=text_direction, date_order=date_order)


def locale() -> str:
    """The language of this page or letter, as one of ``RELEASED``."""
    return str(get_locale() or "en")


def choose_again() -> None:
    """Look at the reader's language anew, now that more is known about them."""
    refresh()


def match(tag: str) -> str | None:
    """The released language that serves a language tag best (RFC 4647 section 3.4, lookup), or None."""
    parts = tag.strip().replace("_", "-").lower().split("-")
    while parts:
        if code := _KNOWN.get("-".join(parts)):
            return code
        parts.pop()
    return None


def html_lang(code: str | None = None) -> str:
    """A language as a tag for HTML (BCP 47)."""
    return (code or locale()).replace("_", "-")


def text_direction(code: str | None = None) -> str:
    """``ltr`` or ``rtl``."""
    return Locale.parse(code or locale()).text_direction


def date_order() -> tuple[str, ...]:
    """``day``, ``month`` and ``year`` in the order in which the reader's language writes them."""
    names = {"d": "day", "M": "month", "y": "year"}
    pattern = Locale.parse("en_US" if locale() == "en" else locale()).date_formats["short"].pattern
    return tuple(dict.fromkeys(names[letter] for letter in re.findall("[dMy]", pattern)))


def when(epoch: int) -> str:
    """A moment (epoch seconds) as local date and time."""
    zone, reader = ZoneInfo(settings().timezone), get_locale()
    moment = datetime.fromtimestamp(epoch, zone)
    time = dates.format_time(moment, "short", tzinfo=zone, locale=reader)
    return str(dates.get_datetime_format("long", locale=reader)).format(time, dates.format_date(moment, "long", reader))


def day(moment: int | date) -> str:
    """A moment (epoch seconds) as local date; a date as it is."""
    if isinstance(moment, int):
        moment = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(settings().timezone)).date()
    return dates.format_date(moment, "long", locale=get_locale())


def _choose() -> str:
    return next((code for code in _wishes() if code), "en") if has_request_context() else "en"


def _wishes() -> Iterator[str | None]:
    yield _asked()
    yield match(session.get("language", ""))
    yield from map(match, g.get("asked_locales", "").split()[:MOST_TAGS])
    yield match(g.get("account_locale", ""))
    yield match(request.cookies.get(COOKIE, ""))
    yield from (match(tag) for tag, quality in request.accept_languages[:MOST_TAGS] if quality > 0)


def _asked() -> str | None:
    return match(request.args.get("lang", ""))


def _remember(response: Response) -> Response:
    if code := _asked():
        session["language"] = code
        response.set_cookie(COOKIE, code, max_age=YEAR, secure=settings().secure, httponly=True, samesite="Lax")
    return response
