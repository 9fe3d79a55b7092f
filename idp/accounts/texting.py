"""Codes sent to telephones: sparingly, and good for nobody but who asked (NIST SP 800-63B-4 sections 3.1.3.3, 3.2.9).

A code belongs to one purpose, one number and one occasion (an attempt, a session), so what was sent for one browser
opens nothing in another. Sends are counted per number, account, network, block of numbers and day; where codes never
come back, somebody is paid for receiving them, and the block is left alone for an hour.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from idp.accounts import codes, numbers
from idp.accounts import service as accounts
from idp.accounts.errors import InvalidNumber, NextTextLater, TextsClosed, TextsStopped, WrongCode, WrongPhoneCode
from idp.accounts.events import CodeTexted, TextsHalted
from idp.accounts.metrics import count_text
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.crypto import base64url, blind_index
from idp.kernel.db import transaction
from idp.kernel.settings import settings
from idp.limits import service as limits
from idp.limits.errors import Throttled
from idp.outbox.texts import Channel, channels, queue_text

LIFETIME = 10 * MINUTE
MINUTES = LIFETIME // MINUTE
BETWEEN = 30
"""Seconds between two codes to one number; the limit ``text_pause`` says the same."""

JUDGED_FROM = 20
"""Sends to a block of numbers within an hour from which on it is asked how many came back."""

LEAST_RETURNED = 0.3
ALL = "all"
NOT_SENT = (InvalidNumber, NextTextLater, TextsClosed, TextsStopped)
"""Why :func:`send` may refuse."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a code is for: ``number`` (E.164) of an account, reached by ``channel``.

    ``purpose`` says what the code will do (at most 32 characters), ``occasion`` is the id of the attempt or session
    that asks; both must be the same when the code comes back.
    """

    account_id: str
    number: str
    channel: Channel
    purpose: str
    occasion: str

    @property
    def holder(self) -> str:
        """What the code belongs to. Keyed, so that it tells nobody the number."""
        return base64url(blind_index("texted code", f"{self.occasion}\0{self.channel}\0{self.number}"))


def send(target: Target, *, network: str) -> None:
    """Send a code. The one before it, for the same holder, ends.

    Raises :class:`TextsClosed`, ``InvalidNumber``, and :class:`NextTextLater` or :class:`TextsStopped` with the time to
    wait.
    """
    who = accounts.resident(target.account_id)
    if not who.email_confirmed:
        raise TextsClosed("no confirmed address")
    if target.channel not in channels(settings()):
        raise TextsClosed("no gateway")
    numbers.for_codes(target.number, numbers.HOME_COUNTRY, settings().sms_countries)
    _demand_returns(target.number)
    _spend(target, network)
    country = numbers.region(target.number)
    with transaction():
        code = codes.issue(target.purpose, target.holder, lifetime=LIFETIME)
        queue_text(
            "accounts/code",
            to=target.number,
            locale=who.locale,
            account_id=target.account_id,
            channel=target.channel,
            until=clock.now() + LIFETIME,
            code=code,
            purpose=target.purpose,
            minutes=MINUTES,
        )
        record(CodeTexted(target.purpose, target.channel, country), account_id=target.account_id)
    count_text(country, "sent")


def may_tell(account_id: str) -> bool:
    """Whether one more text without a code is within the day's budget of an account; what it would say stands in
    letters too."""
    try:
        limits.spend("text_account_day", account=account_id)
    except Throttled:
        return False
    return True


def check(target: Target, code: str, *, network: str, known: str = "") -> None:
    """Spend the code that came back. Tries are counted over all codes of an account, so a new one brings no new tries;
    ``known`` is the id of a browser that the account knows, which has a budget of its own.

    Raises ``Throttled``, :class:`WrongPhoneCode`, ``CodeExpired`` and ``CodeExhausted``.
    """
    limits.spend("texted_code", account=target.account_id, network=network, known=known)
    try:
        codes.redeem(target.purpose, target.holder, code)
    except WrongCode as error:
        raise WrongPhoneCode from error
    limits.forgive("texted_code", account=target.account_id, network=network, known=known)
    limits.spend("text_returned", account=_this_hour(target.number))
    count_text(numbers.region(target.number), "returned")


def _spend(target: Target, network: str) -> None:
    """Charge every budget, those that are refused most first. Raises :class:`NextTextLater`."""
    number = numbers.lookup(target.number).hex()
    charges = (
        ("text_pause", number),
        ("text_number", number),
        ("text_number_day", number),
        ("text_account", target.account_id),
        ("text_account_day", target.account_id),
        ("text_day", ALL),
        ("text_block", _this_hour(target.number)),
    )
    try:
        for name, key in charges:
            limits.spend(name, account=key, network=network)
    except Throttled as error:
        raise NextTextLater(error.wait) from error


def _demand_returns(number: str) -> None:
    """Raise :class:`TextsStopped` while the block of this number is left alone, and begin to where it must be."""
    block, hour = numbers.block(number), _this_hour(number)
    if (stop := limits.use("text_stop", "account", block)).used:
        raise TextsStopped((stop.resets_at or 0) - clock.now())
    sent = limits.use("text_block", "account", hour).used
    if sent < JUDGED_FROM:
        return
    returned = limits.use("text_returned", "account", hour).used
    if returned >= LEAST_RETURNED * sent:
        return
    with suppress(Throttled):  # somebody else has just stopped it
        limits.spend("text_stop", account=block)
        record(TextsHalted(block, sent, returned))
        count_text(numbers.region(number), "halted")
    raise TextsStopped(HOUR)


def _this_hour(number: str) -> str:
    """The block of a number within this hour of the clock, so that what was sent and what came back begin together."""
    return f"{numbers.block(number)} {clock.now() // HOUR}"
