"""Refusals of the second factors."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from idp.kernel.errors import Refused


class WrongCode(Refused):
    """Not the code of the authenticator app, or one that was used already."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__(
            _l("That code does not work. Enter the newest 6-digit code from your app. Each code works only once.")
        )


class WrongRecoveryCode(Refused):
    """Not a recovery code of this account, or one that was used already."""

    code = "wrong_recovery_code"

    def __init__(self) -> None:
        super().__init__(_l("That recovery code does not work. Check it and try again. Each code works only once."))


class TurnedOff(Refused):
    """Too many wrong codes in a row: this way of signing in must be set up anew (63B section 3.2.2)."""

    code = "turned_off"

    def __init__(self) -> None:
        super().__init__(
            _l("This way to sign in was turned off after too many wrong codes. Try another way, or ask for help.")
        )


class SetUpClosed(Refused):
    """A second way exists already, or nothing was proved yet that would allow setting one up."""

    code = "set_up_closed"
    status = 403

    def __init__(self, detail: str = "") -> None:
        super().__init__(_l("You cannot set up a second step here. Please sign in again."), detail=detail)
