"""What an authorization request must be, as a list to read aloud. Each check raises the error it answers with.

They run once the app and its return address are proven, so every error may be redirected (OIDC Core section 3.1.2.6).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from idp.clients import apis, asking
from idp.clients import service as clients
from idp.clients.errors import MalformedClaims
from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message

PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})
RESPONSE_MODES = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")
LONGEST_REQUEST = 16_000
"""Bytes of an authorization request, however it came."""

LONGEST_NONCE = 2000
MOST_DIGITS = 9
MOST_RESOURCES = 10
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


def no_duplicates(message: Message) -> None:
    """RFC 6749 section 3.1."""
    if message.payload.duplicates:
        raise ProtocolError("invalid_request", "A parameter was sent more than once.")


def printable(message: Message) -> None:
    """No parameter holds control characters."""
    if message.payload.unprintable:
        raise ProtocolError("invalid_request", "A parameter holds characters that are not allowed.")


def short(message: Message) -> None:
    """No longer than a query may be: what came in a request object, or was pushed, is kept, too."""
    if sum(len(name.encode()) + len(value.encode()) for name, value in message.payload.data.items()) > LONGEST_REQUEST:
        raise ProtocolError("invalid_request", "The request is too long.")


def no_registration(message: Message) -> None:
    """OIDC Core section 7.2.1: apps do not describe themselves in a request."""
    if message.get("registration"):
        raise ProtocolError("registration_not_supported")


def response_mode(message: Message) -> None:
    """Only the modes that discovery names; a form can only be posted to the web."""
    mode = message.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        raise ProtocolError("invalid_request", "This response mode is not supported.")
    if mode.startswith("form_post") and not is_web_address(message.get("redirect_uri")):
        raise ProtocolError("invalid_request", "form_post needs a web address.")


def prompt(message: Message) -> None:
    """OIDC Core section 3.1.2.1: known values, and ``none`` alone."""
    asked = prompts(message)
    if asked - PROMPTS or ("none" in asked and len(asked) > 1):
        raise ProtocolError("invalid_request", "The prompt value is not valid.")


def max_age(message: Message) -> None:
    """A whole number of seconds."""
    text = message.get("max_age")
    if text and not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise ProtocolError("invalid_request", "max_age must be a whole number of seconds.")


def nonce(message: Message) -> None:
    """Long enough for anything, short enough to keep."""
    if len(message.get("nonce")) > LONGEST_NONCE:
        raise ProtocolError("invalid_request", "The nonce is too long.")


def claims(message: Message) -> None:
    """OIDC Core section 5.5: an object of objects."""
    try:
        asking.parse(message.get("claims"))
    except MalformedClaims:
        raise ProtocolError("invalid_request", "The claims parameter is not valid.") from None


def dpop_jkt(message: Message) -> None:
    """RFC 9449 section 10: the SHA-256 thumbprint of a key."""
    if message.get("dpop_jkt") and not _THUMBPRINT.fullmatch(message.get("dpop_jkt")):
        raise ProtocolError("invalid_request", "dpop_jkt is not a thumbprint.")


def resource(message: Message) -> None:
    """RFC 8707 section 2: each is an API that one of our apps serves."""
    asked = message.get("resource").split()
    if not asked:
        return
    served = {api.resource: api.client_id for api in apis.every()}
    servers = [clients.live(served.get(one, "")) for one in asked[:MOST_RESOURCES]]
    if len(asked) > MOST_RESOURCES or not all(servers):
        raise ProtocolError("invalid_target", "There is no such resource here.")


CHECKS: tuple[Callable[[Message], None], ...] = (
    no_duplicates,
    printable,
    short,
    no_registration,
    response_mode,
    prompt,
    max_age,
    nonce,
    claims,
    dpop_jkt,
    resource,
)


def is_web_address(uri: str) -> bool:
    """Whether a browser can post a form there."""
    return uri.startswith(("https:", "http:"))


def prompts(message: Message) -> frozenset[str]:
    """The asked prompts."""
    return frozenset(message.words("prompt"))
