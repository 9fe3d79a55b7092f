"""The password as a way to sign in."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from idp.accounts import service as accounts
from idp.kernel.contracts import AuthMethod
from idp.web.i18n import day


def _has_password(account_id: str) -> bool:
    return accounts.password_changed_at(account_id) is not None


def _summary(account_id: str) -> str:
    changed_at = accounts.password_changed_at(account_id)
    return str(_("Not set up") if changed_at is None else _("Last changed on %(day)s", day=day(changed_at)))


PASSWORD = AuthMethod(
    name="password",
    factors=("know",),
    amr=("pwd",),
    label=_l("Password"),
    enrolled=_has_password,
    challenge_endpoint="signin.password_step",
    manage_endpoint="profiles.password",
    summary=_summary,
)
