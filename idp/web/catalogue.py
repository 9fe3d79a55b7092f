"""The catalogue's upkeep: sentences are found in the source and kept as one ``.po`` file a language.

``python -m idp.web.catalogue`` brings every released language up to date with the source; ``… vi ht`` those named.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from idp.web.i18n import RELEASED
from idp.web.words import po_file

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("idp", "profiles", "consent", "mfa")
TRANSLATED = tuple(code for code in RELEASED if code != "en")
SINGLE = ("_", "_l", "gettext", "lazy_gettext")
PLURAL = ("ngettext", "lazy_ngettext")
KEYWORDS: dict[str, Any] = dict.fromkeys(SINGLE) | dict.fromkeys(PLURAL, (1, 2))


def read(code: str) -> Catalog:
    """The catalogue of one language as it stands in its file; empty where there is none."""
    if not po_file(code).exists():
        return Catalog(locale=code, project="Beacon", charset="utf-8")
    with po_file(code).open("rb") as file:
        return read_po(file, locale=code)


def extract() -> Catalog:
    """Every sentence in the source, with the files where it stands."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    template = Catalog(project="Beacon", charset="utf-8")
    for package in PACKAGES:
        for path, line, words, comments, context in extract_from_dir(
            ROOT / package, methods, options, keywords=KEYWORDS, comment_tags=("NOTE:",), strip_comment_tags=True
        ):
            template.add(words, locations=[(f"{package}/{path}", line)], auto_comments=comments, context=context)
    return template


def update(code: str, template: Catalog) -> None:
    """Bring one language's file up to date: new sentences come in empty, unused ones go."""
    catalogue = read(code)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy, catalogue.header_comment = False, f"# Beacon's sentences: {code}"
    po_file(code).parent.mkdir(parents=True, exist_ok=True)
    with po_file(code).open("wb") as file:
        write_po(file, catalogue, width=120, sort_output=True, omit_header=False, include_lineno=False)


def gaps(code: str, template: Catalog) -> Iterator[str]:
    """What keeps a language from being released: each missing, doubtful or broken sentence, as a line to read."""
    catalogue = read(code)
    for sentence in template:
        if sentence.id:
            found = catalogue.get(sentence.id, sentence.context)
            yield from (f"{code}: {problem}: {sentence.id!r}" for problem in _problems(found, catalogue))


def _problems(message: Message | None, catalogue: Catalog) -> Iterator[str]:
    forms = message.string if message and isinstance(message.string, (tuple, list)) else (message and message.string,)
    if message is None or not all(forms) or (message.pluralizable and len(forms) != catalogue.num_plurals):
        yield "missing"
    elif message.fuzzy:
        yield "fuzzy"
    else:
        yield from (str(error) for error in message.check(catalogue))


if __name__ == "__main__":
    sentences = extract()
    for language in sys.argv[1:] or TRANSLATED:
        update(language, sentences)
