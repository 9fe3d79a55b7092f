"""The web server: Granian around the app, with TLS when given a certificate, and a graceful stop."""

from __future__ import annotations

import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from idp.kernel.errors import Misconfigured
from idp.web import metrics

THREADS = 4
BACKLOG = 1024
STOP_SECONDS = 10
METRICS = "PROMETHEUS_MULTIPROC_DIR"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}},
}
"""Granian's own lines go the way of all others."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate chain and its key, as paths to PEM files."""

    certificate: str
    key: str


def demand_address(host: str, port: int) -> None:
    """Raise :class:`Misconfigured` when nobody can listen there, or somebody does.

    Granian shares its port with whoever else shares it, so a second server would take half of the first's calls.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # calls that just ended do not hold the port
            probe.bind(address)
    except OSError as error:
        raise Misconfigured(f"Port {port} of {host} cannot be used: {error.strerror}. Set --host, --port.") from error


def serve_forever(host: str, port: int, workers: int, tls: Tls | None) -> None:
    """Serve until a signal comes; requests under way are finished first."""
    server = Granian(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=15_000),
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
        ssl_cert=Path(tls.certificate) if tls else None,
        ssl_key=Path(tls.key) if tls else None,
        websockets=False,
        log_dictconfig=LOGGING,
        log_access=False,
    )
    with tempfile.TemporaryDirectory(prefix="beacon-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[METRICS] = folder
        metrics.share()
        server.serve()
