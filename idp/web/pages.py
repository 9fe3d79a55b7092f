"""Showing a page. Every page goes through here, so all of them know the reader, the app and their own errors alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response
from wtforms.form import BaseForm

from idp.kernel.contracts import MenuItem
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.web import i18n
from idp.web.assets import asset_url, logo_name
from idp.web.i18n import html_lang, text_direction

THEME_COOKIE = "beacon-theme"
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Language:
    """One entry of the language switcher."""

    name: str
    tag: str
    direction: str
    href: str
    current: bool


def start(app: Flask) -> None:
    """Give templates what the layout needs."""
    app.jinja_env.globals.update(
        site=settings_of(app),
        agency=agency,
        asset=asset_url,
        logo_name=logo_name,
        languages=languages,
        menu=menu,
        theme=theme,
    )


def settings_of(app: Flask) -> Any:
    """The settings, before there is an app context."""
    return app.extensions["beacon.settings"]


def render(template: str, status: int = 200, **words: Any) -> Response:
    """A page. ``asking`` in ``words`` is the app in whose name it is shown; else ``g.asking`` is.

    The rooms that load a parked request or an attempt set ``g.asking``, so that an error page names the app, too.
    """
    i18n.choose_again()
    words.setdefault("asking", g.get("asking"))
    words.setdefault("signed_in", "account_locale" in g)
    wrong = any(isinstance(form, BaseForm) and form.errors for form in words.values())
    return make_response(render_template(template, has_errors=wrong, **words), status)


def show_error(
    code: str, title: object, sentence: object, status: int, *, back: str | None = None, back_label: object = ""
) -> Response:
    """The error page. ``code`` is stable and safe to read out on the telephone; ``back`` is a way on."""
    return render(
        "web/error.html",
        status,
        error_code=code,
        title=title,
        sentence=sentence,
        request_id=g.get("request_id", ""),
        back=back,
        back_label=back_label,
    )


def menu() -> tuple[MenuItem, ...]:
    """The resident's own menu."""
    return registry().menu


def agency() -> str:
    """Whose official service this is, in words that fit into a sentence."""
    named: str = settings().agency_name or gettext("this state")
    return named


def theme() -> str | None:
    """The colours this browser asked for, over what its device prefers."""
    chosen = request.cookies.get(THEME_COOKIE)
    return chosen if chosen in THEMES else None


def languages() -> list[Language]:
    """The language switcher: this page in every released language."""
    here = i18n.locale()
    return [
        Language(i18n.NAMES[code], html_lang(code), text_direction(code), _this_page_in(code), code == here)
        for code in i18n.RELEASED
    ]


def _this_page_in(code: str) -> str:
    """This page's address with another language; the home page where this one cannot be looked at again."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    readable = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
    path = request.path if readable else url_for("web.home")
    return f"{path}?{urlencode([*(asked if readable else ()), ('lang', html_lang(code))])}"
