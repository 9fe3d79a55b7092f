"""What this process wrote down a moment ago, so that a flood does not make it write the same again and again."""

from __future__ import annotations

from flask import current_app

REMEMBERED = 1000


def first(what: str) -> bool:
    """Whether this process has not noted ``what`` lately. It remembers little, so the same may be first again."""
    lately: set[str] = current_app.extensions.setdefault("beacon.limits_lately", set())
    if what in lately:
        return False
    if len(lately) >= REMEMBERED:
        lately.clear()
    lately.add(what)
    return True
