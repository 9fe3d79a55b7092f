"""What this room offers to the roof."""

from __future__ import annotations

from idp.clients import assertions, logos, networks, registration
from idp.clients.cli import client
from idp.clients.views.logo import blueprint
from idp.kernel.clock import HOUR
from idp.kernel.contracts import Courier, Feature, Sweep

FEATURE = Feature(
    name="clients",
    blueprints=(blueprint,),
    commands=(client,),
    couriers=(Courier(logos.KIND, logos.bring),),
    sweeps=(
        Sweep("used-assertions", assertions.sweep),
        Sweep("client-networks", networks.sweep, HOUR),
        Sweep("registration-tokens", registration.sweep, HOUR),
    ),
)
