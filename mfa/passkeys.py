"""Passkeys and security keys: added, shown, counted, renamed, removed (WebAuthn Level 3 sections 7.1 and 7.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, or_, select, update

from idp.accounts.notices import announce, note_credentials
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.crypto import new_id
from idp.kernel.db import execute, insert, transaction
from idp.sessions.strength import is_guarded, methods_of
from idp.tokens.telling import tell_apps
from mfa import events, passkey_challenges, removal, webauthn
from mfa.errors import LastWayIn, NoSuchPasskey, PasskeyRefused, SetUpClosed
from mfa.models import Passkey
from mfa.webauthn import Answer, Known, Made, Shown

MOST_FAILURES = 100
LONGEST_NAME = 64
ABOUT = "passkey"
"""What notices of this module are about; their subject is the passkey's id."""

PASSKEY, DEVICE_PASSKEY, SECURITY_KEY, SYNCED_KEY = "passkey", "device_passkey", "security_key", "synced_key"

SERVES_AS = {
    (True, True): PASSKEY,
    (True, False): DEVICE_PASSKEY,
    (False, False): SECURITY_KEY,
    (False, True): SYNCED_KEY,
}
"""The method that a passkey is, by whether its holder was verified and whether it may leave its device."""


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """One passkey, as its row stands. Times are seconds since the epoch."""

    id: str
    account_id: str
    credential_id: bytes
    public_key: bytes
    name: str
    transports: tuple[str, ...]
    counter: int
    user_verified: bool
    resident: bool | None
    backup_eligible: bool
    backed_up: bool
    failures: int
    regressed_at: int | None
    created_at: int
    used_at: int | None
    leaves_at: int | None
    suspended_at: int | None

    @property
    def method(self) -> str:
        """What it serves as."""
        return SERVES_AS[self.user_verified, self.backup_eligible]

    @property
    def off(self) -> bool:
        """Whether too many answers in a row proved nothing (63B section 3.2.2)."""
        return self.failures >= MOST_FAILURES

    @property
    def usable(self) -> bool:
        """Whether it opens anything now."""
        gone = self.leaves_at is not None and self.leaves_at <= clock.now()
        return not (self.off or gone or self.suspended_at is not None)

    @property
    def stays(self) -> bool:
        """Whether it is usable and no removal of it waits."""
        return self.usable and self.leaves_at is None

    @property
    def opens_alone(self) -> bool:
        """Whether a sign-in can begin with it and end there: it is found without a name, and verifies its holder."""
        return self.user_verified and self.resident is not False

    @property
    def known(self) -> Known:
        """As the browser is told of it."""
        return Known(self.credential_id, self.transports)


@dataclass(frozen=True, slots=True)
class Passed:
    """What a passkey proved: whose it is, and the method passed."""

    account_id: str
    method: str


_ROW = select(*(getattr(Passkey, name) for name in PasskeyView.__dataclass_fields__))


def passkeys_of(account_id: str) -> list[PasskeyView]:
    """All that an account has, oldest first; one whose time is over is gone."""
    there = or_(Passkey.leaves_at.is_(None), Passkey.leaves_at > clock.now())
    return _views(_ROW.where(Passkey.account_id == account_id, there).order_by(Passkey.created_at, Passkey.id))


def usable_of(account_id: str) -> list[PasskeyView]:
    """Those of an account that open something now."""
    return [one for one in passkeys_of(account_id) if one.usable]


def find(account_id: str, passkey_id: str) -> PasskeyView:
    """One of an account's own. Raises :class:`NoSuchPasskey`."""
    for one in passkeys_of(account_id):
        if one.id == passkey_id:
            return one
    raise NoSuchPasskey


# Made


def receive(text: str, *, purpose: str, holder: str) -> Made:
    """A new credential that a browser made for a challenge of this purpose and holder. Raises ``PasskeyRefused``."""
    answer = webauthn.read(text)
    passkey_challenges.spend(answer.challenge, purpose, holder)
    return webauthn.verify_made(answer)


def keep(account_id: str, made: Made, name: str, *, first: bool = False) -> str:
    """Add a credential to an account, and tell its resident. Returns the method that it serves as.

    ``first`` is whether nothing but a password may have been proven, so that no other second factor may be there.
    Raises :class:`PasskeyRefused` when it is somebody's already, and :class:`SetUpClosed`.
    """
    passkey_id, method = new_id(), SERVES_AS[made.user_verified, made.backup_eligible]
    row = {
        "id": passkey_id,
        "account_id": account_id,
        "credential_id": made.credential_id,
        "public_key": made.public_key,
        "name": name[:LONGEST_NAME],
        "transports": made.transports,
        "aaguid": made.aaguid,
        "counter": made.counter,
        "user_verified": made.user_verified,
        "resident": made.resident,
        "backup_eligible": made.backup_eligible,
        "backed_up": made.backed_up,
        "failures": 0,
        "created_at": clock.now(),
    }
    with transaction():
        note_credentials(account_id)  # first, because it makes whoever sets up something else at this moment wait
        if first and is_guarded(account_id):
            raise SetUpClosed("another way")
        kept = execute(insert(Passkey).values(row).on_conflict_do_nothing(index_elements=["credential_id"]))
        if kept.rowcount != 1:
            raise PasskeyRefused("known already")
        record(events.PasskeyAdded(passkey_id, method), account_id=account_id)
        announce(account_id, "mfa/passkey_added", about=ABOUT, subject=passkey_id, name=row["name"])
        _tell_apps(account_id, "create")
    return method


# Shown


def prove(text: str, *, purpose: str, holder: str, account_id: str | None = None) -> Passed:
    """What a browser's answer to a challenge of this purpose and holder proves.

    The owner is the credential's own, and must be ``account_id`` where that is known; where it is not, the
    authenticator must name the same one. The method follows what the authenticator did this time and what it was when
    it was added: a key that could not verify its holder then proves possession alone, whoever has given it a PIN
    since. Raises :class:`PasskeyRefused`.
    """
    answer = webauthn.read(text)
    passkey_challenges.spend(answer.challenge, purpose, holder)
    one = _owned(answer, account_id)
    try:
        shown = webauthn.verify_shown(answer, one.public_key)
        if shown.backup_eligible != one.backup_eligible:
            raise PasskeyRefused("backup eligibility")
    except PasskeyRefused:
        _count_failure(one)
        raise
    method = SERVES_AS[shown.user_verified and one.user_verified, one.backup_eligible]
    if not _accept(one, shown, method):
        _note_regression(one)
        raise PasskeyRefused("counter")
    return Passed(one.account_id, method)


def _owned(answer: Answer, account_id: str | None) -> PasskeyView:
    found = _views(_ROW.where(Passkey.credential_id == answer.credential_id))
    if not found:
        raise PasskeyRefused("unknown", unknown=str(answer.credential["id"]))
    one, named = found[0], answer.user_handle
    if one.account_id != (account_id or named) or named not in (None, one.account_id):
        raise PasskeyRefused("owner")
    if not one.usable:
        raise PasskeyRefused("out of use")
    return one


def _accept(one: PasskeyView, shown: Shown, method: str) -> bool:
    """Note the use, if the counter has gone forward or counts nothing (section 6.1.1). One conditional update, so that
    of two answers with one counter a single one is accepted."""
    forward = Passkey.counter < shown.counter if shown.counter else Passkey.counter == 0
    used = {"counter": shown.counter, "backed_up": shown.backed_up, "failures": 0, "used_at": clock.now()}
    with transaction():
        accepted = execute(update(Passkey).where(Passkey.id == one.id, forward).values(used)).rowcount == 1
        if accepted:
            record(events.PasskeyAccepted(one.id, method), account_id=one.account_id)
        return accepted


def _count_failure(one: PasskeyView) -> None:
    with transaction():
        record(events.PasskeyRefused(one.id), account_id=one.account_id)
        more = update(Passkey).where(Passkey.id == one.id).values(failures=Passkey.failures + 1)
        if execute(more.returning(Passkey.failures)).scalar() == MOST_FAILURES:
            record(events.MethodTurnedOff(one.method), account_id=one.account_id)
            announce(one.account_id, "mfa/passkey_off", about=ABOUT, subject=one.id, name=one.name)


def _note_regression(one: PasskeyView) -> None:
    with transaction():
        noted = execute(update(Passkey).where(Passkey.id == one.id).values(regressed_at=clock.now()))
        if noted.rowcount != 1:
            return
        record(events.PasskeyRegressed(one.id), account_id=one.account_id)
        announce(one.account_id, "mfa/passkey_copied", about=ABOUT, subject=one.id, name=one.name)


# Looked after


def rename(account_id: str, passkey_id: str, name: str) -> None:
    """Give it another name. Raises :class:`NoSuchPasskey`."""
    find(account_id, passkey_id)
    with transaction():
        execute(update(Passkey).where(Passkey.id == passkey_id).values(name=name))
        record(events.PasskeyRenamed(passkey_id), account_id=account_id)


def remove(account_id: str, passkey_id: str, *, leaves_at: int | None) -> None:
    """Remove it at once, or at ``leaves_at`` unless that is stopped before, and tell the resident.

    Raises :class:`NoSuchPasskey`, and :class:`LastWayIn` when the account could not be signed in to without it.
    """
    with transaction():
        note_credentials(account_id)  # first, because it makes whoever removes something else at this moment wait
        one = find(account_id, passkey_id)
        _demand_other_ways(one)
        if leaves_at is None:
            execute(delete(Passkey).where(Passkey.id == passkey_id))
            record(events.PasskeyRemoved(passkey_id), account_id=account_id)
        else:
            execute(update(Passkey).where(Passkey.id == passkey_id).values(leaves_at=leaves_at))
            record(events.PasskeyLeaves(passkey_id, leaves_at), account_id=account_id)
        announce(account_id, "mfa/passkey_removed", about=ABOUT, subject=passkey_id, name=one.name, leaves_at=leaves_at)
        _tell_apps(account_id, "delete")


def _tell_apps(account_id: str, change: str) -> None:
    tell_apps(account_id, "credential-change", credential_type="fido2-platform", change_type=change)


def stop_removal(account_id: str, passkey_id: str | None) -> None:
    """Keep a passkey whose removal waits. Raises :class:`NoSuchPasskey` when it is gone."""
    mine = (Passkey.id == passkey_id, Passkey.account_id == account_id, Passkey.leaves_at > clock.now())
    with transaction():
        if execute(update(Passkey).where(*mine).values(leaves_at=None)).rowcount != 1:
            raise NoSuchPasskey
        record(events.PasskeyKept(str(passkey_id)), account_id=account_id)


def _demand_other_ways(one: PasskeyView) -> None:
    others = [other for other in passkeys_of(one.account_id) if other.stays and other.id != one.id]
    removal.demand_another_way(one.account_id, one.method, any(other.method == one.method for other in others))
    knows = any("know" in method.factors for method in methods_of(one.account_id))
    if not knows and not any(other.opens_alone for other in others):
        raise LastWayIn


def quarantine(account_id: str, since: int) -> int:
    """Take out of use what was added since a moment (seconds since the epoch), and keep what was to be removed since.

    Returns how many were taken out.
    """
    new = (Passkey.account_id == account_id, Passkey.created_at >= since, Passkey.suspended_at.is_(None))
    with transaction():
        for one in passkeys_of(account_id):
            if one.created_at < since and one.leaves_at is not None and one.leaves_at - removal.VETO >= since:
                stop_removal(account_id, one.id)
        return execute(update(Passkey).where(*new).values(suspended_at=clock.now())).rowcount


def erase(account_id: str) -> None:
    """Delete all that an account has."""
    with transaction():
        execute(delete(Passkey).where(Passkey.account_id == account_id))


def sweep(limit: int) -> int:
    """Delete passkeys whose removal has waited long enough. Returns how many."""
    over = select(Passkey.id).where(Passkey.leaves_at <= clock.now()).limit(limit)
    with transaction():
        gone = execute(delete(Passkey).where(Passkey.id.in_(over)).returning(Passkey.id, Passkey.account_id)).all()
        for one in gone:
            record(events.PasskeyRemoved(one.id), account_id=one.account_id)
    return len(gone)


def _views(query: Select[Any]) -> list[PasskeyView]:
    return [PasskeyView(**row) for row in execute(query).mappings()]
