"""Codes by text and call as a way to sign in: a restricted one (NIST SP 800-63B-4 sections 3.1.3 and 3.2.9).

A number can be taken over, so phones come last wherever ways are listed, are never the only choice, and never remove
what is stronger. How they sign in is noted as ``phone`` or ``phone_call``, which differ in their ``amr`` alone.
"""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from idp.accounts import phones, texting
from idp.accounts.errors import CodeExhausted, WrongCode
from idp.accounts.phones import PhoneView
from idp.accounts.texting import Target
from idp.kernel.contracts import AuthMethod, Label
from idp.kernel.db import transaction
from idp.kernel.settings import Settings
from idp.outbox.service import VOICE
from idp.outbox.texts import Channel, channels
from idp.sessions.attempt import Attempt
from idp.tokens.telling import tell_apps
from mfa.access import account_of
from mfa.removal import demand_another_way

PHONE = "phone"
CALL = "phone_call"
PURPOSE = "sign_in_phone"


def method_of(channel: Channel) -> str:
    """What a code proves that came by this channel, as the name of a method."""
    return CALL if channel == VOICE else PHONE


def phones_for(attempt: Attempt) -> list[PhoneView]:
    """The phones that may be used in an attempt; in a recovery, those alone that it may rest on."""
    mine = phones.usable(account_of(attempt))
    return [phone for phone in mine if phone.trusted] if attempt.purpose == "recover" else mine


def target_of(attempt: Attempt, phone: PhoneView, channel: Channel) -> Target:
    """Whom a code is for that is to be typed in this attempt."""
    return Target(phone.account_id, phone.number, channel, PURPOSE, attempt.id)


def verify(attempt: Attempt, phone: PhoneView, channel: Channel, code: str, *, network: str, known: str = "") -> None:
    """Spend the code that was sent to a phone for this attempt. A wrong one counts towards turning the phone off.

    Raises what :func:`idp.accounts.texting.check` does.
    """
    try:
        texting.check(target_of(attempt, phone, channel), code, network=network, known=known)
    except (WrongCode, CodeExhausted):
        phones.failed(phone)
        raise
    phones.passed(phone, PURPOSE)


def remove(account_id: str, phone_id: str) -> None:
    """Remove a phone. It goes at once whatever was proven, since nothing is weaker; any notice of it brings it back.

    Raises ``NoSuchPhone``, and ``LastWayIn`` where the resident could not sign in without it.
    """
    demand_another_way(account_id, PHONE, any(phone.id != phone_id for phone in phones.usable(account_id)))
    by_text = texting.may_tell(account_id)
    with transaction():
        phones.remove(account_id, phone_id, by_text=by_text)
        tell(account_id, "delete")


def tell(account_id: str, change: str) -> None:
    """Tell the apps that a phone was added or removed (CAEP 1.0 section 3.3), in the transaction of the deed."""
    tell_apps(account_id, "credential-change", credential_type="phone-sms", change_type=change)


def _offered(settings: Settings) -> bool:
    return bool(channels(settings))


def _summary(account_id: str) -> Label:
    count = len(phones.usable(account_id))
    return ngettext("%(num)d phone", "%(num)d phones", count) if count else _("Not set up")


METHODS = (
    AuthMethod(
        name=PHONE,
        factors=("have",),
        amr=("sms",),
        label=_l("Text message or phone call"),
        enrolled=phones.has_usable,
        held=phones.held,
        lasting=lambda account_id: len(phones.usable(account_id)),
        challenge_endpoint="mfa.phone_challenge",
        enrol_endpoint="mfa.phone_set_up",
        manage_endpoint="mfa.phones",
        summary=_summary,
        advice=_l("Less safe than the others: a number can be taken over. Use it if nothing else works for you."),
        restricted=True,
        offered=_offered,
    ),
    AuthMethod(
        name=CALL,
        factors=("have",),
        amr=("tel",),
        label=_l("Phone call"),
        enrolled=lambda _account_id: False,  # a phone is one way, however its codes come
        restricted=True,
        offered=_offered,
    ),
)
