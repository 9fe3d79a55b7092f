"""Where a request comes from, and where we are.

Forwarded headers count only when a trusted proxy sent them. Our own address is the issuer, whatever Host says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from flask import request

from idp.kernel import addresses
from idp.kernel.addresses import Address
from idp.kernel.settings import Network, settings

FORWARDED = "X-Forwarded-For"


class AtIssuer:
    """WSGI wrapper: every request is taken as sent to the issuer, so no link or check is built from the Host header."""

    def __init__(self, app: Callable[..., Iterable[bytes]], issuer: str) -> None:
        self.app = app
        self.scheme, self.host = urlsplit(issuer)[:2]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self.app(environ | {"HTTP_HOST": self.host, "wsgi.url_scheme": self.scheme}, start_response)


def client_address() -> str:
    """The address of the browser or app: the right-most untrusted hop behind trusted proxies, else the peer."""
    return str(_client())


def client_network() -> str:
    """The neighbourhood that shares a budget with this client: its /24 (IPv4) or /64 (IPv6), as text."""
    client = _client()
    return str(ip_network(f"{client}/{24 if client.version == 4 else 64}", strict=False))


def within(networks: Iterable[Network]) -> bool:
    """Whether the client is in one of ``networks``. A request that a stranger forwarded never is."""
    if FORWARDED in request.headers and not _trusted(_peer()):
        return False
    return addresses.within(_client(), networks)


def passed_on() -> bool:
    """Whether a trusted proxy sent this request."""
    return _trusted(_peer())


def _client() -> Address:
    nearest = _peer()
    if not _trusted(nearest):
        return nearest
    for hop in reversed(request.headers.get(FORWARDED, "").split(",")):
        if (address := _address(hop)) is None:
            return nearest
        nearest = address
        if not _trusted(address):
            break
    return nearest


def _peer() -> Address:
    return _address(request.remote_addr or "") or IPv4Address(0)


def _trusted(address: Address) -> bool:
    return addresses.within(address, settings().trusted_proxies)


def _address(text: str) -> Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
