"""Passkeys and security keys as authentication methods (NIST SP 800-63B-4 sections 3.1.6, 3.1.7 and appendix B).

Which of them a passkey is follows from two of its flags alone; :data:`mfa.passkeys.SERVES_AS` is the table. ``hwk`` is
said only of a key that cannot leave its device (RFC 8176 section 2).
"""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from idp.kernel.contracts import AuthMethod, Factor, Label
from mfa import passkeys
from mfa.passkeys import DEVICE_PASSKEY, PASSKEY, SECURITY_KEY, SYNCED_KEY

LABEL = _l("Passkey or security key")
ADVICE = _l("Your face, fingerprint or screen lock, or a security key. Nobody can trick you out of it.")


def _some(name: str) -> Callable[[str], bool]:
    return lambda account_id: any(one.method == name for one in passkeys.usable_of(account_id))


def _lasting(name: str) -> Callable[[str], int]:
    return lambda account_id: sum(one.stays and one.method == name for one in passkeys.passkeys_of(account_id))


def _held(account_id: str) -> bool:
    return bool(passkeys.passkeys_of(account_id))


def _summary(account_id: str) -> Label:
    count = len(passkeys.passkeys_of(account_id))
    return ngettext("%(num)d set up", "%(num)d set up", count) if count else _("Not set up")


def _method(name: str, factors: tuple[Factor, ...], *amr: str, listed: bool = False) -> AuthMethod:
    return AuthMethod(
        name=name,
        factors=factors,
        amr=amr,
        label=LABEL,
        advice=ADVICE,
        enrolled=_some(name),
        held=_held,
        lasting=_lasting(name),
        challenge_endpoint="mfa.passkey_challenge",
        enrol_endpoint="mfa.passkey_set_up",
        manage_endpoint="mfa.passkey_list",
        summary=_summary if listed else None,
        phishing_resistant=True,
        hardware="hwk" in amr,
    )


PASSKEYS = (
    _method(PASSKEY, ("have", "are"), "swk", "user", listed=True),
    _method(DEVICE_PASSKEY, ("have", "are"), "hwk", "user"),
    _method(SECURITY_KEY, ("have",), "hwk"),
    _method(SYNCED_KEY, ("have",), "swk"),
)
