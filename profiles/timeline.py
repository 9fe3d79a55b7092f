"""What happened to an account, in sentences: one line of a table for each kind of event that its resident may read.

A kind that stands in no line is not shown. The trail itself holds ids and names of fields only, so what a sentence
names beside it, an app or a device, is read when it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from idp.audit import service as trail
from idp.audit.actor import NOT_STAFF
from idp.audit.service import Entry
from idp.clients import service as clients
from idp.kernel.contracts import Label
from idp.sessions import service as sessions
from idp.sessions.service import SessionFacts

PAGE = 20
"""Lines of one page."""

Group = Literal["sign-ins", "changes", "sharing", "staff"]

GROUPS: Mapping[Group, Label] = {
    "sign-ins": _l("Sign-ins"),
    "changes": _l("Changes"),
    "sharing": _l("Sharing"),
    "staff": _l("What our staff did"),
}
"""What the page can be narrowed to. Staff is whoever acted as an operator, whatever was done."""

TOLD: Mapping[Group, Mapping[str, Label]] = {
    "sign-ins": {
        "account.opened": _l("Your account was opened."),
        "code.refused": _l("A wrong code from an email was entered."),
        "device.approved": _l("You let a device sign in to %(app)s."),
        "device.denied": _l("A device was not let in to %(app)s."),
        "grant.code_replayed": _l("A sign-in at %(app)s was used twice, so it was ended."),
        "grant.issued": _l("You signed in to %(app)s."),
        "grant.refresh_replayed": _l("A permission of %(app)s was used twice, so it was ended."),
        "mfa.code_refused": _l("A wrong code was entered."),
        "mfa.code_sent_twice": _l("A code was entered a second time."),
        "mfa.passkey_refused": _l("A passkey was refused."),
        "mfa.recovery_code_used": _l("A recovery code was used."),
        "password.refused": _l("A wrong password was entered."),
        "session.confirmed": _l("You confirmed that it was you."),
        "session.drifted": _l("A sign-in went on from another place or browser, so we asked for proof."),
        "session.ended": _l("You were signed out."),
        "session.ended_all": _l("You were signed out everywhere."),
        "session.left_app": _l("You were signed out of %(app)s."),
        "session.opened": _l("You signed in."),
        "session.woken": _l("You went on with an earlier sign-in."),
    },
    "changes": {
        "account.closing": _l("You asked us to close your account."),
        "account.disavowed": _l("Your account was secured, because something in it was not you."),
        "account.frozen": _l("Your account was frozen."),
        "account.kept": _l("You kept your account after all."),
        "account.language_changed": _l("The language of our pages and messages was changed."),
        "account.locked": _l("Your account was locked."),
        "account.released": _l("Your account was unfrozen."),
        "account.reset_begun": _l("Setting up your sign-in anew was begun."),
        "account.unlocked": _l("Your account was unlocked."),
        "email.added": _l("An email address was added."),
        "email.chosen": _l("You chose which email address %(app)s gets."),
        "email.kept": _l("An email address that was removed stays."),
        "email.main_changed": _l("Your main email address was changed."),
        "email.removed": _l("An email address was removed."),
        "email.suspended": _l("An email address was taken out of use."),
        "mfa.authenticator_added": _l("An authenticator app was added."),
        "mfa.authenticator_kept": _l("An authenticator app that was removed stays."),
        "mfa.authenticator_leaves": _l("An authenticator app will be removed."),
        "mfa.authenticator_removed": _l("An authenticator app was removed."),
        "mfa.authenticator_renamed": _l("An authenticator app got another name."),
        "mfa.method_turned_off": _l("A way to sign in was turned off after too many wrong codes."),
        "mfa.passkey_added": _l("A passkey was added."),
        "mfa.passkey_kept": _l("A passkey that was removed stays."),
        "mfa.passkey_leaves": _l("A passkey will be removed."),
        "mfa.passkey_regressed": _l("A passkey may have been copied."),
        "mfa.passkey_removed": _l("A passkey was removed."),
        "mfa.passkey_renamed": _l("A passkey got another name."),
        "mfa.recovery_code_replaced": _l("A new recovery code took the place of a used one."),
        "mfa.recovery_codes_made": _l("New recovery codes were made."),
        "notice.answered": _l("The link of a letter from us was used."),
        "password.changed": _l("Your password was changed."),
        "password.disabled": _l("Your password was turned off after too many wrong tries."),
        "phone.added": _l("A phone was added."),
        "phone.made_main": _l("Your main phone was changed."),
        "phone.off": _l("A phone was turned off after too many wrong codes."),
        "phone.removed": _l("A phone was removed."),
        "phone.restored": _l("A phone that was removed stays."),
        "profile.changed": _l("Your profile was changed."),
        "recovery.begun": _l("Getting your account back was begun."),
        "recovery.finished": _l("Your account was recovered."),
        "recovery.lapsed": _l("Getting your account back was not finished in time."),
        "recovery.stopped": _l("Getting your account back was stopped."),
        "recovery.waits": _l("Getting your account back waits, so that you can stop it."),
    },
    "sharing": {
        "consent.changed": _l("You changed what %(app)s sees."),
        "consent.declined": _l("You did not share with %(app)s."),
        "consent.expired": _l("Your sharing with %(app)s ended, because its time was over."),
        "consent.given": _l("You shared information with %(app)s."),
        "consent.withdrawn": _l("You stopped sharing with %(app)s."),
    },
}

SENTENCES: Mapping[str, Label] = {kind: said for lines in TOLD.values() for kind, said in lines.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page. ``session`` is the sign-in that it speaks of; ``staff`` the operator's name, if one acted,
    and ``reason`` what they wrote down.
    """

    id: int
    at: int
    sentence: str
    session: SessionFacts | None
    staff: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, newest first, and where the next page begins; None on the last."""

    lines: list[Line]
    onward: str | None


def page(account_id: str, group: str = "", after: str = "") -> Page:
    """What happened, of one of ``GROUPS`` or of all. ``after`` is the ``onward`` of the page before."""
    kinds = TOLD.get(group, SENTENCES)  # type: ignore[call-overload]
    found = trail.happened(account_id, kinds, by_staff=group == "staff", before=_place(after), limit=PAGE + 1)
    shown = found[:PAGE]
    known = {one.id: one for one in sessions.sessions_of(account_id, live_only=False)}
    onward = f"{shown[-1].at}.{shown[-1].id}" if len(found) > PAGE else None
    return Page([_line(entry, known) for entry in shown], onward)


def line(account_id: str, event_id: str) -> Line | None:
    """One line of this resident's, None for any other."""
    number = _number(event_id)
    entry = trail.find(account_id, number) if number is not None else None
    return _line(entry, {}) if entry is not None and entry.kind in SENTENCES else None


def _line(entry: Entry, known: Mapping[str, SessionFacts]) -> Line:
    client = clients.find(entry.client_id) if entry.client_id else None
    app = client.name if client is not None else _("a service")
    staff = "" if entry.actor in NOT_STAFF else entry.actor
    return Line(
        id=entry.id,
        at=entry.at,
        sentence=str(SENTENCES[entry.kind]) % {"app": app},
        session=known.get(str(entry.facts.get("session_id", ""))),
        staff=staff,
        reason=(entry.reason or "") if staff else "",
    )


def _place(after: str) -> tuple[int, int] | None:
    at, _dot, event_id = after.partition(".")
    numbers = (_number(at), _number(event_id))
    return numbers if None not in numbers else None  # type: ignore[return-value]


def _number(text: str) -> int | None:
    """A number that a database can hold, or None for whatever else stands in an address."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
