"""Signing keys: made, published, used, retired. A key is published before it signs and stays after it stopped.

The set is cached in the process for at most a second; private keys are ready joserfc objects there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import current_app
from joserfc.jwk import ECKey, JWKRegistry, Key, KeySet, OKPKey, RSAKey
from sqlalchemy import insert, select, update

from idp.audit.service import record
from idp.kernel import clock, recent
from idp.kernel.clock import DAY, HOUR, MINUTE
from idp.kernel.crypto import new_id, open_for_system, seal_for_system
from idp.kernel.db import execute, transaction
from idp.keys.errors import LastKey, NoKey, UnknownKey
from idp.keys.events import KeyPublished, KeyRetired
from idp.keys.models import SigningKeyRow

RSA_BITS = 3072
_KINDS: Mapping[str, Callable[[], ECKey | RSAKey | OKPKey]] = {
    "ES256": lambda: ECKey.generate_key("P-256"),
    "RS256": lambda: RSAKey.generate_key(RSA_BITS),
    "PS256": lambda: RSAKey.generate_key(RSA_BITS),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}
ALGORITHMS = tuple(_KINDS)
"""What Beacon signs with. Each algorithm has keys of its own."""

APPS_CACHE = 55 * MINUTE
"""How long apps are told to keep the key set."""

PUBLISHED_AHEAD = HOUR
"""How long a new key is public before it signs: longer than apps cache, by more than clocks and caches differ."""

PUBLIC_AFTER = PUBLISHED_AHEAD + HOUR
"""How long a retired key stays public: the longest a cache or an ID token (five minutes) can still need it."""

HINTS_FOR = 400 * DAY
"""How long an ID token of a retired key still serves as a hint to Beacon itself. Nobody else is told the key."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key with its life in seconds since the epoch. ``key`` holds the private part."""

    kid: str
    alg: str
    key: Key
    created_at: int
    active_at: int
    retired_at: int | None
    removed_at: int | None

    @property
    def state(self) -> str:
        """``published`` (not signing yet), ``active``, ``retired`` or ``removed``."""
        now = clock.now()
        if self.removed_at is not None and self.removed_at <= now:
            return "removed"
        if self.retired_at is not None and self.retired_at <= now:
            return "retired"
        return "active" if self.active_at <= now else "published"

    @property
    def trusted(self) -> bool:
        """Whether Beacon itself still believes what this key signed. A key that others may know left at once."""
        given_up = self.retired_at is not None and self.removed_at == self.retired_at
        return not given_up and (self.retired_at is None or self.retired_at > clock.now() - HINTS_FOR)


def every() -> tuple[SigningKey, ...]:
    """All keys that are public, newest first; at most a second old."""
    return tuple(key for key in _known() if key.state != "removed")


def signer(alg: str) -> SigningKey:
    """The key that signs with ``alg`` now. Raises :class:`NoKey`."""
    for key in every():
        if key.alg == alg and key.state == "active":
            return key
    raise NoKey(f"There is no active {alg} signing key. Run: beacon key rotate")


def pending() -> tuple[SigningKey, ...]:
    """The keys that are public already and do not sign yet, the newest published first."""
    waiting = (key for key in every() if key.state == "published")
    return tuple(sorted(waiting, key=lambda key: key.created_at, reverse=True))


def public_set() -> dict[str, list[dict[str, object]]]:
    """The JWK set (RFC 7517 section 5): public members only, each with kid, alg and use."""
    return {"keys": [_public(key) for key in every()]}


def verification_keys() -> KeySet:
    """The public parts of the keys that Beacon trusts, to verify a hint that it signed itself."""
    return KeySet([JWKRegistry.import_key(_public(key)) for key in _known() if key.trusted])  # type: ignore[arg-type]


def ensure() -> int:
    """Make the first key of each algorithm, signing at once. Returns how many were made."""
    missing = [alg for alg in ALGORITHMS if not any(key.alg == alg and key.state == "active" for key in _load())]
    for alg in missing:
        _make(alg, active_at=clock.now())
    return len(missing)


def rotate(alg: str | None = None, *, at_once: bool = False) -> tuple[str, ...]:
    """Publish a new key of one or every algorithm; an hour later it signs and the old one is retired.

    ``at_once`` is for a key that others may know: the new one signs now, and the old one is withdrawn from the key set
    and trusted no more. Returns the new kids.
    """
    now = clock.now()
    start = now if at_once else now + PUBLISHED_AHEAD
    with transaction():
        chosen = ALGORITHMS if alg is None else (alg,)
        kids = tuple(_make(one, active_at=start) for one in chosen)
        for key in _load():
            if key.alg in chosen and key.kid not in kids and (key.retired_at is None or key.retired_at > start):
                _retire(key.kid, start, public_for=0 if at_once else PUBLIC_AFTER)
    return kids


def retire(kid: str) -> None:
    """Stop signing with a key. Raises :class:`UnknownKey`, or :class:`LastKey` when nothing else could sign."""
    with transaction():
        keys = {key.kid: key for key in _load()}
        if (key := keys.get(kid)) is None:
            raise UnknownKey(f"No key has the id {kid}.")
        others = [other for other in keys.values() if other.alg == key.alg and other.kid != kid]
        if not (any(o.state == "active" for o in others) and any(o.retired_at is None for o in others)):
            raise LastKey(f"This is the only key that signs with {key.alg}. Run: beacon key rotate --at-once")
        _retire(kid, clock.now())


def _known() -> tuple[SigningKey, ...]:
    return recent.recall("signing_keys", None, _load)


def _load() -> tuple[SigningKey, ...]:
    rows = execute(select(SigningKeyRow.__table__).order_by(SigningKeyRow.active_at.desc(), SigningKeyRow.kid))
    return tuple(
        SigningKey(
            kid=row.kid,
            alg=row.alg,
            key=_private(row.kid, row.public["kty"], row.private),
            created_at=row.created_at,
            active_at=row.active_at,
            retired_at=row.retired_at,
            removed_at=row.removed_at,
        )
        for row in rows
    )


def _make(alg: str, *, active_at: int) -> str:
    kid, now = new_id(), clock.now()
    key = _KINDS[alg]()
    with transaction() as connection:
        connection.execute(
            insert(SigningKeyRow),
            {
                "kid": kid,
                "alg": alg,
                "public": key.as_dict(private=False),
                "private": seal_for_system(key.as_pem(private=True).decode(), _context(kid)),
                "created_at": now,
                "active_at": active_at,
            },
        )
        record(KeyPublished(kid=kid, alg=alg, active_at=active_at))
    return kid


def _retire(kid: str, when: int, public_for: int = PUBLIC_AFTER) -> None:
    with transaction() as connection:
        connection.execute(
            update(SigningKeyRow).where(SigningKeyRow.kid == kid).values(retired_at=when, removed_at=when + public_for)
        )
        record(KeyRetired(kid=kid, removed_at=when + public_for))


def _public(key: SigningKey) -> dict[str, object]:
    return {**key.key.as_dict(private=False), "kid": key.kid, "alg": key.alg, "use": "sig"}


def _private(kid: str, kind: str, sealed: bytes) -> Key:
    """The ready key object. A key never changes, so it is opened and checked once a process."""
    ready: dict[str, Key] = current_app.extensions.setdefault("beacon.key_objects", {})
    if kid not in ready:
        ready[kid] = JWKRegistry.import_key(open_for_system(sealed, _context(kid)), kind)
    return ready[kid]


def _context(kid: str) -> str:
    return f"signing-key\0{kid}"
