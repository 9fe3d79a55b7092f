"""Refusals of the second factors."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from idp.kernel.contracts import Label
from idp.kernel.errors import NotFound, Refused


class WrongCode(Refused):
    """Not the code of the authenticator app, or one that was used already."""

    code = "wrong_code"

    def __init__(self, sentence: object = "") -> None:
        super().__init__(
            sentence
            or _l("That code does not work. Enter the newest 6-digit code from your app. Each code works only once.")
        )


class ClockOff(WrongCode):
    """A code of the app, of another time: the phone's clock is wrong. ``seconds`` is how far it is ahead of ours."""

    code = "clock_off"

    def __init__(self, seconds: int) -> None:
        super().__init__(clock_words(seconds))


def clock_words(seconds: int) -> Label:
    """What to tell whose clock is ``seconds`` ahead of ours, or behind where that is negative."""
    if seconds > 0:
        return _l("Your phone's clock is about %(count)s seconds fast. Set it to automatic time.", count=seconds)
    return _l("Your phone's clock is about %(count)s seconds slow. Set it to automatic time.", count=-seconds)


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


class NoSuchApp(NotFound):
    """Not an authenticator app of this resident."""

    code = "no_such_app"

    def __init__(self) -> None:
        super().__init__(_l("This app was removed already."))


class TooManyApps(Refused):
    """A resident may have five authenticator apps."""

    code = "too_many_apps"

    def __init__(self) -> None:
        super().__init__(_l("You have five authenticator apps, and that is the most. Remove one first."))


class SetUpClosed(Refused):
    """A second way exists already, or nothing was proved yet that would allow setting one up."""

    code = "set_up_closed"
    status = 403

    def __init__(self, detail: str = "") -> None:
        super().__init__(_l("You cannot set up a second step here. Please sign in again."), detail=detail)


class PasskeyRefused(Refused):
    """A passkey's answer that proves nothing, whatever is wrong with it; ``detail`` says what, for the log.

    ``unknown`` is the id of a credential that Beacon does not have, as the browser wrote it, so that the browser can
    stop offering it.
    """

    code = "passkey_refused"

    def __init__(self, detail: str = "", unknown: str | None = None) -> None:
        self.unknown = unknown
        super().__init__(_l("That passkey did not work. Try again, or choose another way."), detail=detail)


class NoSuchPasskey(NotFound):
    """Not a passkey of this resident."""

    code = "no_such_passkey"

    def __init__(self) -> None:
        super().__init__(_l("This passkey was removed already."))


class LastWayIn(Refused):
    """Without this one the resident could not sign in."""

    code = "last_way_in"

    def __init__(self) -> None:
        super().__init__(_l("You need this to sign in. Add another way to sign in first, then remove this one."))


class ProvenByTextOnly(Refused):
    """A code by telephone is never enough to remove something stronger (NIST SP 800-63B-4 section 3.2.9)."""

    code = "proven_by_text_only"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            _l(
                "A code by text or call is not enough for this change. Sign in with the way you want to change, "
                "or recover your account."
            )
        )
