"""What this room offers to the roof."""

from __future__ import annotations

from idp.kernel.contracts import Feature

FEATURE = Feature(name="consent")
