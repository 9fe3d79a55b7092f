"""Where a browser may be sent: within our own pages, and on to an app's registered address."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

LONGEST = 2000


def own_path(text: str | None) -> str | None:
    """``text`` when it is a path of ours, without its fragment; None when it could lead anywhere else.

    Browsers drop control characters and take ``\\`` for ``/`` (WHATWG URL section 4.4), so neither is let through.
    """
    if not text or len(text) > LONGEST or not text.startswith("/") or text.startswith("//") or "\\" in text:
        return None
    if not text.isascii() or any(character <= " " or character == "\x7f" for character in text):
        return None
    path = text.partition("#")[0]
    return None if urlsplit(path).netloc else path


def extended(target: str, fields: dict[str, str]) -> str:
    """A registered address with ``fields`` added to its query, and not a byte of it changed."""
    return f"{target}{'&' if '?' in target else '?'}{urlencode(fields)}" if fields else target
