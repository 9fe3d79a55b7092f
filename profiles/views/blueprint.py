"""The blueprint that every door of this room hangs on."""

from __future__ import annotations

from flask import Blueprint

desk = Blueprint("profiles", "profiles", url_prefix="/account", template_folder="templates")
