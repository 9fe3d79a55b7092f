"""The web server: Granian around the app, with TLS when given a certificate, and a graceful stop."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

THREADS = 4
BACKLOG = 1024
STOP_SECONDS = 10
METRICS = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate chain and its key, as paths to PEM files."""

    certificate: str
    key: str


def serve_forever(host: str, port: int, workers: int, tls: Tls | None) -> None:
    """Serve until a signal comes; requests under way are finished first."""
    measured = Path(tempfile.mkdtemp(prefix="beacon-metrics-"))
    os.environ.setdefault(METRICS, str(measured))
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
        log_access=False,
    )
    try:
        server.serve()
    finally:
        shutil.rmtree(measured, ignore_errors=True)
