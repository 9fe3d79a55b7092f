"""Which passwords are refused, and why. Pure rules; what they compare is the whole password, never a part of it.

A plain list of common passwords holds next to nothing of the lengths that are demanded, so comparison is in a normal
form: lower case, digits undone that stand for letters, trailing digits and marks gone, repeats folded.
Sources: NIST SP 800-63B-4 section 3.1.1.2; ASVS 5.0 section 6.2.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from unicodedata import normalize

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext

from idp.accounts.errors import WeakPassword

LONGEST = 1024
"""Code points. Bounds what one check may cost; far above the 64 that must be accepted."""

SHORTEST_WORD = 3
"""Context words below this length say nothing about a person."""

SHORTEST_UNIT = 4
"""A shorter piece, said over and over, is refused."""

MOSTLY = 0.75
"""From this share of steps to a neighbouring key or letter on, a password counts as a run."""

SWAPS = str.maketrans("012345789@$!|+i", "olzeastbgaslltl")
SEQUENCES = (
    *("1234567890", "qwertyuiop", "asdfghjkl;", "zxcvbnm,./"),
    *("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/"),
    "abcdefghijklmnopqrstuvwxyz",
)
STEPS = frozenset(step for row in SEQUENCES for step in [*pairwise(row), *pairwise(row[::-1])])
LIST = Path(__file__).with_name("data") / "common_passwords.txt.gz"


def demand(password: str, *, minimum: int, context: tuple[str, ...]) -> None:
    """Raise :class:`WeakPassword` with the first reason why ``password``, in form NFC, is refused.

    Characters are counted as code points. ``context`` holds texts that belong to the person and the service.
    """
    if len(password) < minimum:
        raise WeakPassword(
            lazy_ngettext("Use at least %(num)s character.", "Use at least %(num)s characters.", minimum),
            detail="short",
        )
    if len(password) > LONGEST:
        raise WeakPassword(
            lazy_ngettext("Use no more than %(num)s character.", "Use no more than %(num)s characters.", LONGEST),
            detail="long",
        )
    if repeats(password):
        raise WeakPassword(_l("This password repeats the same few characters. Choose another one."), detail="repeat")
    if runs(password):
        raise WeakPassword(
            _l("This password follows the order of the keyboard or the alphabet. Choose another one."), detail="run"
        )
    if belongs_to(password, context):
        raise WeakPassword(
            _l(
                "This password is made of your name, your email address or the name of this service. "
                "Choose another one."
            ),
            detail="context",
        )
    if common(password):
        raise WeakPassword(
            _l(
                "This password is on lists of common passwords that attackers try first. "
                "Choose another one, such as a few words that do not belong together."
            ),
            detail="common",
        )


def repeats(password: str) -> bool:
    """Whether it is one character, or a piece of up to three, again and again."""
    return 0 < len(_unit(password.casefold())) < min(SHORTEST_UNIT, len(password))


def runs(password: str) -> bool:
    """Whether most steps from one character to the next go to a neighbour on the keyboard or in the alphabet."""
    steps = list(pairwise(password.casefold()))
    near = sum(1 for step in steps if step in STEPS or step[0] == step[1])
    return bool(steps) and near / len(steps) >= MOSTLY


def belongs_to(password: str, context: tuple[str, ...]) -> bool:
    """Whether nothing but words of ``context`` remains of it in normal form."""
    words = {form for text in context for word in _words(text) for form in forms(word) if len(form) >= SHORTEST_WORD}
    return any(_made_of(words, form) for form in forms(password))


def common(password: str) -> bool:
    """Whether it is, in normal form, on the list of common passwords and words."""
    return not forms(password).isdisjoint(common_forms())


def forms(text: str) -> frozenset[str]:
    """The normal forms of a password: with its trailing digits and marks dropped, and with them read as letters."""
    return frozenset({normal_form(text), _fold(normalize("NFC", text.casefold()))})


def normal_form(text: str) -> str:
    """Lower case, without trailing digits and marks, digits undone that stand for letters, repeats folded."""
    lowered = normalize("NFC", text.casefold())
    return _fold(re.sub(r"[\W\d_]+$", "", lowered)) or lowered


@cache
def common_forms() -> frozenset[str]:
    """The shipped list, in normal form; read when the first password is set in this process."""
    return frozenset(gzip.decompress(LIST.read_bytes()).decode().split())


def _fold(lowered: str) -> str:
    letters = re.sub(r"[\W_]", "", lowered.translate(SWAPS))
    return _unit("".join(character for character, _ in groupby(letters)))


def _unit(text: str) -> str:
    """The shortest piece which, said twice or more, gives ``text``; ``text`` itself when there is none."""
    for size in range(1, len(text) // 2 + 1):
        if text[size:] == text[:-size]:
            return text[:size]
    return text


def _words(text: str) -> set[str]:
    return {text, *text.split("@"), *re.split(r"[\W_]+", text)}


def _made_of(words: set[str], text: str) -> bool:
    reached = {0}
    for end in range(1, len(text) + 1):
        if any(end - len(word) in reached and text.startswith(word, end - len(word)) for word in words):
            reached.add(end)
    return bool(text) and len(text) in reached
