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
from mfa import codes, service


def _has_app(account_id: str) -> bool:
    return any(app.works for app in service.apps_of(account_id))


def _holds_app(account_id: str) -> bool:
    return bool(service.apps_of(account_id))


def _lasting_apps(account_id: str) -> int:
    return sum(app.stays for app in service.apps_of(account_id))


def _app_summary(account_id: str) -> Label:
    apps = service.apps_of(account_id)
    if not apps:
        return _("Not set up")
    if all(app.off for app in apps):
        return _("Turned off after too many wrong codes")
    if len(apps) == 1:
        return _("Added on %(day)s", day=day(apps[0].created_at))
    return ngettext("%(num)d set up", "%(num)d set up", len(apps))


def _has_codes(account_id: str) -> bool:
    kept = codes.codes_of(account_id)
    return kept is not None and kept.work


def _holds_codes(account_id: str) -> bool:
    return codes.codes_of(account_id) is not None


def _codes_summary(account_id: str) -> Label:
    kept = codes.codes_of(account_id)
    if kept is None:
        return _("Not made yet")
    if kept.off:
        return _("Turned off after too many wrong codes")
    if kept.suspended:
        return _("Out of use")
    return ngettext("%(num)d code left", "%(num)d codes left", kept.left)


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
        advice=_l("An app on your phone or computer makes a new code every 30 seconds. It works without a signal."),
        held=_holds_app,
        lasting=_lasting_apps,
    ),
    AuthMethod(
        name=codes.RECOVERY_CODE,
        factors=("have",),
        amr=("otp",),
        label=_l("Recovery codes"),
        enrolled=_has_codes,
        challenge_endpoint="mfa.recovery",
        manage_endpoint="mfa.recovery_codes",
        summary=_codes_summary,
        held=_holds_codes,
        spare=True,
    ),
)
