"""An authenticator made of software: it makes and shows passkeys as told, with whatever flags, counter and origin.

What it says is built here byte by byte (WebAuthn Level 3 sections 5.8.1 and 6.1), by none of Beacon's code.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field, replace
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "http://localhost:8000"
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey on one device. ``flags`` and ``counter`` are what it will say next; None counts nothing."""

    flags: int = UP | UV | BE | BS
    counter: int | None = None
    transports: tuple[str, ...] = ("internal", "hybrid")
    origin: str = ORIGIN
    rp_id: str = "localhost"
    discoverable: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes | None = None

    def copy(self, **other: Any) -> Authenticator:
        """The same key on another device, as a thief would have it, or behaving otherwise."""
        return replace(self, **other)

    def make(self, options: dict[str, Any], **client: Any) -> str:
        """What the page's script would send after ``navigator.credentials.create()``."""
        self.user_handle = raw(options["user"]["id"])
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + self.public_key()
        said = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self.data(AT) + attested})
        response = {
            "clientDataJSON": b64(self.client_data("webauthn.create", options["challenge"], client)),
            "attestationObject": b64(said),
            "transports": list(self.transports),
        }
        return self.written(response, clientExtensionResults={"credProps": {"rk": self.discoverable}})

    def show(self, options: dict[str, Any], **client: Any) -> str:
        """What the page's script would send after ``navigator.credentials.get()``."""
        client_data, data = self.client_data("webauthn.get", options["challenge"], client), self.data()
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64(client_data),
            "authenticatorData": b64(data),
            "signature": b64(signature),
            "userHandle": b64(self.user_handle) if self.discoverable and self.user_handle else None,
        }
        return self.written(response)

    def written(self, response: dict[str, Any], **more: Any) -> str:
        name = b64(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response, **more})

    def client_data(self, kind: str, challenge: str, client: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False} | client
        return json.dumps(said).encode()

    def data(self, more: int = 0) -> bytes:
        if self.counter is not None:
            self.counter += 1
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", self.flags | more, self.counter or 0)

    def public_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})


def phone() -> Authenticator:
    """A passkey that is synced to the devices of its holder, verified by face or finger."""
    return Authenticator()


def laptop() -> Authenticator:
    """A passkey that cannot leave its device, with a counter."""
    return Authenticator(flags=UP | UV, counter=0, transports=("internal",))


def usb_key() -> Authenticator:
    """A security key without a PIN: it proves that somebody touched it."""
    return Authenticator(flags=UP, counter=0, transports=("usb",), discoverable=False)
