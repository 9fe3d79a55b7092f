"""Finds English sentences of ours that were left on a page in another language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from idp.web import catalogue

PLACEHOLDER = re.compile(r"%\(\w+\)s")
WHOLE_WORDS = 3


@cache
def english(language: str) -> tuple[re.Pattern[str], ...]:
    """Our sentences, but for those that read the same in ``language``, as patterns for a piece of a page's text."""
    translated = catalogue.read(language)
    patterns = []
    for message in catalogue.extract():
        ids = (message.id if isinstance(message.id, (tuple, list)) else (message.id,)) if message.id else ()
        found = translated.get(ids[0]) if ids else None
        said = (found.string if isinstance(found.string, (tuple, list)) else (found.string,)) if found else ()
        patterns += [_pattern(sentence) for sentence in ids if sentence not in said]
    return tuple(patterns)


def left_on(language: str, texts: Iterable[str]) -> list[str]:
    """Which of these pieces of text hold one of our English sentences."""
    pieces = {" ".join(text.split()) for text in texts}
    return sorted(piece for piece in pieces if any(pattern.search(piece) for pattern in english(language)))


def _pattern(sentence: str) -> re.Pattern[str]:
    """A sentence of a few words is found anywhere in a text; a word or two only where they are the whole of it."""
    fixed = PLACEHOLDER.split(" ".join(sentence.replace("%%", "%").split()))
    body = ".+".join(re.escape(part) for part in fixed)
    words = sum(len(part.split()) for part in fixed)
    return re.compile(body if words >= WHOLE_WORDS else rf"\A{body}\Z")
