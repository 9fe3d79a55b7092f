"""The desk itself: the blueprint on which its pages stand."""

from __future__ import annotations

from flask import Blueprint

desk = Blueprint("profiles", "profiles", url_prefix="/account", template_folder="templates")
