"""Creating an account: prove the address, then choose a password. Alike for addresses that are known and unknown."""

from __future__ import annotations

from flask import url_for

from idp.accounts import codes, emails, passwords, trusted
from idp.accounts import service as accounts
from idp.accounts.trusted import Holder
from idp.kernel.clock import MINUTE
from idp.kernel.db import transaction
from idp.limits import service as limits
from idp.outbox.service import queue_letter
from idp.sessions import attempt as attempts
from idp.sessions.attempt import ADDRESS_PROVEN, Attempt
from idp.web.i18n import locale

SIGN_UP = "sign_up"
MINUTES = codes.CONFIRM_LIFETIME // MINUTE


def begin_sign_up(email: str, *, request_id: str | None, return_to: str | None, network: str) -> Attempt:
    """Begin with an address, and mail it a code. Raises ``InvalidEmail`` and ``Throttled``."""
    address = emails.deliverable(email)
    limits.spend("sign_up", account=_key(address), network=network)
    attempt = attempts.begin("sign_up", email=address, request_id=request_id, return_to=return_to)
    send_code(attempt, network=network)
    return attempt


def send_code(attempt: Attempt, *, network: str) -> None:
    """Mail a code to a new address; to one that has an account, a letter that says so. Raises ``Throttled``.

    Both cost the same, and the page that follows is the same: only who reads the mail learns which it was.
    """
    limits.spend("mail_send", account=_key(attempt.email), network=network)
    holder = trusted.holder(attempt.email)
    if holder is not None:
        _tell_holder(attempt, holder)
        return
    with transaction():
        code = codes.issue(SIGN_UP, attempt.id)
        link = url_for("signin.confirm_email", attempt_id=attempt.id, _external=True)
        queue_letter("signin/confirm_email", to=attempt.email, locale=locale(), code=code, link=link, minutes=MINUTES)


def prove_address(attempt: Attempt, code: str, *, network: str) -> None:
    """Take the mailed code. Raises ``WrongCode``, ``CodeExpired``, ``CodeExhausted`` and ``Throttled``."""
    limits.spend("mailed_code", account=_key(attempt.email), network=network)
    codes.redeem(SIGN_UP, attempt.id, code)
    for name in ("mailed_code", SIGN_UP):
        limits.forgive(name, account=_key(attempt.email), network=network)
    attempts.note(attempt.id, ADDRESS_PROVEN)


def choose_password(attempt: Attempt, password: str) -> None:
    """Open the account and note it on the attempt, in one. Raises ``WeakPassword`` and ``AddressTaken``."""
    kept = passwords.hash_new(password, attempt.email)
    with transaction():
        account_id = accounts.open_with(attempt.email, kept, locale())
        attempts.note(attempt.id, "password", account_id)


def _tell_holder(attempt: Attempt, holder: Holder) -> None:
    """To the address as its holder wrote it, whichever of theirs it is: never to what was typed."""
    words = {"to": holder.address, "locale": holder.locale, "account_id": holder.account_id}
    with transaction():
        codes.issue_decoy(SIGN_UP, attempt.id)
        queue_letter("signin/address_in_use", **words, link=url_for("signin.sign_in", _external=True))


def _key(email: str) -> str:
    return emails.lookup(email).hex()
