"""What must work before this process may serve. Rooms on higher floors add their own checks at start."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app

from idp.kernel.logs import log

Check = Callable[[], object]
_PLACE = "beacon.readiness"


def require(app: Flask, name: str, check: Check) -> None:
    """Let ``app`` be ready only while ``check`` returns without raising."""
    app.extensions.setdefault(_PLACE, {})[name] = check


def states() -> dict[str, bool]:
    """Each check by name, and whether it passed now."""
    return {name: _passes(name, check) for name, check in current_app.extensions.get(_PLACE, {}).items()}


def _passes(name: str, check: Check) -> bool:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is "not ready"
        log().error("not ready", kind=name, error=type(error).__name__)
        return False
    return True
