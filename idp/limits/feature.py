"""What this room offers to the roof."""

from __future__ import annotations

from flask import Flask

from idp.audit.service import record
from idp.kernel.contracts import Feature, Sweep
from idp.limits import valkey
from idp.limits.cli import limit
from idp.limits.service import STORE, purge
from idp.limits.tries import ALARM
from idp.limits.views.proof import limits


def start(app: Flask) -> None:
    """Say where the counters are and who writes alarms down. Raises ``Misconfigured`` for a wrong server address."""
    app.extensions[ALARM] = record
    client = valkey.connect(app.extensions["beacon.settings"])
    if client is not None:
        app.extensions[STORE] = valkey.ValkeyStore(client)


FEATURE = Feature(
    name="limits", blueprints=(limits,), commands=(limit,), sweeps=(Sweep("purge-limits", purge),), start=start
)
