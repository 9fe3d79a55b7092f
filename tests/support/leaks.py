"""Marked values of the tests' residents, and the check that none reaches a place where it does not belong."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import select

from idp.audit.models import EventRow
from idp.kernel.db import execute
from tests.support.letters import queued

SHORTEST = 6
"""Shorter values turn up by chance."""


class Marked:
    """The private values of everybody whom a test has made, and what was seen in the logs meanwhile."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.lines: list[str] = []
        self.error_pages: list[str] = []

    def add(self, *values: str) -> None:
        """Remember private values."""
        self.values |= {value for value in values if len(value) >= SHORTEST}

    def found_in(self, text: str) -> list[str]:
        """Which marked values ``text`` holds."""
        return [value for value in self.values if value in text]

    def check(self) -> None:
        """Fail when a marked value stands in a log line, an event, an error page or a letter that should not hold it.

        Only the receiver's own address may stand in a letter. Needs an app context.
        """
        for kind, texts in (("log line", self.lines), ("event", self._events()), ("error page", self.error_pages)):
            for text in texts:
                assert not self.found_in(text), f"private values {self.found_in(text)} in a {kind}: {text[:500]}"
        for letter in queued():
            strange = [value for value in self.found_in(f"{letter.text}\n{letter.html}") if value != letter.to]
            assert not strange, f"{strange} in a letter to {letter.to}: {letter.text}"
            assert not self.found_in(letter.subject), f"private values in a subject: {letter.subject}"

    @contextmanager
    def watching_logs(self) -> Iterator[None]:
        """Read along with structlog and the standard library's logging."""
        processors = structlog.get_config()["processors"]
        handler = _Reader(self.lines)
        structlog.configure(processors=[*processors[:-1], self._read, processors[-1]])
        logging.getLogger().addHandler(handler)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(handler)
            structlog.configure(processors=processors)

    def _read(self, _logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        self.lines.append(str(dict(line)))
        return line

    @staticmethod
    def _events() -> list[str]:
        return [str(tuple(row)) for row in execute(select(EventRow.actor, EventRow.reason, EventRow.facts))]


class _Reader(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
