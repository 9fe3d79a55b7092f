"""WebAuthn ceremonies: options for the browser, and what it answers (WebAuthn Level 3). The only door to the library.

Whatever is wrong with an answer is one refusal: the library's parsers raise a dozen kinds of error over strange bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp.kernel.clock import MINUTE
from idp.kernel.settings import settings
from mfa.errors import PasskeyRefused

LIFETIME = 5 * MINUTE
"""How long a browser may take for a ceremony, in seconds."""

LONGEST = 16_000
"""Characters of an answer that are read at all. One without an attestation has about a thousand."""

LONGEST_ID = 1023
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
RSA_BITS = range(2048, 4096 + 1)
PLUGGED_IN = {"usb", "nfc", "ble", "smart-card"}

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_TRANSPORTS = {transport.value for transport in AuthenticatorTransport}


@dataclass(frozen=True, slots=True)
class Known:
    """A credential as the browser is told of it: its id, and how its authenticator is reached."""

    credential_id: bytes
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent, read but not yet believed. ``user_handle`` names the account, where it was sent."""

    credential: dict[str, Any]
    credential_id: bytes
    challenge: str
    user_handle: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """A new credential, verified. ``resident`` is whether it is discoverable, where the browser said so."""

    credential_id: bytes
    public_key: bytes
    aaguid: str
    transports: tuple[str, ...]
    resident: bool | None
    counter: int
    user_verified: bool
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A verified use of a credential. ``counter`` is the authenticator's; the caller compares it with the last one."""

    counter: int
    user_verified: bool
    backup_eligible: bool
    backed_up: bool


def rp_id() -> str:
    """The name that credentials are bound to: the issuer's host (section 5.1.2)."""
    return urlsplit(settings().issuer).hostname or ""


def creation_options(
    challenge: str, *, account_id: str, name: str, existing: Iterable[Known], resident: bool
) -> dict[str, Any]:
    """Options for ``navigator.credentials.create()``.

    With ``resident`` the credential can sign in by itself, so it must be discoverable and verify its holder; without,
    it is a security key for a second step. ``existing`` are not made again. No attestation is asked for.
    """
    selection = AuthenticatorSelectionCriteria(
        resident_key=ResidentKeyRequirement.REQUIRED if resident else ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.REQUIRED if resident else UserVerificationRequirement.PREFERRED,
    )
    options = generate_registration_options(
        rp_id=rp_id(),
        rp_name=settings().site_name,
        user_id=account_id.encode(),
        user_name=name,
        challenge=base64url_to_bytes(challenge),
        timeout=LIFETIME * 1000,
        authenticator_selection=selection,
        exclude_credentials=_descriptors(existing),
        supported_pub_key_algs=ALGORITHMS,
    )
    hints = [] if resident else ["security-key"]
    return options_to_json_dict(options) | {"hints": hints, "extensions": {"credProps": True}}


def request_options(challenge: str, *, known: Iterable[Known] = (), verify: bool = True) -> dict[str, Any]:
    """Options for ``navigator.credentials.get()``; without ``known`` the same for everybody.

    ``verify`` is whether the authenticator must verify its holder, or need only if it can.
    """
    offered = tuple(known)
    wish = UserVerificationRequirement.REQUIRED if verify else UserVerificationRequirement.PREFERRED
    options = generate_authentication_options(
        rp_id=rp_id(),
        challenge=base64url_to_bytes(challenge),
        timeout=LIFETIME * 1000,
        allow_credentials=_descriptors(offered),
        user_verification=wish,
    )
    return options_to_json_dict(options) | {"hints": _hints(offered)}


def read(text: str) -> Answer:
    """What a browser sent. Raises :class:`PasskeyRefused` for anything that is too long or not an answer."""
    if not 0 < len(text) <= LONGEST:
        raise PasskeyRefused("length")
    with _one_refusal():
        credential = json.loads(text)
        handle = credential["response"].get("userHandle")
        client = json.loads(_bytes(credential["response"]["clientDataJSON"]))
        if client.get("crossOrigin", False) is not False or "topOrigin" in client:
            raise PasskeyRefused("framed")
        return Answer(
            credential=credential,
            credential_id=_bytes(credential["rawId"])[: LONGEST_ID + 1],
            challenge=_plain(client["challenge"]),
            user_handle=_bytes(handle).decode("ascii") if handle else None,
        )


def verify_made(answer: Answer) -> Made:
    """Verify a new credential (section 7.1), its challenge apart. Raises :class:`PasskeyRefused`."""
    with _one_refusal():
        made = verify_registration_response(
            credential=answer.credential,
            expected_challenge=base64url_to_bytes(answer.challenge),
            expected_rp_id=rp_id(),
            expected_origin=settings().issuer,
            supported_pub_key_algs=ALGORITHMS,
        )
        if made.credential_id != answer.credential_id or len(made.credential_id) > LONGEST_ID:
            raise PasskeyRefused("credential id")
        _demand_sound_key(made.credential_public_key)
        return Made(
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            aaguid=made.aaguid,
            transports=_transports(answer.credential["response"].get("transports")),
            resident=_resident(answer.credential.get("clientExtensionResults")),
            counter=made.sign_count,
            user_verified=made.user_verified,
            backup_eligible=made.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
            backed_up=made.credential_backed_up,
        )


def verify_shown(answer: Answer, public_key: bytes) -> Shown:
    """Verify the use of a credential (section 7.2), its challenge, owner and counter apart.

    Raises :class:`PasskeyRefused`. The counter is left out so that a copy is told from a forgery.
    """
    with _one_refusal():
        shown = verify_authentication_response(
            credential=answer.credential,
            expected_challenge=base64url_to_bytes(answer.challenge),
            expected_rp_id=rp_id(),
            expected_origin=settings().issuer,
            credential_public_key=public_key,
            credential_current_sign_count=0,
        )
        return Shown(
            counter=shown.new_sign_count,
            user_verified=shown.user_verified,
            backup_eligible=shown.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
            backed_up=shown.credential_backed_up,
        )


@contextmanager
def _one_refusal() -> Iterator[None]:
    try:
        yield
    except PasskeyRefused:
        raise
    except Exception as error:
        raise PasskeyRefused(type(error).__name__) from error


def _plain(text: str) -> str:
    """Base64url as it must be written; the library's decoder skips what is not."""
    if not _BASE64URL.fullmatch(text):
        raise PasskeyRefused("not base64url")
    return text


def _bytes(text: str) -> bytes:
    return base64url_to_bytes(_plain(text))


def _demand_sound_key(encoded: bytes) -> None:
    """A key of the kind that its algorithm says, on its curve and of a usual size: with no attestation nothing else
    looks at it before its first use."""
    stated = decode_credential_public_key(encoded)
    key = decoded_public_key_to_cryptography(stated)
    sound = {
        COSEAlgorithmIdentifier.ECDSA_SHA_256: isinstance(key, EllipticCurvePublicKey)
        and isinstance(key.curve, SECP256R1),
        COSEAlgorithmIdentifier.EDDSA: isinstance(key, Ed25519PublicKey),
        COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256: isinstance(key, RSAPublicKey) and key.key_size in RSA_BITS,
    }
    if not sound[stated.alg]:
        raise PasskeyRefused("key")


def _transports(told: object) -> tuple[str, ...]:
    parts = told if isinstance(told, list) else ()
    return tuple(sorted(_TRANSPORTS.intersection(part for part in parts if isinstance(part, str))))


def _resident(told: object) -> bool | None:
    facts = told.get("credProps") if isinstance(told, dict) else None
    said = facts.get("rk") if isinstance(facts, dict) else None
    return said if isinstance(said, bool) else None


def _descriptors(known: Iterable[Known]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id, transports=[AuthenticatorTransport(name) for name in one.transports]
        )
        for one in known
    ]


def _hints(known: tuple[Known, ...]) -> list[str]:
    """What the browser should look for first: a key to plug in, where there is nothing else."""
    plugged = known and all(one.transports and PLUGGED_IN.issuperset(one.transports) for one in known)
    return ["security-key"] if plugged else []
