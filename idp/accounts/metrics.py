"""How the codes sent to telephones fare, for Prometheus: texts cost money, and pumping them is a crime for gain."""

from __future__ import annotations

from typing import Literal

from prometheus_client import Counter

_texts = Counter("beacon_texts", "Codes for telephones: sent, returned, or halted.", ["country", "outcome"])


def count_text(country: str, outcome: Literal["sent", "returned", "halted"]) -> None:
    """Count one. ``country`` is that of the number (ISO 3166-1)."""
    _texts.labels(country, outcome).inc()
