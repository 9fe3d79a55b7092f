"""Refusals of this room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from idp.kernel.errors import NotFound, Refused


class MalformedDecision(Refused):
    """A consent form without exactly one known answer."""

    code = "malformed_decision"

    def __init__(self) -> None:
        super().__init__(_l("We could not tell if you said yes or no. Nothing was shared. Go back and choose again."))


class AnsweredElsewhere(Refused):
    """Two answers for the same app at the same moment; this one changed nothing."""

    code = "answered_elsewhere"

    def __init__(self) -> None:
        super().__init__(_l("You answered on another page at the same time. Please go back and check your choice."))


class NothingShared(NotFound):
    """The resident shares nothing with this app, or there is no such app."""

    code = "nothing_shared"

    def __init__(self) -> None:
        super().__init__(_l("You do not share anything with this service now."))
