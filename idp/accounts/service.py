"""Who exists: open an account, find it, check and change its password, read its address.

Every kind of no looks alike from outside: an unknown address, a wrong password, a locked account and a password that
was disabled cost one Argon2 computation and the same statements, and are answered by None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from idp.accounts import browsers, emails, known, notices, passwords, receiving, status
from idp.accounts.errors import AddressTaken, InvalidEmail, NoSuchResident
from idp.accounts.events import AccountOpened, PasswordChanged, PasswordDisabled, PasswordRefused
from idp.accounts.models import Account, EmailAddress, Password
from idp.accounts.passwords import PasswordHash
from idp.audit.service import record
from idp.kernel import clock, db
from idp.kernel.contracts import Resident
from idp.kernel.crypto import ResidentKey, digest, new_id
from idp.kernel.db import execute, transaction
from idp.limits import service as limits
from idp.limits.policy import LIMITS

ACTIVE = status.ACTIVE
PROVABLE = (ACTIVE, *status.HELD)
"""Where a password counts: what was frozen or is closing opens to nobody, but its resident may prove who they are."""

MOST_FAILURES = 100
"""Wrong passwords in a row before a password is disabled (63B section 3.2.2)."""

_VIEW = select(Account.id, Account.status, Account.locale, Account.created_at)
_PASSWORD = (
    select(Account.id, Account.status, Account.browsers_since, Password.hash, Password.failures)
    .join(EmailAddress, EmailAddress.account_id == Account.id)
    .outerjoin(Password, Password.account_id == Account.id)
    .where(
        EmailAddress.lookup == bindparam("lookup"),
        EmailAddress.leaves_at.is_(None),
        EmailAddress.suspended_at.is_(None),
    )
)
_RESIDENT = receiving.with_address(
    select(
        Account.id,
        Account.data_key,
        Account.locale,
        Account.updated_at,
        func.coalesce(Account.credentials_changed_at, Account.created_at).label("credentials_changed_at"),
        receiving.SEALED,
        receiving.CONFIRMED_AT,
    ).where(Account.id == bindparam("account_id")),
    bindparam("client_id"),
)


@dataclass(frozen=True, slots=True)
class AccountView:
    """The plain facts of an account. ``status`` is one of :mod:`idp.accounts.status`; times are epoch seconds."""

    id: str
    status: str
    locale: str
    created_at: int


def open_account(email: str, password: str | None, locale: str, *, confirmed: bool = True) -> str:
    """Open an account under an address its owner has proven to read (``confirmed``), and return its id.

    Raises ``InvalidEmail``, ``WeakPassword``, and :class:`AddressTaken`. Without a password nobody signs in with one.
    """
    address = emails.deliverable(email)
    return open_with(
        address, passwords.hash_new(password, address) if password is not None else None, locale, confirmed
    )


def open_with(
    email: str, kept: PasswordHash | None, locale: str, confirmed: bool = True, account_id: str | None = None
) -> str:
    """The same where the password was hashed before, for those who have a transaction open. ``account_id`` is the id
    that was promised to the new account, if one was. Raises ``InvalidEmail`` and :class:`AddressTaken`.
    """
    address, account_id = emails.deliverable(email), account_id or new_id()
    with transaction():
        key = _keep_account(account_id, locale)
        _keep_address(key, address, confirmed=confirmed)
        if kept is not None:
            _keep_password(account_id, kept)
        record(AccountOpened(email_confirmed=confirmed), account_id=account_id)
    return account_id


def find_by_email(email: str) -> AccountView | None:
    """The account that holds an address, however it is spelt."""
    if (key := _lookup(email)) is None:
        return None
    statement = _VIEW.join(EmailAddress, EmailAddress.account_id == Account.id).where(EmailAddress.lookup == key)
    return _view(execute(statement).first())


def id_of(named: str) -> str:
    """The account id that an operator means by an id or an address. Raises :class:`NoSuchResident`."""
    if "@" not in named:
        return named
    if (found := find_by_email(named)) is None:
        raise NoSuchResident
    return found.id


def account(account_id: str) -> AccountView | None:
    """The account with this id."""
    return _view(execute(_VIEW.where(Account.id == account_id)).first())


def check_password(email: str, password: str, *, network: str, browser: str = "") -> str | None:
    """The id of the account that ``email`` and ``password`` belong to, or None for every kind of no.

    ``browser`` is what the browser shows of earlier sign-ins (:mod:`idp.accounts.known`). The limit ``password`` is
    spent before the password is looked at, for ``network`` and for the account, so that several addresses of one
    account buy no more tries; for an unknown address, for that address. Raises ``Throttled`` and ``ProofOwed``.
    """
    row, key, lane = _whose(email, browser)
    tried = passwords.fingerprint(password)
    limits.spend("password", account=key, network=network, known=lane, tried=tried)
    account_id = _check(row, password)
    if account_id is None:
        limits.fail("password", account=key, tried=tried)
    else:
        limits.forgive("password", account=key, network=network, known=lane)
    return account_id


def challenge_ahead(email: str, *, network: str, browser: str = "") -> str:
    """The challenge of the proof of work that the next password for ``email`` will owe; empty where it owes none."""
    _row, key, lane = _whose(email, browser)
    return limits.foresee("password", account=key, network=network, known=lane)


def confirm_password(account_id: str, password: str, *, network: str, browser: str = "") -> bool:
    """Whether this is the password of a resident who is signed in; spends the same budget as signing in does."""
    return check_password(main_email(account_id), password, network=network, browser=browser) == account_id


def introduce(account_id: str, browser: str) -> str:
    """What a browser is to show from now on, after a sign-in to this account."""
    return browsers.introduce(account_id, browser)


def password_changed_at(account_id: str) -> int | None:
    """When the password was set (seconds since the epoch); None where there is none."""
    statement = select(Password.changed_at).where(Password.account_id == account_id)
    return execute(statement).scalar_one_or_none()


def change_password(account_id: str, kept: PasswordHash) -> None:
    """Set a new password and tell the resident by mail. Raises :class:`NoSuchResident`.

    Whoever calls this has asked for the present password, and ends what was opened with it.
    """
    with transaction():
        _keep_password(account_id, kept)
        record(PasswordChanged(), account_id=account_id)
        notices.note_credentials(account_id)
        notices.announce(account_id, "accounts/password_changed", about="password")


def quarantine_password(account_id: str, since: int) -> int:
    """Let nobody sign in any more with a password that was changed from ``since`` on. Returns how many that were."""
    opened = select(Account.created_at).where(Account.id == account_id).scalar_subquery()
    changed = (Password.changed_at >= since, Password.changed_at > opened)
    with transaction() as connection:
        return connection.execute(delete(Password).where(Password.account_id == account_id, *changed)).rowcount


def resident(account_id: str, client_id: str = "") -> Resident:
    """What claim sources read from, in one query: for the app ``client_id``, with the address that it receives.

    Raises :class:`NoSuchResident`.
    """
    row = execute(_RESIDENT, {"account_id": account_id, "client_id": client_id}).first()
    if row is None:
        raise NoSuchResident
    return Resident(
        account_id=row.id,
        key=ResidentKey(row.id, row.data_key),
        locale=row.locale,
        updated_at=row.updated_at,
        sealed_email=row.sealed_email,
        email_confirmed=row.confirmed_at is not None,
        credentials_changed_at=row.credentials_changed_at,
    )


def main_email(account_id: str) -> str:
    """The address that letters go to. Raises :class:`NoSuchResident`."""
    return _address(resident(account_id))


def set_status(account_id: str, status: str) -> None:
    """Make an account ``active`` or ``locked``; active also takes back a password that wrong tries had disabled.

    Raises :class:`NoSuchResident`.
    """
    with transaction() as connection:
        _change(account_id, status=status)
        if status == ACTIVE:
            connection.execute(update(Password).where(Password.account_id == account_id).values(failures=0))


def set_locale(account_id: str, locale: str) -> None:
    """Remember the resident's language for pages and letters. Raises :class:`NoSuchResident`."""
    _change(account_id, locale=locale)


def touch(account_id: str) -> None:
    """Note that something about the resident changed (the claim ``updated_at``). Raises :class:`NoSuchResident`."""
    _change(account_id)


def _whose(email: str, browser: str) -> tuple[Row[Any] | None, str, str]:
    """What is kept about the password for an address, and under which account key and lane tries at it are counted."""
    key = _lookup(email) or digest(email)
    row = execute(_PASSWORD, {"lookup": key}).first()
    account, since = (row.id, row.browsers_since) if row else (key.hex(), None)
    return row, account, known.recognised(account, browser, since)


def _check(row: Row[Any] | None, password: str) -> str | None:
    usable = row is not None and row.hash is not None and row.status in PROVABLE and row.failures < MOST_FAILURES
    right = passwords.verify(row.hash if row is not None and usable else None, password)
    if row is None or not right:
        _note_refusal(row.id if row else None, counts=usable)
        return None
    if row.failures or passwords.outdated(row.hash):
        _renew(row, password)
    return str(row.id)


def _renew(row: Row[Any], password: str) -> None:
    """Forget wrong tries, and bring the hash to today's parameters; not over a password set meanwhile."""
    kept = passwords.make_hash(password) if passwords.outdated(row.hash) else row.hash
    with transaction() as connection:
        connection.execute(
            update(Password)
            .where(Password.account_id == row.id, Password.hash == row.hash)
            .values(hash=kept, failures=0)
        )


def _note_refusal(account_id: str | None, *, counts: bool) -> None:
    """The same statements for known and unknown, so that neither is told by its time."""
    with transaction() as connection:
        failures = connection.execute(
            update(Password)
            .where(Password.account_id == (account_id if counts else ""))
            .values(failures=Password.failures + 1)
            .returning(Password.failures)
        ).scalar_one_or_none()
        record(PasswordRefused(), account_id=account_id)
        if account_id is not None and failures in LIMITS["password"].notify:
            notices.announce(account_id, "accounts/password_guessed", about="password", count=failures)
        if account_id is not None and failures == MOST_FAILURES:
            record(PasswordDisabled(), account_id=account_id)
            notices.announce(account_id, "accounts/password_disabled", about="password")


def _keep_account(account_id: str, locale: str) -> ResidentKey:
    key, now = ResidentKey.make(account_id), clock.now()
    row = {"id": account_id, "status": ACTIVE, "data_key": key.wrapped, "locale": locale}
    with transaction() as connection:
        connection.execute(insert(Account), row | {"created_at": now, "updated_at": now})
    return key


def _keep_address(key: ResidentKey, address: str, *, confirmed: bool) -> None:
    now = clock.now()
    row = {
        "id": new_id(),
        "account_id": key.account_id,
        "lookup": emails.lookup(address),
        "sealed": key.seal("email", address),
        "is_main": True,
        "confirmed_at": now if confirmed else None,
        "created_at": now,
    }
    with transaction() as connection:
        kept = connection.execute(db.insert(EmailAddress).values(row).on_conflict_do_nothing(index_elements=["lookup"]))
        if kept.rowcount != 1:
            raise AddressTaken


def _keep_password(account_id: str, kept: PasswordHash) -> None:
    values = {"hash": kept, "changed_at": clock.now(), "failures": 0}
    with transaction() as connection:
        connection.execute(
            db.insert(Password)
            .values(account_id=account_id, **values)
            .on_conflict_do_update(index_elements=["account_id"], set_=values)
        )


def _change(account_id: str, **values: str) -> None:
    with transaction() as connection:
        changed = connection.execute(
            update(Account)
            .where(Account.id == account_id, Account.status != status.ERASED)
            .values(**values, updated_at=clock.now())
        )
        if changed.rowcount != 1:
            raise NoSuchResident


def _address(who: Resident) -> str:
    if who.sealed_email is None:
        raise NoSuchResident
    return who.key.open("email", who.sealed_email)


def _lookup(email: str) -> bytes | None:
    try:
        return emails.lookup(email)
    except InvalidEmail:
        return None


def _view(row: Row[Any] | None) -> AccountView | None:
    return AccountView(row.id, row.status, row.locale, row.created_at) if row else None
