"""What this room offers to the roof."""

from __future__ import annotations

from idp.kernel.contracts import Feature, Sweep
from idp.limits.cli import limit
from idp.limits.service import purge

FEATURE = Feature(name="limits", commands=(limit,), sweeps=(Sweep("purge-limits", purge),))
