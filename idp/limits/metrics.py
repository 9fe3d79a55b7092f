"""How often each limit stopped somebody, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter

_stops = Counter("beacon_limit_stops", "Tries that a limit stopped, or would have.", ["limit", "scope", "enforced"])


def count_stop(limit: str, scope: str, *, enforced: bool) -> None:
    """Count one."""
    _stops.labels(limit, scope, "yes" if enforced else "no").inc()
