"""Notes worth taking only once in a while: each process remembers which it took in the present span of time."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from flask import current_app
from sqlalchemy import Executable
from sqlalchemy.exc import SQLAlchemyError

from idp.kernel import clock
from idp.kernel.db import transaction
from idp.kernel.logs import log


def note(kind: str, which: Hashable, write: Callable[[], Executable], *, every: int) -> None:
    """Execute what ``write`` makes, unless this process noted ``which`` already in this span of ``every`` seconds.

    Whoever is served meanwhile has nothing to do with it: a note that fails is lost, and the request goes on.
    """
    if not _first(kind, which, every):
        return
    try:
        with transaction() as connection:
            connection.execute(write())
    except SQLAlchemyError as error:
        log().warning("note lost", kind=kind, error=type(error).__name__)


def _first(kind: str, which: Hashable, every: int) -> bool:
    taken: dict[str, tuple[int, set[Hashable]]] = current_app.extensions.setdefault("beacon.notes", {})
    present = clock.now() // every
    span, noted = taken.get(kind, (present, set()))
    if span != present:
        noted = set()
    taken[kind] = (present, noted)
    if which in noted:
        return False
    noted.add(which)
    return True
