"""What this room offers to the roof."""

from __future__ import annotations

from idp.kernel import holdings
from idp.kernel.clock import HOUR
from idp.kernel.contracts import Feature, Sweep
from idp.tokens import codes, devices, families, machine, unused
from idp.tokens.models import AuthorizationCode, TokenFamily

FEATURE = Feature(
    name="tokens",
    sweeps=(
        Sweep("authorization-codes", codes.sweep),
        Sweep("access-tokens", families.sweep_access),
        Sweep("client-tokens", machine.sweep),
        Sweep("token-families", families.sweep_families),
        Sweep("device-requests", devices.sweep),
        Sweep("unused-apps", unused.sweep, HOUR),
    ),
    holdings=(holdings.rows("tokens", AuthorizationCode, TokenFamily),),
)
