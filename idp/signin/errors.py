"""Refusals of the hall."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from idp.kernel.errors import Refused


class NotOpen(Refused):
    """The account was locked while its resident was signing in. They have proven it is theirs, so they are told."""

    code = "account_locked"

    def __init__(self) -> None:
        super().__init__(_l("This account is locked, so nobody can sign in to it now. Please open the help page."))
