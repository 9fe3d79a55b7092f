"""A recovery under way: prove an address, show what is left, set the rest anew. It never opens a session.

It begins alike for addresses that are known, unknown, locked, new or unconfirmed: only who reads the mail learns which
it was. The mailed code is typed on a page; the link in the mail only opens that page. The account stays as it was until
the moment something new is kept, and so does its state: a frozen account stays frozen, a locked one shut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import url_for

from idp import lifecycle
from idp.accounts import codes, emails, known, notices, passwords, trusted
from idp.accounts import service as accounts
from idp.accounts.errors import CodeExpired, InvalidEmail, WrongCode
from idp.accounts.trusted import RECOVERABLE, Holder
from idp.audit.actor import acting
from idp.audit.service import record
from idp.kernel.clock import MINUTE
from idp.kernel.db import transaction
from idp.kernel.registry import registry
from idp.limits import service as limits
from idp.outbox.service import queue_letter
from idp.sessions import attempt as attempts
from idp.sessions.attempt import MAY_REPLACE, SET_UP, Attempt
from idp.sessions.errors import AttemptGone
from idp.sessions.strength import is_guarded
from idp.signin import cases, recovery
from idp.signin.errors import CaseGone, NotOpen
from idp.signin.events import RecoveryBegun, RecoveryFinished
from idp.signin.journey import SECOND_WAY, Step
from idp.signin.methods import PASSWORD
from idp.signin.recovery import Proof, Reset
from idp.web.i18n import locale

RECOVER: Final = "recover"
LIFETIME = 30 * MINUTE
MINUTES = LIFETIME // MINUTE

ADDRESS_PROVEN = "email"
NEW_PASSWORD = "new_password"
WAITED = "waited"
"""Notes on the attempt beside its methods. They are no methods, so they raise no ``acr``."""

SAVED_CODE = "recovery_code"
"""The name of the method whose codes are the saved ones."""

PROOF_OF: dict[str, Proof] = {PASSWORD.name: "password", SAVED_CODE: "saved_code"}
"""What these methods are in the table of recovery; every other one is an authenticator."""

DECISIONS = "decisions"
"""The name of the holding of what apps may see."""

_MAILS = ("recover", "recover_day")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a recovery stands: what was shown, what was set anew, and whether its account ever had two factors."""

    shown: frozenset[Proof]
    done: frozenset[Reset]
    guarded: bool

    @property
    def owed(self) -> recovery.Owed:
        """What comes next."""
        return recovery.owed(self.shown, self.done, guarded=self.guarded)


def begin(email: str, *, request_id: str | None, return_to: str | None, network: str, browser: str) -> Attempt:
    """Begin with an address, and write to it. Raises ``InvalidEmail`` and ``Throttled``.

    ``browser`` is what the browser shows of earlier sign-ins, which has budgets of its own.
    """
    address = emails.deliverable(email)
    who = trusted.holder(address)
    _spend(address, who, _MAILS, network, browser)
    attempt = attempts.begin(RECOVER, email=address, request_id=request_id, return_to=return_to)
    _write(attempt, who)
    return attempt


def begin_from(attempt: Attempt, *, network: str, browser: str) -> Attempt:
    """Begin from a sign-in whose second factor was lost: the password that was typed in it counts.

    What a step-up carries over from its session does not: whoever holds a session need not know the password. Raises
    ``Throttled``.
    """
    if attempt.account_id is None:
        raise AttemptGone("no account yet")
    typed = () if attempt.carries else attempt.methods
    address = accounts.main_email(attempt.account_id)
    who = trusted.holder(address)
    _spend(address, who, _MAILS, network, browser)
    begun = attempts.begin(
        RECOVER,
        email=address,
        request_id=attempt.request_id,
        return_to=attempt.return_to,
        account_id=attempt.account_id,
        methods=tuple(name for name in typed if name == PASSWORD.name),
    )
    _write(begun, who)
    return begun


def begin_wait(attempt: Attempt, *, network: str, browser: str) -> None:
    """Let the slow way begin. Every address and phone hears of it, so it is counted like a day's mails.

    Raises ``Throttled``, and :class:`AttemptGone` where no address was proven.
    """
    if attempt.account_id is None:
        raise AttemptGone("no address proven")
    _spend(attempt.email, trusted.holder(attempt.email), ("recover_day",), network, browser)
    with acting("resident"):
        cases.begin(attempt.account_id, browser)


def send_again(attempt: Attempt, *, network: str, browser: str) -> None:
    """Write once more. Codes of this recovery that were mailed before still work. Raises ``Throttled``."""
    who = trusted.holder(attempt.email)
    _spend(attempt.email, who, _MAILS, network, browser)
    _write(attempt, who)


def prove_address(
    attempt: Attempt, code: str, *, email: str | None = None, moved: bool, network: str, browser: str
) -> None:
    """Take the mailed code, and go on in this browser. ``moved`` is whether the recovery was begun in another one, and
    ``email`` the address that is then typed as well.

    Raises ``WrongCode``, ``CodeExpired``, ``CodeExhausted`` and ``Throttled``.
    """
    who = trusted.holder(attempt.email)
    _spend(attempt.email, who, ("recover_guess",), network, browser)
    if moved and not _same_address(email or "", attempt.email):
        raise WrongCode
    codes.redeem(RECOVER, attempt.id, code)
    if who is None or not who.usable or who.changed_at > attempt.began_at:
        raise CodeExpired
    if attempt.account_id not in {None, who.account_id}:
        raise CodeExpired
    with acting("resident"), transaction():
        if not attempts.adopt(attempt, who.account_id, ADDRESS_PROVEN, moved=moved):
            raise CodeExpired
        record(RecoveryBegun(attempt_id=attempt.id), account_id=who.account_id)
    limits.forgive("recover_guess", account=_lane(attempt.email, who, browser), network=network)


def standing(attempt: Attempt) -> Standing:
    """Where this recovery stands."""
    if attempt.account_id is None:
        return Standing(frozenset(), frozenset(), guarded=True)
    guarded = is_guarded(attempt.account_id)
    return Standing(_shown(attempt, guarded), _done(attempt), guarded)


def proven(attempt: Attempt) -> bool:
    """Whether anything was shown in it at all."""
    return attempt.account_id is not None and bool({ADDRESS_PROVEN, *registry().methods} & set(attempt.methods))


def step(attempt: Attempt) -> Step:
    """The next step of a recovery, as a sign-in knows steps."""
    if not proven(attempt):
        return Step("first")
    match standing(attempt).owed:
        case "more":
            return Step("second", "signin.recover_more")
        case "password":
            return Step("second", "signin.recover_password")
        case "second_factor":
            return Step("enrol", SECOND_WAY)
        case "nothing":
            return Step("done")


def set_password(attempt: Attempt, password: str) -> None:
    """Keep a new password, and end every session. A wait that it rests on is spent with it, and not before.

    Raises ``WeakPassword``, :class:`AttemptGone` where somebody was faster, and :class:`CaseGone`.
    """
    here, account_id = standing(attempt), attempt.account_id
    if account_id is None or here.owed != "password":
        raise AttemptGone("no password is owed")
    kept = passwords.hash_new(password, attempt.email)
    waited = "password" not in recovery.may_reset(here.shown - {"wait"}, guarded=here.guarded)
    with acting("resident"), transaction():
        notes = (NEW_PASSWORD, PASSWORD.name, *((WAITED,) if waited else ()))
        if not attempts.claim(attempt, *notes):
            raise AttemptGone("somebody was faster")
        if waited and WAITED not in attempt.methods and not cases.use(account_id):
            raise CaseGone
        accounts.change_password(account_id, kept)
        lifecycle.end_other_sessions(account_id, keep="")


def finish(attempt: Attempt) -> None:
    """End the recovery: everything is signed out, what was lost is out of use, and everybody concerned is told.

    Raises :class:`NotOpen` for an account that was locked meanwhile, and :class:`AttemptGone` the second time.
    """
    account_id = attempt.account_id or ""
    account = accounts.account(account_id)
    if account is None or account.status not in RECOVERABLE:
        raise NotOpen
    here = standing(attempt)
    with acting("resident"), transaction():
        attempts.finish(attempt.id)
        if not here.done:
            return
        lifecycle.sign_out(account_id)
        if "second_factor" in here.done:
            for retire in registry().retire:
                retire(account_id, attempt.began_at)
        if WAITED in attempt.methods:
            _stop_sharing(account_id)
        else:
            cases.remember(account_id, attempt.began_at)
        facts = {"shown": tuple(sorted(here.shown)), "reset": tuple(sorted(here.done))}
        record(RecoveryFinished(attempt_id=attempt.id, **facts), account_id=account_id)
        notices.note_credentials(account_id)
        notices.announce(account_id, "signin/recovered", about="recovered", reset=facts["reset"])
        lifecycle.tell_apps(account_id, "recovery-activated")


def _shown(attempt: Attempt, guarded: bool) -> frozenset[Proof]:
    """What counts in the table. Neither what was set anew in this recovery nor what may be new in it is a proof."""
    notes = set(attempt.methods)
    shown: set[Proof] = {PROOF_OF.get(name, "authenticator") for name in notes & registry().methods.keys()}
    if NEW_PASSWORD in notes:
        shown.discard("password")
    if MAY_REPLACE in notes:
        shown.discard("authenticator")
    if ADDRESS_PROVEN in notes:
        shown.add("email")
    if guarded and "email" in shown and _waited(attempt):
        shown.add("wait")
    return frozenset(shown)


def _waited(attempt: Attempt) -> bool:
    if WAITED in attempt.methods:
        return True
    case = cases.standing(attempt.account_id or "")
    return case is not None and case.ready


def _done(attempt: Attempt) -> frozenset[Reset]:
    done: set[Reset] = {"password"} if NEW_PASSWORD in attempt.methods else set()
    if {MAY_REPLACE, SET_UP} <= set(attempt.methods):
        done.add("second_factor")
    return frozenset(done)


def _stop_sharing(account_id: str) -> None:
    """After the slow way every app asks its resident anew (63B section 4.2.2, our reading)."""
    for holding in registry().holdings:
        if holding.name == DECISIONS:
            holding.quarantine(account_id, 0)


def _write(attempt: Attempt, who: Holder | None) -> None:
    """A code, or a letter that says why there is none. All cost the same."""
    with transaction():
        if who is None:
            codes.issue_decoy(RECOVER, attempt.id, lifetime=LIFETIME)
            link = url_for("signin.sign_up", _external=True)
            queue_letter("signin/recover_unknown", to=attempt.email, locale=locale(), link=link)
        elif who.usable:
            code = codes.issue(RECOVER, attempt.id, lifetime=LIFETIME, keep=True)
            link = url_for("signin.recover_code", attempt_id=attempt.id, _external=True)
            _letter("recover", who, code=code, link=link, minutes=MINUTES)
        else:
            codes.issue_decoy(RECOVER, attempt.id, lifetime=LIFETIME)
            _letter("recover_not_now", who, locked=not who.open, trusted_from=who.trusted_from)


def _letter(name: str, who: Holder, **words: object) -> None:
    queue_letter(f"signin/{name}", to=who.address, locale=who.locale, account_id=who.account_id, **words)


def _same_address(one: str, other: str) -> bool:
    try:
        return emails.lookup(one) == emails.lookup(other)
    except InvalidEmail:
        return False


def _spend(email: str, who: Holder | None, names: tuple[str, ...], network: str, browser: str) -> None:
    for name in names:
        limits.spend(name, account=_lane(email, who, browser), network=network)


def _lane(email: str, who: Holder | None, browser: str) -> str:
    """A browser that the account knows has budgets of its own, so that nobody else uses up the resident's."""
    if who is None:
        return known.lane(emails.lookup(email).hex(), browser)
    return known.lane(who.account_id, browser, who.browsers_since)
