"""What this room offers to the roof."""

from __future__ import annotations

from idp.kernel.contracts import Feature
from idp.risk import models as _models

FEATURE = Feature(name="risk")
