"""Watching which statements the app sends to its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

HOUSEKEEPING = ("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SHOW")
WRITES = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def recorded(engine: Engine) -> Iterator[list[str]]:
    """The statements of the block in order, in one line each, without the database's own housekeeping."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        line = " ".join(statement.split())
        if not line.upper().startswith(HOUSEKEEPING):
            statements.append(line)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def writes(statements: list[str]) -> list[str]:
    """Those statements that change something."""
    return [statement for statement in statements if statement.upper().startswith(WRITES)]
