"""How fast something that an account is opened with may go: it depends on what this session has proven."""

from __future__ import annotations

from idp.kernel import clock
from idp.kernel.clock import HOUR
from idp.kernel.contracts import SessionView
from idp.kernel.registry import registry
from idp.kernel.settings import settings
from idp.sessions.assurance import AAL2, reached, satisfies
from idp.sessions.strength import at_full_strength, lasting, may_change_credentials
from mfa.enrolled import named
from mfa.errors import LastWayIn, ProvenByTextOnly

VETO = 72 * HOUR
"""How long a removal waits, in seconds, where a stronger proof was possible; every notice of it can stop it."""


def leaves_at(here: SessionView) -> int | None:
    """When something that this session removes goes (seconds since the epoch); None for at once.

    At the account's highest level it goes at once, with any two factors it waits (NIST SP 800-63B-4 section 4.1.2.1),
    and so it does where a change of credentials has to wait (:func:`may_change_credentials`).
    Raises :class:`ProvenByTextOnly` where the only second factor of the session is a restricted one (section 3.2.9).
    """
    proofs = [method for method in named(here.methods) if "have" in method.factors]
    if proofs and all(method.restricted for method in proofs):
        raise ProvenByTextOnly
    at_once = at_full_strength(here) and may_change_credentials(here)
    return None if at_once else clock.now() + VETO


def demand_another_way(account_id: str, name: str, stays: bool) -> None:
    """Refuse to remove one of the method ``name`` when the resident could not sign in without it.

    ``stays`` is whether another one of it stays. Something must be left that a sign-in begins with, and two factors
    where every sign-in needs them; recovery codes do not count, since they run out. Raises :class:`LastWayIn`.
    """
    kinds = registry().methods.values()
    left = [kind for kind in kinds if not kind.spare and (stays if kind.name == name else lasting(kind, account_id))]
    begins = any("know" in kind.factors or satisfies(reached([kind])[0], AAL2) for kind in left)
    if not begins or (settings().mfa == "required" and not satisfies(reached(left)[0], AAL2)):
        raise LastWayIn
