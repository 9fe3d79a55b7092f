"""Authenticator apps: set up, their codes checked and spent, renamed, removed.

A code works once: one conditional update spends it and its row count is the answer. Nobody says which app a wrong code
was meant for, so it counts against all of an account; one that was wrong a hundred times in a row is off until it is
set up anew (NIST SP 800-63B-4 section 3.2.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, delete, or_, select, update

from idp.accounts.notices import announce, note_credentials
from idp.audit.service import record
from idp.kernel import clock
from idp.kernel.crypto import keyring, new_id, open_for_system, seal_for_system
from idp.kernel.db import execute, insert, transaction
from idp.limits import service as limits
from idp.sessions.strength import is_guarded
from idp.tokens.telling import tell_apps
from mfa import events, totp
from mfa.errors import ClockOff, NoSuchApp, SetUpClosed, TooManyApps, TurnedOff, WrongCode
from mfa.models import TotpAuthenticator
from mfa.removal import VETO, demand_another_way

TOTP = "totp"
"""The name of the method, and what notices of this module are about; their subject is the app's id."""

MOST_APPS = 5
MOST_FAILURES = 100
LONGEST_NAME = 64
NEVER = 0

_ROW = select(*TotpAuthenticator.__table__.columns)


@dataclass(frozen=True, slots=True)
class App:
    """An authenticator app. Times are seconds since the epoch; ``off`` after too many wrong codes."""

    id: str
    name: str | None
    created_at: int
    used_at: int | None
    leaves_at: int | None
    off: bool
    suspended: bool

    @property
    def works(self) -> bool:
        """Whether its codes are taken."""
        return not (self.off or self.suspended)

    @property
    def stays(self) -> bool:
        """Whether it works and no removal of it waits."""
        return self.works and self.leaves_at is None


def apps_of(account_id: str) -> list[App]:
    """All that an account has, working or not, oldest first; one whose time is over is gone."""
    return [_app(row) for row in execute(_mine(account_id))]


def find(account_id: str, app_id: str) -> App:
    """One of an account's own. Raises :class:`NoSuchApp`."""
    for app in apps_of(account_id):
        if app.id == app_id:
            return app
    raise NoSuchApp


# Set up


def confirm_totp(account_id: str, occasion: str, code: str, *, name: str | None = None, first: bool = False) -> int:
    """Set up the app that read the seed of this ``occasion`` (see ``totp.seed_for``) and shows ``code``.

    Returns how many seconds its clock is ahead of ours. ``first`` is whether nothing but a password may have been
    proven, so that no other second factor may be there. Raises :class:`WrongCode`, :class:`TooManyApps`, and
    :class:`SetUpClosed` when something else was set up meanwhile, or this app already.
    """
    seed, at = totp.seed_for(account_id, occasion), clock.now()
    step = totp.matching_step(seed, code, at, NEVER, window=totp.SET_UP_WINDOW)
    if step is None:
        seconds = totp.seconds_off(seed, code, at)
        raise WrongCode if seconds is None else ClockOff(seconds)
    app_id, drift = _id_of(account_id, occasion), totp.drift_of(step, at)
    with transaction():
        note_credentials(account_id)  # first, because it makes whoever sets up something else at this moment wait
        if first and is_guarded(account_id):
            raise SetUpClosed("another way")
        if sum(app.works for app in apps_of(account_id)) >= MOST_APPS:
            raise TooManyApps
        _keep(account_id, app_id, seed, step, name=name, drift=drift)
        announce(account_id, "mfa/authenticator_added", about=TOTP, subject=app_id)
        tell_apps(account_id, "credential-change", credential_type="app", change_type="create")
    return drift


def add_totp_for_operator(account_id: str) -> str:
    """Give a new account an authenticator app, and return its seed (base32) for the operator to hand over."""
    seed = totp.new_seed()
    with transaction():
        _keep(account_id, new_id(), seed, NEVER)
    return seed


def _keep(
    account_id: str, app_id: str, seed: str, step: int, *, name: str | None = None, drift: int | None = None
) -> None:
    row = {
        "id": app_id,
        "account_id": account_id,
        "name": name[:LONGEST_NAME] if name else None,
        "seed": seal_for_system(seed, _context(app_id, account_id)),
        "last_step": step,
        "drift": drift,
        "failures": 0,
        "created_at": clock.now(),
    }
    with transaction():
        if execute(insert(TotpAuthenticator).values(row).on_conflict_do_nothing()).rowcount != 1:
            raise SetUpClosed("this app already")
        record(events.AuthenticatorAdded(app_id), account_id=account_id)


def _id_of(account_id: str, occasion: str) -> str:
    """The same for one occasion, so that the seed it showed is set up once."""
    return keyring().keyed("index", f"totp id\0{account_id}\0{occasion}").hex()[:32]


def _context(app_id: str, account_id: str) -> str:
    return f"totp\0{account_id}\0{app_id}"


# Used


def verify_totp(account_id: str, code: str, *, network: str, browser: bytes | None = None, known: str = "") -> None:
    """Spend a code of one of the resident's apps, typed in this ``browser`` and coming from ``network``, as the limits
    know it. ``known`` is the id of a browser that the account knows, which has a budget of its own.

    Raises ``Throttled``, :class:`TurnedOff`, and :class:`WrongCode` for a wrong, used or older code, which is
    :class:`ClockOff` where a wrong clock explains it. That is said in known browsers alone: a stranger who guesses
    would learn a code whose time is still to come. Only a wrong code counts towards turning the apps off: one sent
    twice is a mishap, not a guess.
    """
    limits.spend("second_factor", account=account_id, network=network, known=known)
    usable = _mine(account_id).where(TotpAuthenticator.suspended_at.is_(None))
    apps = execute(usable).all()
    working = [app for app in apps if app.failures < MOST_FAILURES]
    if apps and not working:
        raise TurnedOff
    at, seeds = clock.now(), {app.id: open_for_system(app.seed, _context(app.id, account_id)) for app in working}
    for app in working:
        step = totp.matching_step(seeds[app.id], code, at, app.last_step, drift=app.drift)
        if step is not None and _spend_step(account_id, app.id, step, at, browser):
            limits.forgive("second_factor", account=account_id, network=network, known=known)
            return
    for app in working:
        if totp.matching_step(seeds[app.id], code, at, NEVER, drift=app.drift) is not None:
            _note_used_again(account_id, app.id, browser)
            raise WrongCode
    _count_failure(account_id)
    off = (totp.seconds_off(seed, code, at) for seed in seeds.values())
    seconds = next((one for one in off if one is not None), None) if known else None
    raise WrongCode if seconds is None else ClockOff(seconds)


def _spend_step(account_id: str, app_id: str, step: int, at: int, browser: bytes | None) -> bool:
    """One conditional update; with it the wrong codes before are forgotten, those of the other apps too."""
    used = {"last_step": step, "last_browser": browser, "drift": totp.drift_of(step, at), "used_at": at}
    with transaction():
        spent = execute(
            update(TotpAuthenticator)
            .where(
                TotpAuthenticator.id == app_id,
                TotpAuthenticator.last_step < step,
                TotpAuthenticator.failures < MOST_FAILURES,
                TotpAuthenticator.suspended_at.is_(None),
            )
            .values(used)
        )
        if spent.rowcount != 1:
            return False
        mine = (TotpAuthenticator.account_id == account_id, TotpAuthenticator.failures < MOST_FAILURES)
        execute(update(TotpAuthenticator).where(*mine, TotpAuthenticator.failures > 0).values(failures=0))
        record(events.CodeAccepted(TOTP), account_id=account_id)
        return True


def _note_used_again(account_id: str, app_id: str, browser: bytes | None) -> None:
    there = execute(select(TotpAuthenticator.last_browser).where(TotpAuthenticator.id == app_id)).scalar()
    with transaction():
        record(events.CodeRefused(TOTP), account_id=account_id)
        if there is not None and there != browser:
            record(events.CodeSentTwice(TOTP), account_id=account_id)


def _count_failure(account_id: str) -> None:
    on = (TotpAuthenticator.account_id == account_id, TotpAuthenticator.failures < MOST_FAILURES)
    with transaction():
        record(events.CodeRefused(TOTP), account_id=account_id)
        more = update(TotpAuthenticator).where(*on).values(failures=TotpAuthenticator.failures + 1)
        counts = execute(more.returning(TotpAuthenticator.failures)).scalars().all()
        if MOST_FAILURES in counts:
            record(events.MethodTurnedOff(TOTP), account_id=account_id)
            announce(account_id, "mfa/turned_off", about=TOTP, method=TOTP)


# Looked after


def rename(account_id: str, app_id: str, name: str) -> None:
    """Give it another name. Raises :class:`NoSuchApp`."""
    find(account_id, app_id)
    with transaction():
        execute(update(TotpAuthenticator).where(TotpAuthenticator.id == app_id).values(name=name[:LONGEST_NAME]))
        record(events.AuthenticatorRenamed(app_id), account_id=account_id)


def remove(account_id: str, app_id: str, *, leaves_at: int | None) -> None:
    """Remove it at once, or at ``leaves_at`` unless that is stopped before, and tell the resident.

    Raises :class:`NoSuchApp`, and ``LastWayIn`` where the account needs it.
    """
    with transaction():
        note_credentials(account_id)  # first, because it makes whoever removes something else at this moment wait
        app = find(account_id, app_id)
        demand_another_way(account_id, TOTP, any(one.stays for one in apps_of(account_id) if one.id != app_id))
        if leaves_at is None:
            execute(delete(TotpAuthenticator).where(TotpAuthenticator.id == app_id))
            record(events.AuthenticatorRemoved(app_id), account_id=account_id)
        else:
            execute(update(TotpAuthenticator).where(TotpAuthenticator.id == app_id).values(leaves_at=leaves_at))
            record(events.AuthenticatorLeaves(app_id, leaves_at), account_id=account_id)
        tell_apps(account_id, "credential-change", credential_type="app", change_type="delete")
        announce(
            account_id, "mfa/authenticator_removed", about=TOTP, subject=app_id, name=app.name, leaves_at=leaves_at
        )


def stop_removal(account_id: str, app_id: str | None) -> None:
    """Keep an app whose removal waits. Raises :class:`NoSuchApp` when it is gone."""
    mine = (TotpAuthenticator.id == app_id, TotpAuthenticator.account_id == account_id)
    with transaction():
        waits = update(TotpAuthenticator).where(*mine, TotpAuthenticator.leaves_at > clock.now())
        if execute(waits.values(leaves_at=None)).rowcount != 1:
            raise NoSuchApp
        record(events.AuthenticatorKept(str(app_id)), account_id=account_id)


def quarantine(account_id: str, since: int) -> int:
    """Take out of use what was added since a moment (seconds since the epoch), and keep what was to be removed since.

    Returns how many were taken out.
    """
    new = (TotpAuthenticator.account_id == account_id, TotpAuthenticator.created_at >= since)
    with transaction():
        for app in apps_of(account_id):
            if app.created_at < since and app.leaves_at is not None and app.leaves_at - VETO >= since:
                stop_removal(account_id, app.id)
        fresh = update(TotpAuthenticator).where(*new, TotpAuthenticator.suspended_at.is_(None))
        return execute(fresh.values(suspended_at=clock.now())).rowcount


def erase(account_id: str) -> None:
    """Delete all that an account has."""
    with transaction():
        execute(delete(TotpAuthenticator).where(TotpAuthenticator.account_id == account_id))


def sweep(limit: int) -> int:
    """Delete apps whose removal has waited long enough. Returns how many."""
    over = select(TotpAuthenticator.id).where(TotpAuthenticator.leaves_at <= clock.now()).limit(limit)
    gone = delete(TotpAuthenticator).where(TotpAuthenticator.id.in_(over))
    with transaction():
        rows = execute(gone.returning(TotpAuthenticator.id, TotpAuthenticator.account_id)).all()
        for row in rows:
            record(events.AuthenticatorRemoved(row.id), account_id=row.account_id)
    return len(rows)


def _mine(account_id: str) -> Select[Any]:
    there = or_(TotpAuthenticator.leaves_at.is_(None), TotpAuthenticator.leaves_at > clock.now())
    return _ROW.where(TotpAuthenticator.account_id == account_id, there).order_by(
        TotpAuthenticator.created_at, TotpAuthenticator.id
    )


def _app(row: Row[Any]) -> App:
    off = row.failures >= MOST_FAILURES
    return App(row.id, row.name, row.created_at, row.used_at, row.leaves_at, off, row.suspended_at is not None)
