"""Adding a telephone: a number is typed, a code goes there, the code comes back (NIST SP 800-63B-4 section 3.1.3.3).

Until then the number stands in no table: it is sealed into the handle that the browser carries, for one occasion (an
attempt, a session) alone.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass

from idp.accounts import numbers, phones, texting
from idp.accounts import service as accounts
from idp.accounts.texting import Target
from idp.kernel.crypto import base64url, open_for_system, seal_for_system
from idp.kernel.errors import Misconfigured
from idp.kernel.settings import settings
from idp.outbox.texts import Channel

PURPOSE = "add_phone"
LONGEST_HANDLE = 600


@dataclass(frozen=True, slots=True)
class Adding:
    """Who adds a phone, and on which occasion."""

    account_id: str
    occasion: str

    @property
    def _context(self) -> str:
        return f"new phone\0{self.account_id}\0{self.occasion}"

    def handle(self, number: str, channel: Channel) -> str:
        """What stands for a number on this occasion."""
        return base64url(seal_for_system(json.dumps([number, channel]), self._context))

    def opened(self, handle: str) -> Target | None:
        """What a handle of this occasion stands for; None for any other text."""
        if not 0 < len(handle) <= LONGEST_HANDLE:
            return None
        try:
            text = open_for_system(urlsafe_b64decode(handle + "=" * (-len(handle) % 4)), self._context)
        except (binascii.Error, ValueError, Misconfigured):
            return None
        number, channel = json.loads(text)
        return Target(self.account_id, number, channel, PURPOSE, self.occasion)


def begin(adding: Adding, typed: str, country: str, channel: Channel, *, network: str) -> str:
    """Send a code to a number, however it is written, and return its handle.

    Raises ``InvalidNumber``, ``PhoneHeld``, ``TooManyPhones``, and what :func:`texting.send` does.
    """
    number = numbers.for_codes(typed, country, settings().sms_countries)
    phones.demand_room(adding.account_id, number)
    texting.send(Target(adding.account_id, number, channel, PURPOSE, adding.occasion), network=network)
    return adding.handle(number, channel)


def add(target: Target, code: str, *, network: str, at_sign_up: bool = False) -> str:
    """Take the code that came back, keep the number and return its id.

    Raises what :func:`texting.check` does, ``PhoneHeld`` and ``TooManyPhones``.
    """
    texting.check(target, code, network=network)
    key = accounts.resident(target.account_id).key
    return phones.keep(key, target.number, target.channel, at_sign_up=at_sign_up)
