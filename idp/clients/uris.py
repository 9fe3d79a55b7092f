"""Which URIs an app may register, and whether a requested one is registered. Exact strings, never patterns.

Sources: RFC 6749 section 3.1.2, RFC 8252 sections 7 and 8, RFC 9700 section 4.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from idp.clients.errors import BadRedirectUri
from idp.kernel.settings import LOOPBACK_HOSTS

LONGEST = 2000
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::([0-9]{1,5}))?(/.*)?", re.ASCII)
_FORBIDDEN = set('\\*<>"^`{|}#')
_HIGHEST_PORT = 65535
_PLAIN = f"A URI has only plain characters, no fragment and no wildcard, and at most {LONGEST} characters."


def demand_redirect_uri(uri: str, *, native: bool) -> None:
    """Raise :class:`BadRedirectUri` unless an app may register ``uri``.

    Web apps use https, or http on loopback while they are developed; native apps (public clients) may also use a
    private scheme in reverse-domain form.
    """
    parts = _demand_plain(uri)
    if parts.scheme == "https" or _is_local(parts):
        _demand_host(uri, parts.netloc, parts.hostname)
    elif not (native and _PRIVATE_SCHEME.fullmatch(parts.scheme)):
        raise BadRedirectUri("Use https. Only a native app may use its own scheme, with a dot in it.", about=uri)


def demand_web_uri(uri: str) -> None:
    """Raise :class:`BadRedirectUri` unless ``uri`` is a page that a resident may be sent to."""
    parts = _demand_plain(uri)
    if parts.scheme != "https" and not _is_local(parts):
        raise BadRedirectUri("Use https.", about=uri)
    _demand_host(uri, parts.netloc, parts.hostname)


def origin_of(uri: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of a URI that was checked before."""
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def is_registered(uri: str, registered: Iterable[str], *, native: bool) -> bool:
    """Whether ``uri`` is one of ``registered``, byte for byte; a native app's loopback port may vary (RFC 8252 7.3)."""
    known = tuple(registered)
    return uri in known or (native and _without_port(uri) in {_without_port(one) for one in known} - {None})


def _demand_plain(uri: str) -> SplitResult:
    if len(uri) > LONGEST or not _PRINTABLE.fullmatch(uri) or _FORBIDDEN & set(uri):
        raise BadRedirectUri(_PLAIN, about=ascii(uri[:100]))
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError as error:
        raise BadRedirectUri("This is not a URI.", about=uri) from error
    if not parts.scheme or not uri.startswith(parts.scheme + ":"):
        raise BadRedirectUri("A URI must be absolute, with a lower-case scheme.", about=uri)
    if re.search(r"/\.{1,2}(/|$)|%2e", parts.path, re.IGNORECASE):
        raise BadRedirectUri("A URI must not have dot segments.", about=uri)
    return parts


def _demand_host(uri: str, netloc: str, host: str | None) -> None:
    if not host or "@" in netloc or not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", host):
        raise BadRedirectUri("A URI needs a host name and no user name.", about=uri)


def is_loopback(host: str | None) -> bool:
    """Whether ``host`` is the device itself, so that it belongs to nobody."""
    return host in LOOPBACK_HOSTS


def _is_local(parts: SplitResult) -> bool:
    return parts.scheme == "http" and is_loopback(parts.hostname)


def _without_port(uri: str) -> str | None:
    match = _LOOPBACK.fullmatch(uri)
    if match is None or int(match[2] or 80) > _HIGHEST_PORT:
        return None
    return match[1] + (match[3] or "")
