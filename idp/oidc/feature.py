"""What this room offers to the roof."""

from __future__ import annotations

from idp.kernel.contracts import Feature
from idp.oidc import server
from idp.oidc.views import authorize, discovery, end_session, manage_tokens, token, userinfo
from idp.oidc.views.blueprint import oidc

VIEWS = (authorize, discovery, end_session, manage_tokens, token, userinfo)

FEATURE = Feature(name="oidc", blueprints=(oidc,), start=server.start)
