"""Refusals at the door."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from idp.kernel.errors import Expired


class AttemptGone(Expired):
    """A sign-in attempt that is unknown, finished, expired or another browser's."""

    code = "attempt_gone"

    def __init__(self, detail: str = "", onward: str | None = None) -> None:
        super().__init__(
            _l("This page is no longer open. You may have finished already, or waited too long. Please start again."),
            detail=detail,
            onward=onward,
        )


class RequestGone(Expired):
    """A parked request that is unknown, finished, expired or another browser's."""

    code = "request_gone"

    def __init__(self, detail: str = "", onward: str | None = None) -> None:
        super().__init__(
            _l(
                "This sign-in is no longer open. You may have finished already, or waited too long. "
                "Please go back to the service and start again."
            ),
            detail=detail,
            onward=onward,
        )


class PushedGone(RequestGone):
    """A pushed request that is unknown, answered, expired or another app's (RFC 9126 section 4)."""

    code = "invalid_request_uri"
    status = 400
