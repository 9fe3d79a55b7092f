"""A protocol message as Authlib reads it: parameters parsed once, from the query of a GET or the form of a POST."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from flask import Request

FORM = "application/x-www-form-urlencoded"
REPEATABLE = frozenset({"resource"})
"""Parameters that may come several times (RFC 8707 section 2), read as one text with blanks between its values."""

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


class Payload(OAuth2Payload):  # type: ignore[misc]
    """Parameters with their duplicates. ``data`` holds the first value of each, and all of a repeatable one."""

    def __init__(self, lists: Mapping[str, list[str]]) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list, lists)
        self._data = {
            name: " ".join(values) if name in REPEATABLE else values[0] for name, values in lists.items() if values
        }

    @property
    def data(self) -> dict[str, str]:
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists

    @property
    def duplicates(self) -> list[str]:
        """Names that came more than once and may not (RFC 6749 section 3.1)."""
        return [name for name, values in self._lists.items() if len(values) > 1 and name not in REPEATABLE]

    @property
    def unprintable(self) -> list[str]:
        """Names whose value holds control characters, which no parameter may."""
        return [name for name, value in self._data.items() if _CONTROL.search(value) or _CONTROL.search(name)]


class Message(OAuth2Request):  # type: ignore[misc]
    """One request to a protocol endpoint. ``pushed`` is the digest of the pushed request that it stands for.

    ``recognised`` is the app that sent it, or why none is believed, once it was asked (``BeaconServer.recognise``).
    """

    pushed: bytes | None = None
    recognised: Any = None

    def __init__(self, method: str, lists: Mapping[str, list[str]], headers: Mapping[str, str], path: str = "") -> None:
        # Whether the transport is secure is settled by BEACON_ISSUER at the start, not by each request's own URL.
        super().__init__(method, "https://issuer.invalid", headers=headers)
        self.payload = Payload(lists)
        self.path = path

    @classmethod
    def received(cls, request: Request) -> Message:
        """The message of an HTTP request. A POST speaks through its form alone."""
        source = request.form if request.method == "POST" else request.args
        return cls(request.method, source.to_dict(flat=False), request.headers, request.path)  # type: ignore[arg-type]

    @classmethod
    def kept(cls, parameters: Mapping[str, str], pushed: bytes | None = None) -> Message:
        """An authorization request made of ``parameters``: one that was signed, pushed or parked."""
        message = cls("GET", {name: [value] for name, value in parameters.items()}, {})
        message.pushed = pushed
        return message

    @property
    def args(self) -> dict[str, str]:
        return {} if self.method == "POST" else self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data if self.method == "POST" else {}

    def supply(self, name: str, value: str) -> None:
        """Give a parameter a value where the request has none."""
        if not self.get(name):
            self.payload.data[name] = value

    def get(self, name: str, default: str = "") -> str:
        """The value of a parameter, or ``default``."""
        value: Any = self.payload.data.get(name, default)
        return str(value)

    def words(self, name: str) -> tuple[str, ...]:
        """The words of a parameter that is a list with blanks between (RFC 6749 section 3.3), each once."""
        return tuple(dict.fromkeys(self.get(name).split()))


def is_plain_form(request: Request) -> bool:
    """Whether a request's body is a plain form."""
    return request.mimetype == FORM and not request.headers.get("Content-Encoding")
