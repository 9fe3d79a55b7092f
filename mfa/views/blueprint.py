"""The blueprint that every door of this room hangs on."""

from __future__ import annotations

from flask import Blueprint

mfa = Blueprint("mfa", "mfa", template_folder="templates")
