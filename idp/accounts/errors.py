"""Refusals of the accounts room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from idp.kernel.errors import Expired, NotFound, Refused


class InvalidEmail(Refused):
    """Not written as an email address is."""

    code = "invalid_email"

    def __init__(self) -> None:
        super().__init__(_l("Enter an email address in the correct format, like name@example.com."))


class AddressTaken(Refused):
    """Another account holds the address. Only for those who have proven that they read its mail, and for operators."""

    code = "address_taken"

    def __init__(self) -> None:
        super().__init__(_l("There is already an account with this email address."))


class NoSuchResident(NotFound):
    """No account has this id or address. For operators; a resident's page never asks."""

    code = "no_such_resident"

    def __init__(self) -> None:
        super().__init__(_l("There is no such account."))


class WeakPassword(Refused):
    """A password that the rules refuse; ``sentence`` says why (63B section 3.1.1.2)."""

    code = "weak_password"


class WrongCode(Refused):
    """Not the code that was sent."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__(_l("That is not the code we sent. Check the newest email from us and try again."))


class CodeExpired(Expired):
    """The code's time is over, or it was used, or none was sent."""

    code = "code_expired"

    def __init__(self) -> None:
        super().__init__(_l("That code no longer works. Ask for a new code."))


class CodeExhausted(Expired):
    """Too many wrong codes were typed for the one that was sent."""

    code = "code_exhausted"

    def __init__(self) -> None:
        super().__init__(_l("Wrong codes were entered too many times. Ask for a new code."))


class NoticeGone(Expired):
    """The link of a notice that is unknown, or older than ten days."""

    code = "notice_gone"

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            _l("This link is too old, or not complete. Use the link of a newer email, or recover your account."),
            detail=detail,
        )
