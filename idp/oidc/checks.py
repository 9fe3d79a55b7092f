"""What an authorization request must be, as a list to read aloud. Each check raises the error it answers with.

They run once the app and its return address are proven, so every error may be redirected (OIDC Core section 3.1.2.6).
"""

from __future__ import annotations

from collections.abc import Callable

from idp.oidc.errors import ProtocolError
from idp.oidc.message import Message

PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})
RESPONSE_MODES = ("query", "form_post")
LONGEST_NONCE = 2000
MOST_DIGITS = 9


def no_duplicates(message: Message) -> None:
    """RFC 6749 section 3.1."""
    if message.payload.duplicates:
        raise ProtocolError("invalid_request", "A parameter was sent more than once.")


def printable(message: Message) -> None:
    """No parameter holds control characters."""
    if message.payload.unprintable:
        raise ProtocolError("invalid_request", "A parameter holds characters that are not allowed.")


def no_request_object(message: Message) -> None:
    """OIDC Core section 6: not served, and discovery says so."""
    for name in ("request", "request_uri", "registration"):
        if message.get(name):
            raise ProtocolError(f"{name}_not_supported")


def response_mode(message: Message) -> None:
    """Only the modes that discovery names; a form can only be posted to the web."""
    mode = message.get("response_mode", "query")
    if mode not in RESPONSE_MODES:
        raise ProtocolError("invalid_request", "This response mode is not supported.")
    if mode == "form_post" and not message.get("redirect_uri").startswith(("https:", "http:")):
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


CHECKS: tuple[Callable[[Message], None], ...] = (
    no_duplicates,
    printable,
    no_request_object,
    response_mode,
    prompt,
    max_age,
    nonce,
)


def prompts(message: Message) -> frozenset[str]:
    """The asked prompts."""
    return frozenset(message.get("prompt").split())
