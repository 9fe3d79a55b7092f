"""What is counted, and how it is read out.

With ``PROMETHEUS_MULTIPROC_DIR`` set, the library keeps the numbers of all worker processes in that directory and the
answer adds them up. They only ever grow, so what a worker counted stays right after its end.
"""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST

_requests = Counter("beacon_requests", "Requests answered.", ["route", "method", "status"])
_seconds = Histogram("beacon_request_seconds", "Time to answer, in seconds.", ["route"])


def share() -> None:
    """Count together with the processes that will be forked from this one, in ``PROMETHEUS_MULTIPROC_DIR``.

    The library looks for that directory when it is imported, which is too early for a server that makes its own.
    """
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def count(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    _requests.labels(route, method, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def read_out() -> bytes:
    """All numbers in the Prometheus text format."""
    return generate_latest(_all_processes() or REGISTRY)


def _all_processes() -> CollectorRegistry | None:
    registry = CollectorRegistry()
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    except ValueError:
        return None
    return registry
