"""Structured logs: JSON lines, a request id, and only fields that are allowed by name."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    "event level timestamp logger request_id method route status duration_ms error code detail exception kind "
    "account client attempts wait count position job operator version".split()
)
"""Fields a log line may carry. A field that is not listed is dropped, so a forgotten personal value cannot leak."""

CHATTY = ("authlib", "alembic", "sqlalchemy.engine", "werkzeug", "httpx")
INDISCREET = ("apprise", "urllib3", "requests")
"""Libraries that log whom a text goes to, or the address of a gateway."""


def start(*, development: bool) -> None:
    """Set up logging for the process, libraries included. Those that log tokens or statements are held above DEBUG."""
    renderer: Any = structlog.dev.ConsoleRenderer(colors=False) if development else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last = [only_allowed, renderer]
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    from_libraries = logging.StreamHandler(sys.stderr)
    from_libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared], processors=last
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[from_libraries])
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in INDISCREET:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def only_allowed(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not allowed by name."""
    return {name: value for name, value in line.items() if name in ALLOWED}


def log() -> Any:
    """The logger. Say what happened in a few fixed words; put ids in allowed fields."""
    return structlog.get_logger()
