"""Random text, digests, and sealing. The only module that imports the cryptography library for secrets at rest.

Four keys live in one key file, outside the database: the key-encryption key (wraps each resident's own key and the
system's secrets), the index key (blind indexes), the pepper (passwords) and the audit key (hash chain).
Every sealed value is bound to its place by associated data, so that it opens nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeGuard

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

from idp.kernel.errors import Misconfigured
from idp.kernel.files import write_once

NONCE_BYTES = 12
KEY_BYTES = 32
LONGEST_ID = 64
KEY_NAMES = ("wrap", "index", "pepper", "audit")


def token() -> str:
    """A secret of 256 random bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """An identifier of 128 random bits, fit for a URL. Unguessable, but not a secret.

    It never begins with a dash, which a terminal would take for an option.
    """
    while (text := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return text


def is_id(value: object) -> TypeGuard[str]:
    """Whether a value could be an identifier. What could not never reaches the database, which may choke on it."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isascii() and value.isprintable()


def digits(count: int) -> str:
    """A code of ``count`` random decimal digits."""
    return f"{secrets.randbelow(10**count):0{count}d}"


def digest(text: str) -> bytes:
    """SHA-256 of a high-entropy secret; what the database keeps of it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def same(left: str | bytes, right: str | bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(_bytes(left), _bytes(right))


class KeyProvider(Protocol):
    """Where the key-encryption key lives. A file today; PKCS#11 and cloud key services fit the same two verbs."""

    def wrap(self, key: bytes, context: str) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys of one installation, read once from a JSON file of base64 texts, 256 bits each."""

    keys: dict[str, bytes]

    @classmethod
    def make(cls) -> KeyFile:
        """Fresh random keys."""
        return cls({name: secrets.token_bytes(KEY_BYTES) for name in KEY_NAMES})

    @classmethod
    def read(cls, path: Path) -> KeyFile:
        """Read a key file. Raises :class:`Misconfigured` when it is missing or not one."""
        try:
            keys = {name: base64.b64decode(text, validate=True) for name, text in json.loads(path.read_text()).items()}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise Misconfigured(f"The key file {path} cannot be read: {type(error).__name__}.") from error
        if set(keys) != set(KEY_NAMES) or any(len(key) != KEY_BYTES for key in keys.values()):
            raise Misconfigured(f"The key file {path} must hold {', '.join(KEY_NAMES)}, each 256 bits in base64.")
        return cls(keys)

    def write(self, path: Path) -> None:
        """Write the keys for the owner's eyes only. Raises :class:`FileExistsError`; a key file is never replaced."""
        text = json.dumps({name: base64.b64encode(key).decode() for name, key in self.keys.items()}, indent=1)
        write_once(path, text + "\n")

    def wrap(self, key: bytes, context: str) -> bytes:
        return _seal(self.keys["wrap"], key, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        return _open(self.keys["wrap"], wrapped, context)

    def keyed(self, name: str, text: str) -> bytes:
        """HMAC-SHA-256 of ``text`` under the key ``name``."""
        return hmac.new(self.keys[name], text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def keyring() -> KeyFile:
    """The key file of the running app."""
    return current_app.extensions["beacon.keys"]  # type: ignore[no-any-return]


def blind_index(kind: str, value: str) -> bytes:
    """A keyed digest by which a sealed value can be looked up. ``value`` must be normalised already."""
    return keyring().keyed("index", f"{kind}\0{value}")


def successor(secret: str) -> str:
    """The secret that follows another one: 256 bits that only the holder of the key file can derive."""
    return base64url(keyring().keyed("index", f"successor\0{secret}"))


def base64url(raw: bytes) -> str:
    """Bytes as text for addresses and tokens, without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def seal_for_system(value: str, context: str) -> bytes:
    """Seal a secret of the system's own (signing key, factor seed, waiting letter)."""
    return keyring().wrap(value.encode(), context)


def open_for_system(sealed: bytes, context: str) -> str:
    """Open what :func:`seal_for_system` sealed with the same context."""
    return keyring().unwrap(sealed, context).decode()


@dataclass(frozen=True, slots=True)
class ResidentKey:
    """One resident's own key. Destroying the wrapped form erases everything sealed with it."""

    account_id: str
    wrapped: bytes

    @classmethod
    def make(cls, account_id: str) -> ResidentKey:
        """A fresh key for a new account."""
        return cls(account_id, keyring().wrap(secrets.token_bytes(KEY_BYTES), f"resident\0{account_id}"))

    def seal(self, field: str, value: str) -> bytes:
        """Seal one personal value, bound to this account and field."""
        return _seal(self._key(), value.encode(), f"{self.account_id}\0{field}")

    def open(self, field: str, sealed: bytes) -> str:
        """Open what :meth:`seal` sealed for the same field."""
        return _open(self._key(), sealed, f"{self.account_id}\0{field}").decode()

    def _key(self) -> bytes:
        return keyring().unwrap(self.wrapped, f"resident\0{self.account_id}")


def _seal(key: bytes, plain: bytes, context: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def _open(key: bytes, sealed: bytes, context: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise Misconfigured("A sealed value does not open with this key file.") from error


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
