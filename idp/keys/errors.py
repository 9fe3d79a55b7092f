"""Refusals about signing keys."""

from __future__ import annotations

from idp.kernel.errors import Misconfigured, NotFound, Refused


class NoKey(Misconfigured):
    """There is no active key for an algorithm."""

    code = "no_key"


class UnknownKey(NotFound):
    """No key has this id."""

    code = "unknown_key"


class LastKey(Refused):
    """The only active key of its algorithm cannot be retired."""

    code = "last_key"
