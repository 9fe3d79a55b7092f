"""What was typed into a form whose answer is another page first: kept in that page, to be sent again from there.

Passwords are never written back, so they are asked for again (WCAG 2.2, 3.3.7 excepts them).
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

LARGEST = 32 * 1024
MOST = 200
"""How much is kept, in characters and in fields. No form of ours is as large; what is larger is nobody's typing."""

CODE = "code"
PASSWORD = "password"
TOKEN = "csrf_token"


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of the form at hand, in their order: what goes along unseen, and what is asked for once more."""

    others: tuple[tuple[str, str], ...]
    codes: tuple[tuple[str, str], ...]
    passwords: tuple[str, ...]


def typed(*without: str, codes: bool = False) -> Typed | None:
    """What this request's form holds, but its token and the fields named ``without``; None where there is no form, or
    more than a form of ours holds. The text of codes is kept only with ``codes``. Macro ``kept`` shows all of it."""
    if request.method != "POST":
        return None
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in (TOKEN, *without)]
    if len(fields) > MOST or sum(len(name) + len(text) for name, text in fields) > LARGEST:
        return None
    return Typed(
        others=tuple((name, text) for name, text in fields if name != CODE and not name.endswith(PASSWORD)),
        codes=tuple((name, text if codes else "") for name, text in fields if name == CODE),
        passwords=tuple(name for name, _text in fields if name.endswith(PASSWORD)),
    )
