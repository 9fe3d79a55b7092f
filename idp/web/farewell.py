"""The last page of a sign-out: opens the pages of apps that asked for it, then goes on (Front-Channel Logout 1.0)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect
from werkzeug.wrappers import Response

from idp.web.headers import allow_frame, script_nonce
from idp.web.pages import render

SECONDS = 2
"""How long the page stays once its frames are there. HtmlUnit follows no refresh that takes longer."""

PATIENCE = 5
"""How long a browser with script waits for frames that never come."""


def farewell(frames: Sequence[str], onward: str) -> Response:
    """Go on to ``onward``, an address that was proven; by a page that opens ``frames`` first, if there are any."""
    if not frames:
        return redirect(onward, 303)
    for frame in frames:
        allow_frame(frame)
    page = render(
        "web/farewell.html", frames=frames, onward=onward, patience=PATIENCE, nonce=script_nonce(), signed_in=False
    )
    page.headers["Refresh"] = f"{SECONDS}; url={onward}"
    return page
