"""Letters, written from three templates in the receiver's own language."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from babel import Locale
from flask import current_app
from flask_babel import force_locale

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """What a letter says. The subject is one line, whatever was put into it."""

    subject: str
    text: str
    html: str


def write(message: str, locale: str, words: Mapping[str, Any]) -> Words:
    """Render ``room/name`` from ``room/mail/name/subject.txt``, ``body.txt`` and ``body.html``.

    ``locale`` is a code such as ``es`` or ``pt_BR``, empty where none was chosen. Templates see ``words`` and the
    app's template globals, and nothing of the request: a letter reads the same whoever caused it.
    """
    room, _, name = message.partition("/")
    with speaking(locale):
        subject, text, html = (
            current_app.jinja_env.get_template(f"{room}/mail/{name}/{part}").render(words)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    return Words(_one_line(subject), text.strip() + "\n", html.strip() + "\n")


def speaking(locale: str) -> AbstractContextManager[None]:
    """Write in this language: a code such as ``es`` or ``pt_BR``, empty where none was chosen."""
    return force_locale(Locale.parse(locale.replace("-", "_") or FALLBACK))  # type: ignore[no-any-return]


def subject(message: str, locale: str) -> str:
    """What the letter ``message`` is about, in a word: its subject with nothing of what it told put in."""
    room, _, name = message.partition("/")
    with speaking(locale):
        return _one_line(current_app.jinja_env.get_template(f"{room}/mail/{name}/subject.txt").render())


def _one_line(text: str) -> str:
    return "".join(mark for mark in " ".join(text.split()) if mark.isprintable())
