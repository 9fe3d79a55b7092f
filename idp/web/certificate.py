"""The TLS certificate that an app presented, as a trusted proxy passes it on (RFC 8705, RFC 9440).

Each proxy writes it in its own way, and all of them are read: RFC 9440 (``:base64:``), nginx (escaped PEM), Apache (PEM
with blanks for line ends), HAProxy (base64 alone) and Envoy (``Cert="…"`` with escaped PEM).
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import unquote

from cryptography import x509
from flask import request

from idp.kernel.crypto import base64url
from idp.kernel.logs import log
from idp.kernel.settings import settings
from idp.web.origin import passed_on

LONGEST = 16_000
_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ENVOY = re.compile(r'(?:^|;)Cert="([^"\\]+)"')


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, with its ``x5t#S256`` thumbprint."""

    thumbprint: str
    certificate: x509.Certificate


def presented() -> Certificate | None:
    """The certificate of the request at hand. What anybody but a trusted proxy says of it does not count."""
    header = settings().client_cert_header
    text = request.headers.get(header, "") if header else ""
    if not text or not passed_on():
        return None
    try:
        der = _der(text)
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        log().warning("unreadable client certificate")
        return None
    return Certificate(base64url(hashlib.sha256(der).digest()), certificate)


def _der(text: str) -> bytes:
    """The bytes of the one certificate in a header. Raises :class:`ValueError`."""
    if len(text) > LONGEST:
        raise ValueError
    if "=" in text.partition('"')[0] and '"' in text:
        text = _of_envoy(text)
    if len(text) > 1 and text[0] == text[-1] == ":":
        text = text[1:-1]
    if "%" in text:
        text = unquote(text)
    if match := _PEM.fullmatch(text):
        text = "".join(match[1].split())
    return base64.b64decode(text, validate=True)


def _of_envoy(text: str) -> str:
    """The certificate of an ``X-Forwarded-Client-Cert`` header of one hop: with two it is not clear whose it is."""
    found = _ENVOY.findall(text)
    if len(found) != 1 or "," in _QUOTED.sub("", text):
        raise ValueError
    return str(found[0])
