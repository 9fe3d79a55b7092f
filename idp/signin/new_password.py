"""A password that attackers know is replaced, after a full sign-in and before anything else (63B section 3.1.1.2).

The change is owed to the attempt, so nobody gets past it: no session opens before. It asks for no other proof, since
all of them have just been given.
"""

from __future__ import annotations

from idp import lifecycle
from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.kernel.db import transaction
from idp.limits.modes import observed
from idp.sessions import attempt as attempts
from idp.sessions.attempt import Attempt
from idp.sessions.errors import AttemptGone
from idp.signin.methods import PASSWORD
from idp.tokens import service as tokens

RULE = "risk.breached_password"
PAGE = "signin.new_password"

BAD = "bad_password"
"""Noted on an attempt beside its methods when its password is one that attackers know. It is no method."""

REPLACED = "bad_password_replaced"
"""Noted when another one was chosen."""


def notes_on(password: str) -> tuple[str, ...]:
    """What an attempt is to be told after this password was right."""
    return (PASSWORD.name, BAD) if passwords.is_known_bad(password) else (PASSWORD.name,)


def was_bad(attempt: Attempt) -> bool:
    """Whether the password of an attempt is one that attackers know."""
    return BAD in attempt.methods


def is_owed(attempt: Attempt) -> bool:
    """Whether an attempt still owes another password."""
    return was_bad(attempt) and REPLACED not in attempt.methods and not observed(RULE)


def choose(attempt: Attempt, password: str) -> None:
    """Replace the password, and end all that the old one opened. Raises ``WeakPassword`` and ``AttemptGone``."""
    if (account_id := attempt.account_id) is None:
        raise AttemptGone("no account yet")
    kept = passwords.hash_new(password, accounts.main_email(account_id))
    with transaction():
        if not attempts.claim(attempt, REPLACED):
            raise AttemptGone("replaced meanwhile")
        accounts.change_password(account_id, kept)
        lifecycle.tell_apps(account_id, "credential-change", credential_type="password", change_type="update")
        lifecycle.end_other_sessions(account_id, keep=attempt.session_id or "")
        attempts.end_all(account_id, keep=attempt.id)
        tokens.revoke(account_id)
