"""The blueprint that every door of this room hangs on."""

from __future__ import annotations

from flask import Blueprint

consent = Blueprint("consent", "consent", template_folder="templates")
