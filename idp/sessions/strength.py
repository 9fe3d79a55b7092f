"""What an account can reach, and whether a session stands that high."""

from __future__ import annotations

from idp.accounts import browsers, status
from idp.accounts import service as accounts
from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.contracts import AuthMethod, SessionView
from idp.kernel.registry import registry
from idp.limits.modes import observed
from idp.sessions.assurance import AAL2, AAL2_PHISHING_RESISTANT, ORDER, reached, satisfies
from idp.sessions.attempt import MAY_REPLACE, SET_UP, Attempt
from idp.web.browser import known_as

DRIFT_RULE, HOLD_RULE = "risk.session_drift", "risk.phishable_in_new_browser"
"""The rules of :mod:`idp.risk.rules` that work here; an operator may let either observe only."""

FRESH_FOR = 10 * MINUTE
"""Seconds for which a proof is good enough to change what an account is opened with (ASVS 7.5.1)."""


def methods_of(account_id: str) -> tuple[AuthMethod, ...]:
    """What this account has set up, in the order of the registry."""
    return tuple(method for method in registry().methods.values() if method.enrolled(account_id))


def highest(account_id: str) -> str:
    """The ``acr`` that all the methods of an account together amount to."""
    return reached(methods_of(account_id))[0]


def is_guarded(account_id: str) -> bool:
    """Whether an account holds anything beyond knowledge, working or not.

    A password alone then sets up nothing: what cannot be used now is recovered from, not replaced (63B section 4.2).
    """
    return any(
        (method.held or method.enrolled)(account_id)
        for method in registry().methods.values()
        if set(method.factors) - {"know"}
    )


def lasting(method: AuthMethod, account_id: str) -> int:
    """How many of a method an account has that work and stay."""
    return method.lasting(account_id) if method.lasting else int(method.enrolled(account_id))


def count_ways(account_id: str) -> int:
    """In how many ways a resident can get in that do not run out, as far as one may be lost: second factors and
    passkeys one by one, or the password where it is all there is."""
    counts = [
        lasting(method, account_id)
        for method in registry().methods.values()
        if set(method.factors) - {"know"} and not method.spare
    ]
    return sum(counts) or int(bool(methods_of(account_id)))


def two_factors(account_id: str) -> str:
    """AAL2, or whatever an account can reach below that."""
    return min(AAL2, highest(account_id), key=ORDER.index)


def may_add_way(attempt: Attempt) -> bool:
    """Whether a second way to sign in may be set up during this attempt.

    Something must have been proven, and an account that holds a second factor shows it first, unless it was set up
    here and the attempt has reached two factors with it (63B section 4.1.2.1). A recovery says itself whether it may.
    Nothing is added to an account that is frozen or closing.
    """
    if attempt.purpose == "recover":
        return MAY_REPLACE in attempt.methods
    proven = [registry().methods[name] for name in attempt.methods if name in registry().methods]
    if attempt.account_id is None or not proven:
        return False
    if SET_UP in attempt.methods and satisfies(reached(proven)[0], AAL2):
        return True
    return not is_guarded(attempt.account_id) and not status.is_held(attempt.account_id)


def is_fresh(here: SessionView) -> bool:
    """Whether the last proof of this session is young enough for a change of credentials, and was given where the
    session is used now."""
    drifted = here.drifted and not observed(DRIFT_RULE)
    return here.auth_time >= clock.now() - FRESH_FOR and not drifted


def may_change_credentials(here: SessionView) -> bool:
    """Whether how an account is opened may be changed from this session at once (assurance plan, phishing kits).

    After a proof that a false page could have passed on, in a browser that is new to the account, it waits for a day
    or needs a passkey. An account that is younger than a day and has none may set itself up.
    """
    if not here.new_browser or satisfies(here.acr, AAL2_PHISHING_RESISTANT) or observed(HOLD_RULE):
        return True
    if not browsers.acquaintance(here.account_id, known_as()).new:
        return True
    account = accounts.account(here.account_id)
    young = account is not None and account.created_at > clock.now() - browsers.NEW_FOR
    return young and not satisfies(highest(here.account_id), AAL2_PHISHING_RESISTANT)


def at_full_strength(here: SessionView) -> bool:
    """Whether a session reached the highest level of its account (NIST SP 800-63B-4 section 4.1.2.1)."""
    return satisfies(here.acr, highest(here.account_id))


def at_two_factors(here: SessionView) -> bool:
    """Whether a session reached AAL2, or whatever its account can reach below that."""
    return satisfies(here.acr, two_factors(here.account_id))
