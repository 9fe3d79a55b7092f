"""What this room offers to the roof."""

from __future__ import annotations

from idp.kernel.contracts import Feature
from idp.signin.finish import advance
from idp.signin.methods import PASSWORD
from idp.signin.views import choose, confirm, other_ways, sign_in, sign_out, sign_up, turn_back
from idp.signin.views.hall import signin

VIEWS = (choose, confirm, other_ways, sign_in, sign_out, sign_up, turn_back)
"""Importing a view puts it on the blueprint."""

FEATURE = Feature(name="signin", blueprints=(signin,), methods=(PASSWORD,), advance=advance)
