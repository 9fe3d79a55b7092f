"""What this room offers to the roof."""

from __future__ import annotations

from idp.clients import assertions
from idp.clients.cli import client
from idp.kernel.contracts import Feature, Sweep

FEATURE = Feature(
    name="clients",
    commands=(client,),
    sweeps=(Sweep("used-assertions", assertions.sweep),),
)
