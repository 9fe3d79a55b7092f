"""Processor time of a process and everything it started, read from ``/proc`` (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PARENT, TIMES = 1, slice(11, 15)
"""Places of the parent's id and of the four times (own and of ended children) after the name in ``stat``."""


def seconds_used(root: int) -> float:
    """User and system time of the process ``root`` and its descendants, ended children included, in seconds."""
    stats = _stats()
    family, found = {root}, True
    while found:
        found = bool(new := {pid for pid, stat in stats.items() if int(stat[PARENT]) in family} - family)
        family |= new
    return sum(int(ticks) for pid in family if pid in stats for ticks in stats[pid][TIMES]) / TICKS


def _stats() -> dict[int, list[str]]:
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        stats[int(path.parent.name)] = text.rpartition(") ")[2].split()
    return stats
