"""What this room offers to the roof."""

from __future__ import annotations

from idp.audit.cli import audit
from idp.audit.service import seal
from idp.kernel.contracts import Feature, Sweep

FEATURE = Feature(name="audit", commands=(audit,), sweeps=(Sweep("seal-audit", seal, every=1),))
