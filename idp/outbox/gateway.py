"""The courier of texts and calls: any gateway that Apprise knows. The only module that uses Apprise.

A gateway's address names its account, and has ``{to}`` where the number goes: ``twilio://SID:TOKEN@+15550100/{to}``,
``json://gateway.internal/send?:to={to}``. Neither the number nor what is said is ever logged, nor is the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from idp.kernel import clock
from idp.kernel.errors import Misconfigured
from idp.kernel.settings import Settings, settings
from idp.outbox.errors import NotDelivered, TooLate

TO = "{to}"
SAMPLE = "+12025550143"


def check(here: Settings) -> None:
    """Raise :class:`Misconfigured` when the address of a gateway has no place for the number; never repeat it."""
    for name, url in (("BEACON_SMS_URL", here.sms_url), ("BEACON_VOICE_URL", here.voice_url)):
        if url is not None and TO not in url.get_secret_value():
            raise Misconfigured(f"{name} must have {TO} where the number goes.")


def known(url: SecretStr) -> bool:
    """Whether Apprise knows such a gateway."""
    return _gateway(url, SAMPLE) is not None


def deliver_text(message: Mapping[str, Any]) -> None:
    """Send one text. Raises :class:`NotDelivered`, to be tried again, and :class:`TooLate`."""
    _deliver(settings().sms_url, message)


def deliver_call(message: Mapping[str, Any]) -> None:
    """Let a number be called and the message read aloud. Raises :class:`NotDelivered` and :class:`TooLate`."""
    _deliver(settings().voice_url, message)


def _deliver(url: SecretStr | None, message: Mapping[str, Any]) -> None:
    """In development without a gateway there is nothing to send: the outbox page shows the message."""
    if message["until"] is not None and message["until"] <= clock.now():
        raise TooLate("its code has expired")
    if url is None and settings().development:
        return
    if url is None or (gateway := _gateway(url, message["to"])) is None:
        raise NotDelivered("no gateway")
    if not gateway.notify(body=message["text"]):
        raise NotDelivered("the gateway refused")


def _gateway(url: SecretStr, number: str) -> Any:
    apprise = import_module("apprise")
    return apprise.Apprise.instantiate(url.get_secret_value().replace(TO, quote(number, safe="")))
