"""Which addresses on the network belong to everybody, and which the operator listed (``BEACON_FETCH_ALLOW``)."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from idp.kernel.settings import Network

Address = IPv4Address | IPv6Address

_GLOBAL_IPV6 = ip_network("2000::/3")
_NEVER_PUBLIC = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # Azure's own services, by a public number
            "192.0.0.0/24",  # IETF protocol assignments
            "192.88.99.0/24",  # 6to4 relays
            "224.0.0.0/4",  # multicast
            "2001::/23",  # Teredo and others that hold an IPv4 address
            "2002::/16",  # 6to4, the same
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet (IANA special-purpose registries, RFC 6890).

    An IPv6 address that wraps an IPv4 address (mapped, NAT64, 6to4, Teredo) is not: it could lead anywhere.
    """
    if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6:
        return False
    return address.is_global and not within(address, _NEVER_PUBLIC)


def within(address: Address, networks: Iterable[Network]) -> bool:
    """Whether an address is in one of these networks."""
    return any(address in network for network in networks)


def literal(host: str) -> Address | None:
    """The address that a host of a URL writes out, in any notation that resolvers understand; None for a name.

    ``localhost`` counts as written out, since it is never looked up (RFC 6761 section 6.3).
    """
    host = host.rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))  # 127.1, 0x7f000001, 0177.0.0.1, 2130706433
    except OSError:
        return None


def listed(host: str, port: int, address: Address | None, allowed: Iterable[str]) -> bool:
    """Whether the operator listed a host by name, by ``name:port``, or by a network that its address is in."""
    return any(
        address is not None and address in network
        if (network := _network(word))
        else word.lower() in {host, f"{host}:{port}"}
        for word in allowed
    )


def _network(word: str) -> Network | None:
    try:
        return ip_network(word, strict=False)
    except ValueError:
        return None
