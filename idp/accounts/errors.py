"""Refusals of the accounts room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext

from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.errors import Expired, NotFound, Refused, TooMany

LONG = 2 * HOUR
"""Seconds from which a wait is better said in hours."""


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


class NotInUse(Refused):
    """An account that is locked, frozen, closing or erased cannot be closed, frozen or released in this way."""

    code = "not_in_use"

    def __init__(self) -> None:
        super().__init__(_l("This cannot be done with the account as it is now."))


class TooLateToKeep(Expired):
    """The account is not closing, or its time is over."""

    code = "too_late_to_keep"

    def __init__(self) -> None:
        super().__init__(_l("It is too late to stop this."))


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


class NoSuchAddress(NotFound):
    """The resident has no such email address."""

    code = "no_such_address"

    def __init__(self) -> None:
        super().__init__(_l("This email address is not in your account."))


class AlreadyYours(Refused):
    """The address that was to be added is the resident's own."""

    code = "already_yours"

    def __init__(self) -> None:
        super().__init__(_l("This email address is in your account already."))


class TooManyAddresses(Refused):
    """An account has no room for one more address."""

    code = "too_many_addresses"

    def __init__(self, most: int) -> None:
        super().__init__(_l("You can have up to %(most)s email addresses. Remove one first.", most=most))


class AddressGone(Expired):
    """The code page of an address that was asked for in another session, or by nobody."""

    code = "address_gone"

    def __init__(self) -> None:
        super().__init__(
            _l("This page belongs to another browser or an earlier sign-in. Enter the code where you asked for it.")
        )


class AddressNotUsable(Refused):
    """An address that is not confirmed, is on its way out, or was taken out of use."""

    code = "address_not_usable"

    def __init__(self) -> None:
        super().__init__(_l("This email address cannot be used now."))


class StillMain(Refused):
    """The main address is to be removed, and no other took its place."""

    code = "still_main"

    def __init__(self) -> None:
        super().__init__(_l("This is your main email address. Make another one your main address first."))


class TooLateToUndo(Expired):
    """What a notice told of cannot be taken back (any more)."""

    code = "too_late_to_undo"

    def __init__(self) -> None:
        super().__init__(_l("It is too late to stop this."))


class InvalidNumber(Refused):
    """Not a telephone number, or not one that codes may be sent to; ``sentence`` says why."""

    code = "invalid_number"


class NoSuchPhone(NotFound):
    """Not a phone of this resident, or one that no code can be sent to any more."""

    code = "no_such_phone"

    def __init__(self) -> None:
        super().__init__(_l("This phone is not in use. Choose another one, or another way."))


class PhoneHeld(Refused):
    """The resident has this number already."""

    code = "phone_held"

    def __init__(self) -> None:
        super().__init__(_l("You have added this number already."))


class TooManyPhones(Refused):
    """The account has as many phones as it may, or the number as many accounts."""

    code = "too_many_phones"

    def __init__(self) -> None:
        super().__init__(_l("This number cannot be added. One account can have 5 numbers, and one number 5 accounts."))


class WrongPhoneCode(WrongCode):
    """Not the code that was sent to the phone."""

    def __init__(self) -> None:
        Refused.__init__(self, _l("That is not the code we sent. Check our newest message and try again."))


class TextsClosed(Refused):
    """This installation sends nothing in this way, or not to this resident."""

    code = "texts_closed"

    def __init__(self, detail: str = "") -> None:
        super().__init__(_l("We cannot send codes to phones now. Choose another way."), detail=detail)


class TextsStopped(TooMany):
    """Few of the codes sent to numbers like this one ever came back, so none is sent to them for a while."""

    code = "texts_stopped"

    def __init__(self, wait: int) -> None:
        super().__init__(wait, _l("We cannot send texts to this number now. Choose another way."))


class NextTextLater(TooMany):
    """As many codes were sent as may be. ``wait`` is in seconds; the sentence says it in minutes or hours."""

    code = "next_text_later"

    def __init__(self, wait: int) -> None:
        super().__init__(wait, _in_hours(wait) if wait > LONG else _in_minutes(wait))


def _in_minutes(wait: int) -> object:
    return lazy_ngettext(
        "We can send the next code in %(num)d minute. You can also use another way.",
        "We can send the next code in %(num)d minutes. You can also use another way.",
        -(-wait // MINUTE),
    )


def _in_hours(wait: int) -> object:
    return lazy_ngettext(
        "We can send the next code in %(num)d hour. You can also use another way.",
        "We can send the next code in %(num)d hours. You can also use another way.",
        -(-wait // HOUR),
    )
