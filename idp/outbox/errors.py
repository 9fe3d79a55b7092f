"""The refusals of this room."""

from __future__ import annotations

from typing import ClassVar

from idp.kernel.errors import DomainError


class NotDelivered(DomainError):
    """A message did not reach its receiver this time. ``detail`` says why, without address or content."""

    code: ClassVar[str] = "not_delivered"

    def __init__(self, detail: str) -> None:
        super().__init__(detail=detail)


class TooLate(NotDelivered):
    """The message is of no use any more, so it is not tried again."""

    code: ClassVar[str] = "too_late"
