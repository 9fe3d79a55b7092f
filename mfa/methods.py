"""The second factors as authentication methods.

A recovery code is a look-up secret: something one has (NIST SP 800-63B-4 section 3.1.2) and, used once, a one-time
password in the sense of RFC 4949, so its ``amr`` is ``otp`` (RFC 8176 section 2).
"""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from idp.kernel.contracts import AuthMethod, Label
from idp.web.i18n import day
from mfa import service


def _has_app(account_id: str) -> bool:
    """Whether an app was set up. One that is turned off counts: a password alone must not set up the next."""
    return service.app_of(account_id) is not None


def _app_summary(account_id: str) -> Label:
    app = service.app_of(account_id)
    if app is None:
        return _("Not set up")
    return _("Turned off after too many wrong codes") if app.off else _("Added on %(day)s", day=day(app.created_at))


def _has_codes(account_id: str) -> bool:
    codes = service.codes_of(account_id)
    return codes is not None and codes.left > 0


def _codes_summary(account_id: str) -> Label:
    codes = service.codes_of(account_id)
    if codes is None:
        return _("Not made yet")
    if codes.off:
        return _("Turned off after too many wrong codes")
    return ngettext("%(num)d code left", "%(num)d codes left", codes.left)


METHODS = (
    AuthMethod(
        name=service.TOTP,
        factors=("have",),
        amr=("otp",),
        label=_l("Authenticator app"),
        enrolled=_has_app,
        challenge_endpoint="mfa.challenge",
        enrol_endpoint="mfa.set_up",
        manage_endpoint="mfa.manage",
        summary=_app_summary,
    ),
    AuthMethod(
        name=service.RECOVERY_CODE,
        factors=("have",),
        amr=("otp",),
        label=_l("Recovery codes"),
        enrolled=_has_codes,
        challenge_endpoint="mfa.recovery",
        manage_endpoint="mfa.recovery_codes",
        summary=_codes_summary,
    ),
)
