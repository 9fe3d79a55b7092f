"""Texts and calls to telephones, written from a template in the receiver's own language and queued like letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from flask import current_app

from idp.kernel.settings import Settings, settings
from idp.outbox.letters import speaking
from idp.outbox.service import TEXT, VOICE, queue

Channel = Literal["text", "voice"]


def channels(here: Settings) -> tuple[Channel, ...]:
    """How an installation with these settings reaches telephones; not at all without a gateway for texts.

    In development the outbox page stands in for gateways that are not set.
    """
    if here.development or (here.sms_url and here.voice_url):
        return (TEXT, VOICE)
    return (TEXT,) if here.sms_url else ()


def queue_text(
    template: str,
    *,
    to: str,
    locale: str,
    account_id: str | None = None,
    channel: Channel = TEXT,
    until: int | None = None,
    **words: Any,
) -> None:
    """Write the text ``template`` (``room/name``) to one number (E.164) and queue it, sealed, with the deed.

    ``words`` fill ``<room>/text/<name>.txt``, or ``<room>/voice/<name>.txt`` for a call. A text with a ``code`` ends in
    the line by which browsers fill it in on our own site alone (origin-bound one-time codes). It is not sent any more
    from ``until`` on (seconds since the epoch).
    """
    said = {"to": to, "text": _write(template, locale, channel, words), "until": until}
    queue(channel, said, account_id=account_id)


def _write(template: str, locale: str, channel: Channel, words: Mapping[str, Any]) -> str:
    room, _, name = template.partition("/")
    with speaking(locale):
        text = current_app.jinja_env.get_template(f"{room}/{channel}/{name}.txt").render(words).strip()
    return f"{text}\n\n{_bound(words['code'])}" if channel == TEXT and "code" in words else text


def _bound(code: str) -> str:
    return f"@{urlsplit(settings().issuer).hostname} #{code}"
