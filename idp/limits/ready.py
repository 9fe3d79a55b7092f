"""Statements that an attacker makes us execute often: made once for each kind of database, executed with parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idp.kernel.db import db

_made: dict[tuple[str, Callable[[], Any]], Any] = {}


def ready(make: Callable[[], Any]) -> Any:
    """What ``make`` makes for the database at hand."""
    name = db.engine.dialect.name
    if (name, make) not in _made:
        _made[name, make] = make()
    return _made[name, make]
