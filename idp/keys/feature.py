"""What this room offers to the roof."""

from __future__ import annotations

from flask import Flask

from idp.kernel.clock import HOUR
from idp.kernel.contracts import Feature, Sweep
from idp.keys import readers, service
from idp.keys.cli import key
from idp.web import readiness


def start(app: Flask) -> None:
    """A process without an active key for every algorithm is not ready."""
    readiness.require(app, "keys", lambda: [service.signer(alg) for alg in service.ALGORITHMS])


FEATURE = Feature(name="keys", commands=(key,), sweeps=(Sweep("key-readers", readers.sweep, HOUR),), start=start)
