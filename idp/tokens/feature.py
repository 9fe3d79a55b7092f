"""What this room offers to the roof."""

from __future__ import annotations

from idp.kernel.contracts import Feature, Sweep
from idp.tokens import codes, families

FEATURE = Feature(
    name="tokens",
    sweeps=(
        Sweep("authorization-codes", codes.sweep),
        Sweep("access-tokens", families.sweep_access),
        Sweep("token-families", families.sweep_families),
    ),
)
