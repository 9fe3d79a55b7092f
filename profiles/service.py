"""The resident's desk: read and change what residents told about themselves, and change passwords."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import delete

from idp import lifecycle
from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.accounts.events import LanguageChanged
from idp.audit.actor import acting
from idp.audit.service import record
from idp.kernel import clock, db
from idp.kernel.contracts import Resident, SessionView
from idp.kernel.db import execute, transaction
from idp.sessions import attempt as attempts
from idp.sessions import service as sessions
from idp.tokens import service as tokens
from idp.web import i18n
from profiles.catalogue import ENTRIES
from profiles.claims import open_values, place
from profiles.errors import UnknownAttribute
from profiles.events import ProfileChanged
from profiles.models import Attribute

SELF = "self"

Method = Literal["page", "command"]
"""How a value came to us: typed by the resident on a page, or by an operator at the terminal."""


def read(account_id: str) -> dict[str, Any]:
    """Every attribute that the resident holds, by name, as the catalogue keeps it."""
    return open_values(accounts.resident(account_id), frozenset(ENTRIES))


def change(account_id: str, changes: Mapping[str, Any], *, method: Method = "page") -> None:
    """Write attributes by name; None or nothing removes one. All of it happens, or nothing.

    Raises :class:`UnknownAttribute`, or :class:`InvalidValue` for a value that its attribute cannot hold.
    """
    cleaned = {name: _entry_clean(name, value) for name, value in changes.items()}
    with transaction():
        resident = accounts.resident(account_id)
        held = open_values(resident, frozenset(cleaned))
        changed = {name: value for name, value in cleaned.items() if held.get(name) != value}
        if not changed:
            return
        for name, value in changed.items():
            _write(resident, name, value, method)
        _follow_language(account_id, changed.get("preferred_language"))
        accounts.touch(account_id)
        record(ProfileChanged(fields=tuple(sorted(changed)), method=method), account_id=account_id)


def change_password(here: SessionView, new: str) -> None:
    """Give the resident a new password; ``accounts`` tells them by letter. What the old one may have opened ends:
    sessions elsewhere, sign-ins under way, every token, and the present session's secret.

    Raises ``WeakPassword``, also when the password is one of the resident's own names.
    """
    account_id = here.account_id
    kept = passwords.hash_new(new, accounts.main_email(account_id), *own_names(account_id))
    with transaction():
        accounts.change_password(account_id, kept)
        lifecycle.tell_apps(account_id, "credential-change", credential_type="password", change_type="update")
        lifecycle.end_other_sessions(account_id, keep=here.id)
        attempts.end_all(account_id)
        tokens.revoke(account_id)
        sessions.strengthen(here.id, here.methods)


def choose_language(account_id: str, locale: str) -> None:
    """Let our pages, letters and texts speak one of our languages to the resident, by its code."""
    with acting("resident"), transaction():
        accounts.set_locale(account_id, locale)
        record(LanguageChanged(), account_id=account_id)


def greeting_name(account_id: str) -> str:
    """What to call the resident: the preferred name, else the given or family name, else nothing."""
    held = read(account_id)
    legal = held.get("legal_name", {})
    return str(held.get("preferred_name") or legal.get("given") or legal.get("family") or "")


def own_names(account_id: str) -> tuple[str, ...]:
    """Every part of the resident's names."""
    held = read(account_id)
    return (*held.get("legal_name", {}).values(), *held.get("preferred_name", "").split())


def _entry_clean(name: str, value: Any) -> Any:
    if name not in ENTRIES:
        raise UnknownAttribute(detail=name)
    return ENTRIES[name].clean(value)


def _write(resident: Resident, name: str, value: Any, method: Method) -> None:
    if value is None:
        execute(delete(Attribute).where(Attribute.account_id == resident.account_id, Attribute.name == name))
        return
    facts = {
        "sealed": resident.key.seal(place(name), json.dumps(value, ensure_ascii=False)),
        "source": SELF,
        "method": method,
        "recorded_at": clock.now(),
    }
    statement = db.insert(Attribute).values(account_id=resident.account_id, name=name, **facts)
    execute(statement.on_conflict_do_update(index_elements=["account_id", "name"], set_=facts))


def _follow_language(account_id: str, tag: str | None) -> None:
    """Our own pages and letters follow the preferred language, where they speak it."""
    if tag is not None and (code := i18n.match(tag)):
        accounts.set_locale(account_id, code)
