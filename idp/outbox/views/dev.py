"""Development only: the letters and texts that would have been sent, so that no server is needed to try Beacon."""

from __future__ import annotations

import re

from flask import Blueprint
from werkzeug.wrappers import Response

from idp.outbox import service
from idp.sessions.guards import open_to_all
from idp.web.pages import render

SHOWN = 50
LOOK_AGAIN = 10
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")

blueprint = Blueprint("outbox", __name__, template_folder="../templates")


@blueprint.get("/dev/outbox")
@open_to_all
def dev_outbox() -> Response:
    """The newest letters and texts with their codes. Looks again every few seconds, by a header instead of a script."""
    letters = [(letter, list(dict.fromkeys(CODE.findall(letter.text)))) for letter in service.newest(SHOWN)]
    response = render("outbox/dev_outbox.html", letters=letters)
    response.headers["Refresh"] = str(LOOK_AGAIN)
    return response
