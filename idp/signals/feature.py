"""What this room offers to the roof."""

from __future__ import annotations

from idp.kernel.contracts import Courier, Feature
from idp.signals import push
from idp.tokens.telling import SECURITY_EVENT

FEATURE = Feature(name="signals", couriers=(Courier(SECURITY_EVENT, push.deliver),))
