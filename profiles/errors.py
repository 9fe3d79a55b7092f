"""Refusals of the desk."""

from __future__ import annotations

from typing import Any

from idp.kernel.errors import NotFound, Refused


class InvalidValue(Refused):
    """A value that its attribute cannot hold. ``part`` names the part at fault, such as ``year``; empty for all of it.

    The value itself is never part of the error.
    """

    code = "invalid_value"

    def __init__(self, sentence: Any, part: str = "") -> None:
        self.part = part
        super().__init__(sentence, detail=part)


class UnknownAttribute(NotFound):
    """The catalogue has no such attribute."""

    code = "unknown_attribute"
