"""The one refusal of this room."""

from __future__ import annotations

from flask_babel import lazy_ngettext

from idp.kernel.clock import MINUTE
from idp.kernel.errors import TooMany


class Throttled(TooMany):
    """A budget is used up. ``wait`` is in seconds; the sentence says it in minutes, rounded up."""

    def __init__(self, wait: int) -> None:
        sentence = lazy_ngettext(
            "Too many tries. Wait %(num)d minute, then try again.",
            "Too many tries. Wait %(num)d minutes, then try again.",
            -(-wait // MINUTE),
        )
        super().__init__(wait, sentence)
