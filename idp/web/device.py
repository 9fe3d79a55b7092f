"""Which browser this is, as coarsely as its resident would say it: ``Firefox on Android``.

Only names of a short list are kept, so nothing that a stranger put into a header reaches a letter or a page.
"""

from __future__ import annotations

import ua_parser
from flask import Flask, request
from flask_babel import gettext as _

LONGEST = 400
"""Characters of the header that are looked at. Honest ones are shorter."""

ON = " on "

BROWSERS = {
    "Chrome": "Chrome",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "Chromium": "Chrome",
    "DuckDuckGo": "DuckDuckGo",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Edge": "Edge",
    "Edge Mobile": "Edge",
    "Firefox": "Firefox",
    "Firefox Focus": "Firefox",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "HeadlessChrome": "Chrome",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Opera": "Opera",
    "Opera Mobile": "Opera",
    "Opera Touch": "Opera",
    "Safari": "Safari",
    "Samsung Internet": "Samsung Internet",
    "Vivaldi": "Vivaldi",
}
SYSTEMS = {
    "Android": "Android",
    "Chrome OS": "ChromeOS",
    "Fedora": "Linux",
    "Linux": "Linux",
    "Mac OS X": "macOS",
    "Ubuntu": "Linux",
    "Windows": "Windows",
    "iOS": "iOS",
}


def start(app: Flask) -> None:
    """Let templates say ``{{ row.device | device }}``."""
    app.jinja_env.filters["device"] = in_words


def device() -> str:
    """The family of this request's browser and its system, neutral of language; empty where it is none we know.

    The patterns of the library are read when the first browser is looked at, not when the server starts.
    """
    header = request.user_agent.string[:LONGEST]
    if not header:
        return ""
    agent, system = ua_parser.parse_user_agent(header), ua_parser.parse_os(header)
    return _named(agent.family if agent else "", system.family if system else "")


def in_words(kept: str | None) -> str:
    """What :func:`device` returned, in the reader's language."""
    browser, _on, system = (kept or "").partition(ON)
    if not browser:
        return str(_("Unknown browser"))
    return str(_("%(browser)s on %(system)s", browser=browser, system=system)) if system else browser


def _named(agent: str, system: str) -> str:
    names = (BROWSERS.get(agent), SYSTEMS.get(system))
    return ON.join(name for name in names if name) if names[0] else ""
