"""The guarded fetcher: the only way in which Beacon calls an address that somebody else named.

It speaks https, to public addresses or those the operator listed. A name is looked up once, and the very address that
was checked is connected to. Nothing is followed, unpacked or waited for: an answer is small, and there in seconds.
"""

from __future__ import annotations

import io
import re
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from idp.kernel.addresses import Address, is_public, listed, literal
from idp.kernel.errors import Refused
from idp.kernel.logs import log
from idp.kernel.settings import settings
from idp.kernel.turns import turn

LARGEST = 64 * 1024
"""Bytes that an answer may have."""

LARGEST_ON_THE_WIRE = 2 * LARGEST
"""Bytes that it may take with its headers and framing."""

SECONDS = 5.0
"""The time for everything: look-up, connection, handshake, request and answer."""

_URL = re.compile(r"[!-\[\]-~]{1,2000}")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


class FetchRefused(Refused):
    """An address that must not be fetched, or one that did not answer as it should. ``detail`` says why."""

    code = "fetch_refused"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. ``content_type`` is the media type alone, in lower case."""

    status: int
    content_type: str
    body: bytes


def demand_fetchable(url: str) -> None:
    """Raise :class:`FetchRefused` for an address that could never be fetched, without any look-up."""
    _target(url)


@dataclass(frozen=True, slots=True)
class Sent:
    """What is posted, and its media type."""

    content_type: str
    body: bytes


def fetch(
    url: str, *, accept: str = "application/json", form: dict[str, str] | None = None, sent: Sent | None = None
) -> Fetched:
    """Get ``url``, or post ``form`` or ``sent`` to it. Raises :class:`FetchRefused`.

    Never call this inside a transaction: others would wait for a stranger. While a request waits, it is refused at once
    where it is not the host's turn (:mod:`idp.kernel.turns`).
    """
    until = time.monotonic() + SECONDS
    if form is not None:
        sent = Sent("application/x-www-form-urlencoded", urlencode(form).encode())
    try:
        target = _target(url)
        with turn(target.host.rstrip(".")), _connected(target, until) as line:
            return _asked(_Answer(line, until), target, accept, sent)
    except FetchRefused as error:
        log().warning("fetch refused", detail=error.detail)
        raise
    except (OSError, HTTPException, ValueError) as error:
        log().warning("fetch failed", detail=type(error).__name__)
        raise FetchRefused("The address did not answer as it should.", detail=type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL taken apart. ``path`` has the query and never the fragment."""

    secure: bool
    host: str
    port: int
    authority: str
    path: str

    def listed(self, address: Address | None) -> bool:
        return listed(self.host, self.port, address, settings().fetch_allow)


def _target(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _refused("not a URL") from error
    if not _URL.fullmatch(url) or parts.scheme not in {"https", "http"} or "@" in parts.netloc or port == 0:
        raise _refused("not a plain https URL")
    if not _HOST.fullmatch(host) or (":" in host) != ("[" in parts.netloc):
        raise _refused("not a host name")
    secure = parts.scheme == "https"
    if _place(parts) in _ours():
        raise _refused("our own address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = _Target(secure, host, _port(parts), parts.netloc, path)
    address = literal(host)
    if not target.listed(address) and not (secure and (address is None or is_public(address))):
        raise _refused("only https, and only public addresses")
    return target


def _port(url: SplitResult) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _place(url: SplitResult) -> tuple[Address | str, int]:
    """Where a URL leads, in one notation."""
    host = url.hostname or ""
    return literal(host) or host.rstrip("."), _port(url)


def _ours() -> set[tuple[Address | str, int]]:
    """Where Beacon itself is reached. It must not wait for itself."""
    return {_place(urlsplit(origin)) for origin in settings().origins}


def _connected(target: _Target, until: float) -> socket.socket:
    """A connection to an address that was checked, with its certificate checked against the name."""
    line = _line_to(_addresses(target, until), target.port, until)
    if not target.secure:
        return line
    line.settimeout(_left(until))
    try:
        return _trust(settings().fetch_ca_file).wrap_socket(line, server_hostname=target.host)
    except BaseException:
        line.close()
        raise


def _addresses(target: _Target, until: float) -> list[Address]:
    """Where the target may be reached: at its listed addresses, or at all of them when all are public."""
    found = _looked_up(target, until)
    if chosen := [address for address in found if target.listed(address)]:
        return chosen
    if not (found and target.secure and all(map(is_public, found))):
        raise _refused("no public address")
    return found


def _looked_up(target: _Target, until: float) -> list[Address]:
    """What the resolver says, asked once. It knows no deadline, so it is asked beside."""
    said: SimpleQueue[list[Any]] = SimpleQueue()

    def ask() -> None:
        found: list[Any] = []
        with suppress(OSError, UnicodeError):
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        said.put(found)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return [ip_address(entry[4][0]) for entry in said.get(timeout=_left(until))]
    except Empty:
        raise TimeoutError from None


def _line_to(addresses: list[Address], port: int, until: float) -> socket.socket:
    """A connection to the first address that takes one."""
    for address in addresses:
        line = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
        try:
            line.settimeout(_left(until))
            line.connect((str(address), port))
        except OSError:
            line.close()
        else:
            return line
    _left(until)
    raise ConnectionError


@lru_cache(maxsize=2)
def _trust(further: Path | None) -> ssl.SSLContext:
    """The certificate authorities of the system, and the operator's own."""
    context = ssl.create_default_context()
    if further is not None:
        context.load_verify_locations(cafile=further)
    return context


class _Answer(io.RawIOBase):
    """A connection as http.client reads it: no more than so many bytes, and none after the deadline."""

    def __init__(self, line: socket.socket, until: float) -> None:
        self.line, self.until, self.room = line, until, LARGEST_ON_THE_WIRE

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.line.settimeout(_left(self.until))
        count = self.line.recv_into(buffer)
        self.room -= count
        if self.room < 0:
            raise _refused("too large")
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def send(self, message: bytes) -> None:
        self.line.settimeout(_left(self.until))
        self.line.sendall(message)


def _asked(line: _Answer, target: _Target, accept: str, sent: Sent | None) -> Fetched:
    method, body = ("POST", sent.body) if sent else ("GET", b"")
    headers = {
        "Host": target.authority,
        "User-Agent": "Beacon",
        "Accept": accept,
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if sent is not None:
        headers |= {"Content-Type": sent.content_type, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    line.send(f"{method} {target.path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    response = HTTPResponse(line, method=method)  # type: ignore[arg-type]
    response.begin()
    return _read(response)


def _read(response: HTTPResponse) -> Fetched:
    """The answer, whole and as it is, or a refusal."""
    if 300 <= response.status < 400:
        raise _refused("a redirect")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _refused("a packed answer")
    body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise _refused("too large")
    if response.length:
        raise _refused("an answer cut short")
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Fetched(response.status, content_type, body)


def _left(until: float) -> float:
    if (seconds := until - time.monotonic()) <= 0:
        raise TimeoutError
    return seconds


def _refused(why: str) -> FetchRefused:
    return FetchRefused("Beacon may not fetch from this address, or it did not answer as it should.", detail=why)
