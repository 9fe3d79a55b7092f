"""What people type, made plain: digits of any script, spaces, dashes and invisible marks."""

from __future__ import annotations

import unicodedata

MINUS = "\N{MINUS SIGN}"


def plain(text: str) -> str:
    """``text`` without spaces, dashes and invisible marks, its decimal digits of any script as ASCII digits."""
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    left_out = character.isspace() or character == MINUS or unicodedata.category(character) in {"Pd", "Cf"}
    return "" if left_out else character
