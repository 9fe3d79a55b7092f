"""What each process may remember for a second, so that a change holds everywhere within that second."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from flask import current_app

from idp.kernel import clock

SECONDS = 1.0

Value = TypeVar("Value")


def recall(kind: str, which: Hashable, read: Callable[[], Value]) -> Value:
    """What ``read`` returns, at most a second old. That there is nothing (None) is not remembered."""
    read_at, value = _kept(kind).get(which, (0.0, None))
    if 0 <= clock.precisely() - read_at <= SECONDS:
        return value  # type: ignore[no-any-return]
    return remember(kind, which, read())


def remember(kind: str, which: Hashable, value: Value) -> Value:
    """Remember what was read just now."""
    if value is not None:
        _kept(kind)[which] = (clock.precisely(), value)
    return value


def _kept(kind: str) -> dict[Hashable, tuple[float, Any]]:
    return current_app.extensions.setdefault(f"beacon.{kind}", {})  # type: ignore[no-any-return]
