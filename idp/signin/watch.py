"""What is strange about a sign-in: facts gathered for :mod:`idp.risk`, and browsers that its resident will hear of."""

from __future__ import annotations

from idp.accounts import browsers
from idp.accounts import service as accounts
from idp.accounts.browsers import Acquaintance
from idp.audit.service import search
from idp.kernel import clock
from idp.kernel.clock import DAY, HOUR
from idp.kernel.registry import registry
from idp.limits import service as limits
from idp.risk import service as risk
from idp.risk import sightings
from idp.risk.signals import Signals
from idp.sessions.assurance import AAL2_PHISHING_RESISTANT, reached, satisfies
from idp.sessions.attempt import Attempt
from idp.sessions.service import sessions_of
from idp.signin import new_password
from idp.web.browser import known_as
from idp.web.origin import client_address, client_network
from idp.web.places import country, place

FAILURES = frozenset({"password.refused", "mfa.code_refused", "code.refused"})
MOST_LOOKED_AT = 100


def proof_given(attempt: Attempt, methods: tuple[str, ...]) -> None:
    """Somebody gave the first proof of a sign-in and owes the second. Of a stranger's browser the resident will hear,
    whether the second comes or not."""
    if attempt.purpose != "sign_in" or attempt.account_id is None or len(methods) != 1:
        return
    if browsers.acquaintance(attempt.account_id, known_as()).stranger:
        told = risk.assess("password", Signals(stranger=True), attempt_id=attempt.id, account_id=attempt.account_id)
        if "notify" in told.answers:
            sightings.see(attempt.account_id, attempt.id, finished=False)


def came_in(attempt: Attempt, account_id: str, methods: tuple[str, ...]) -> Acquaintance:
    """Somebody passed all that a sign-in or sign-up owes. Returns how well the account knows the browser.

    Call it before the session opens: the last one tells where the resident was.
    """
    browser = browsers.acquaintance(account_id, known_as())
    signals = _signals(attempt, account_id, methods, browser)
    found = risk.assess(attempt.purpose, signals, attempt_id=attempt.id, account_id=account_id)
    if "notify" in found.answers and attempt.purpose == "sign_in":
        sightings.see(account_id, attempt.id, finished=True)
    return browser


def _signals(attempt: Attempt, account_id: str, methods: tuple[str, ...], browser: Acquaintance) -> Signals:
    now, known = clock.now(), registry().methods
    lately = search(account=account_id, since=now - HOUR, limit=MOST_LOOKED_AT)
    recovered = search(account=account_id, kind="recovery.finished", since=now - 7 * DAY, limit=1)
    return Signals(
        stranger=browser.stranger,
        new_browser=browser.new,
        phishable=not satisfies(reached(known[name] for name in methods)[0], AAL2_PHISHING_RESISTANT),
        known_bad_password=new_password.was_bad(attempt),
        failures=sum(entry.kind in FAILURES for entry in lately),
        failing_accounts=limits.use("password", "network", client_network()).used,
        country_moved=_country_moved(account_id),
        credentials_age=_credentials_age(account_id),
        recovery_age=now - recovered[0].at if recovered else None,
    )


def _country_moved(account_id: str) -> int | None:
    """How long ago the account was last used in another country, in seconds."""
    here = country(place(client_address()))
    last = next(iter(sessions_of(account_id, live_only=False, limit=1)), None)
    there = country(last.place) if last else ""
    return clock.now() - last.seen_at if last and here and there and here != there else None


def _credentials_age(account_id: str) -> int | None:
    """How long ago a way to sign in changed, in seconds; setting up the first ones is no change."""
    account, changed_at = accounts.account(account_id), accounts.resident(account_id).credentials_changed_at
    if account is None or changed_at is None or changed_at == account.created_at:
        return None
    return clock.now() - changed_at
