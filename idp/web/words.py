"""The words of each language, from ``translations/<locale>/LC_MESSAGES/messages.po``."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask_babel import Domain, get_locale

FOLDER = Path(__file__).parent / "translations"


class Catalogues(Domain):  # type: ignore[misc]
    """Translations from our one folder. A ``.mo`` that is missing or older than its ``.po`` is compiled in memory."""

    def get_translations(self) -> Translations:
        """The words of the present language. English is in the source."""
        code = str(get_locale() or "en")
        if code not in self.cache:
            self.cache[code] = load(code)
        return self.cache[code]  # type: ignore[no-any-return]


def po_file(code: str) -> Path:
    """Where the words of a language are kept."""
    return FOLDER / code / "LC_MESSAGES" / "messages.po"


def load(code: str) -> Translations:
    """The translations of one language; none where it has no catalogue."""
    po = po_file(code)
    mo = po.with_suffix(".mo")
    if mo.exists() and (not po.exists() or mo.stat().st_mtime >= po.stat().st_mtime):
        return Translations(io.BytesIO(mo.read_bytes()))
    return Translations(io.BytesIO(compiled(po))) if po.exists() else Translations()


def compiled(po: Path) -> bytes:
    """A ``.po`` file as the bytes of its ``.mo``, without doubtful (fuzzy) words."""
    out = io.BytesIO()
    with po.open("rb") as file:
        write_mo(out, read_po(file, locale=po.parts[-3]))
    return out.getvalue()
