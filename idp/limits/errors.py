"""The refusals of this room."""

from __future__ import annotations

from typing import ClassVar

from flask_babel import lazy_ngettext

from idp.kernel.clock import MINUTE
from idp.kernel.errors import NotFound, TooMany


class Throttled(TooMany):
    """A budget is used up, or a wait is not over. ``wait`` is in seconds; the sentence says it in minutes, rounded up.

    A wait of less than a minute is said in seconds.
    """

    def __init__(self, wait: int) -> None:
        super().__init__(wait, _sentence(wait))


class ProofOwed(TooMany):
    """The next try needs a proof of work, or patience: a page asks for it with ``challenge`` and is sent again.

    Nothing was looked at and nothing counted. Who cannot show a page answers as with any other refusal of this kind.
    """

    code: ClassVar[str] = "proof_owed"

    def __init__(self, challenge: str, patience: int) -> None:
        super().__init__(patience, _sentence(patience))
        self.challenge = challenge


class UnknownLimit(NotFound):
    """There is no limit and no rule of that name."""


class StoreLost(Exception):
    """The server that keeps the counters does not answer."""


def _sentence(wait: int) -> object:
    if wait < MINUTE:
        return lazy_ngettext(
            "Too many tries. Wait %(num)d second, then try again.",
            "Too many tries. Wait %(num)d seconds, then try again.",
            wait,
        )
    return lazy_ngettext(
        "Too many tries. Wait %(num)d minute, then try again.",
        "Too many tries. Wait %(num)d minutes, then try again.",
        -(-wait // MINUTE),
    )
