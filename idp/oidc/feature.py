"""What this room offers to the roof."""

from __future__ import annotations

from idp import lifecycle
from idp.kernel.contracts import Courier, Feature
from idp.oidc import backchannel, server
from idp.oidc.views import (
    authorize,
    device,
    device_authorization,
    discovery,
    end_session,
    manage_tokens,
    push,
    register,
    token,
    userinfo,
)
from idp.oidc.views.blueprint import oidc

VIEWS = (
    authorize,
    device,
    device_authorization,
    discovery,
    end_session,
    manage_tokens,
    push,
    register,
    token,
    userinfo,
)

FEATURE = Feature(
    name="oidc",
    blueprints=(oidc,),
    couriers=(Courier(lifecycle.LOGOUT, backchannel.deliver),),
    start=server.start,
)
