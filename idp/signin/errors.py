"""Refusals of the hall."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from idp.kernel.errors import Expired, Refused


class NotOpen(Refused):
    """The account was locked while its resident was signing in. They have proven it is theirs, so they are told."""

    code = "account_locked"

    def __init__(self) -> None:
        super().__init__(_l("This account is locked, so nobody can sign in to it now. Please open the help page."))


class TooLateToStop(Expired):
    """The recovery was finished, stopped or too old already."""

    code = "too_late_to_stop"

    def __init__(self) -> None:
        super().__init__(_l("This recovery is over. It was finished or stopped already."))


class CaseGone(Expired):
    """The recovery that was waited for was stopped, used or too old by the time of its last step."""

    code = "recovery_gone"

    def __init__(self) -> None:
        super().__init__(_l("This recovery was stopped, or its time is over. Please begin again."))
