"""The courier of letters: SMTP through the standard library (RFC 5321, RFC 3834)."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from idp.kernel import clock
from idp.kernel.errors import Misconfigured
from idp.kernel.settings import Settings, settings
from idp.outbox.errors import NotDelivered

TIMEOUT = 10
"""Seconds that one answer of the server may take."""

DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
ONE_ADDRESS = re.compile(r"""[^\s\x00-\x20\x7f@,;:<>"()\[\]\\]+@[\w.-]+""")
SEVEN_BIT = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, and how to speak to it. Read from ``smtp://user:password@host:port?starttls=1`` or ``smtps://``."""

    host: str
    port: int
    user: str
    password: str
    security: Literal["none", "starttls", "tls"]

    @classmethod
    def read(cls, url: str) -> Server:
        """Raises :class:`Misconfigured` when ``url`` is not such an address; never repeats it."""
        try:
            parts = urlsplit(url)
            port = parts.port or DEFAULT_PORTS[parts.scheme]
            options = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
        except (ValueError, KeyError) as error:
            raise Misconfigured("BEACON_SMTP_URL must look like smtp://user:password@host:587?starttls=1.") from error
        if not parts.hostname or parts.path.strip("/") or not set(options) <= {"starttls"}:
            raise Misconfigured("BEACON_SMTP_URL must have a host, and no more than the option starttls=1.")
        starttls: Literal["none", "starttls"] = "starttls" if options.get("starttls") == ["1"] else "none"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, user, password, "tls" if parts.scheme == "smtps" else starttls)


def check(settings_: Settings) -> None:
    """Raise :class:`Misconfigured` when the setting for mail cannot be read."""
    if settings_.smtp_url is not None:
        Server.read(settings_.smtp_url.get_secret_value())
    try:
        _address(settings_.mail_from)
    except ValueError as error:
        raise Misconfigured("BEACON_MAIL_FROM must be one mail address.") from error


def deliver(letter: Mapping[str, Any]) -> None:
    """Send one letter. Raises :class:`NotDelivered`, to be tried again.

    In development without a server there is nothing to send: the outbox page shows the letter.
    """
    url = settings().smtp_url
    if url is None and settings().development:
        return
    if url is None:
        raise NotDelivered("BEACON_SMTP_URL is not set")
    try:
        _send(Server.read(url.get_secret_value()), compose(letter))
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotDelivered(_why(error)) from error


def compose(letter: Mapping[str, Any]) -> EmailMessage:
    """The letter as a message of text and HTML to exactly one address. Raises ValueError when it is not one.

    Its Message-ID is that of the outbox row, so a second copy of a letter is known as one.
    """
    sender = _address(settings().mail_from, settings().site_name)
    message = EmailMessage(policy=SEVEN_BIT)
    message["From"] = sender
    message["To"] = _address(letter["to"])
    message["Subject"] = letter["subject"]
    message["Date"] = format_datetime(datetime.fromtimestamp(clock.now(), UTC))
    message["Message-ID"] = f"<{letter['id']}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter["text"])
    message.add_alternative(letter["html"], subtype="html")
    return message


def _address(text: str, name: str = "") -> Address:
    """Exactly one address, with nothing in it that could begin a second one or another header."""
    if not ONE_ADDRESS.fullmatch(text):
        raise ValueError("not one address")
    local, _, domain = text.partition("@")
    return Address(display_name=name, username=local, domain=domain)


def _send(server: Server, message: EmailMessage) -> None:
    connection = _connect(server)
    try:
        connection.send_message(message, to_addrs=[message["To"].addresses[0].addr_spec])
    finally:
        with suppress(smtplib.SMTPException, OSError):  # the letter is there or it is not; a goodbye adds nothing
            connection.quit()


def _connect(server: Server) -> smtplib.SMTP:
    own_name = urlsplit(settings().issuer).hostname
    tls = ssl.create_default_context()
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=own_name, timeout=TIMEOUT, context=tls
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, local_hostname=own_name, timeout=TIMEOUT)
    try:
        if server.security == "starttls":
            connection.starttls(context=tls)
        if server.user:
            connection.login(server.user, server.password)
    except (smtplib.SMTPException, OSError):
        connection.close()
        raise
    return connection


def _why(error: Exception) -> str:
    """The kind of failure and the server's number for it. Its words may repeat the address."""
    code = getattr(error, "smtp_code", "")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
    return f"{type(error).__name__} {code}".strip()
