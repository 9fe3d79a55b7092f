"""An app that proves itself by the certificate of its connection (RFC 8705 section 2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from idp.clients import published
from idp.clients.service import Client
from idp.web import certificate

MORE_NAMES = {
    "emailAddress": NameOID.EMAIL_ADDRESS,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "organizationIdentifier": NameOID.ORGANIZATION_IDENTIFIER,
}
"""Names of attributes that RFC 4514 writes as numbers, and everybody else as words."""

ALTERNATIVES: Mapping[str, Callable[[str], x509.GeneralName]] = {
    "tls_client_auth_san_dns": x509.DNSName,
    "tls_client_auth_san_uri": x509.UniformResourceIdentifier,
    "tls_client_auth_san_ip": lambda text: x509.IPAddress(ip_address(text)),
    "tls_client_auth_san_email": x509.RFC822Name,
}


def belongs_to(client: Client) -> bool:
    """Whether the certificate that was presented is this app's, by the method that it registered."""
    if (shown := certificate.presented()) is None:
        return False
    try:
        return PROOFS[client.auth_method](client, shown.certificate)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False


def _names(client: Client, shown: x509.Certificate) -> bool:
    """``tls_client_auth``: it names the app as registered (section 2.1.2). The proxy has verified its chain."""
    if (subject := client.metadata.tls_client_auth_subject_dn) is not None:
        written = re.sub(r"(?<!\\), +", ",", subject)
        return x509.Name.from_rfc4514_string(written, MORE_NAMES) == shown.subject
    names = [make(text) for member, make in ALTERNATIVES.items() if (text := getattr(client.metadata, member))]
    return bool(names) and names[0] in _alternative_names(shown)


def _alternative_names(shown: x509.Certificate) -> list[x509.GeneralName]:
    try:
        return list(shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []


def _has_key(client: Client, shown: x509.Certificate) -> bool:
    """``self_signed_tls_client_auth``: its key is one of the app's own (section 2.2.2)."""
    own = _subject_key(shown.public_key())
    return own in _subject_keys(client) or own in _subject_keys(client, refetch=True)


def _subject_keys(client: Client, *, refetch: bool = False) -> set[bytes]:
    return {_subject_key(key.public_key) for key in published.keys_of(client, refetch=refetch) or ()}


def _subject_key(key: Any) -> bytes:
    written: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return written


PROOFS: Mapping[str, Callable[[Client, x509.Certificate], bool]] = {
    "tls_client_auth": _names,
    "self_signed_tls_client_auth": _has_key,
}
