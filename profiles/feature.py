"""What this room offers to the roof."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from idp.accounts import service as accounts
from idp.kernel import holdings
from idp.kernel.contracts import Alert, Feature, MenuItem
from idp.sessions import service as sessions
from idp.sessions.strength import count_ways
from idp.web import i18n
from idp.web.i18n import day
from profiles import claims, options, service, timeline
from profiles.catalogue import CATALOGUE
from profiles.models import Attribute
from profiles.reminder import only_way
from profiles.views import activity, data, details, devices, email, home, language, security
from profiles.views.blueprint import desk

VIEWS = (home, details, security, data, email, devices, activity, language)


def _filled(account_id: str) -> str:
    held, usual = service.read(account_id), [entry.name for entry in CATALOGUE if not entry.seldom]
    return str(_("%(held)s of %(all)s details filled in", held=sum(name in held for name in usual), all=len(usual)))


def _ways(account_id: str) -> str:
    count = count_ways(account_id)
    return str(ngettext("%(num)d way set up", "%(num)d ways set up", count))


def _signed_in(account_id: str) -> str:
    count = len(sessions.sessions_of(account_id))
    return str(ngettext("Signed in on %(num)d device", "Signed in on %(num)d devices", count))


def _latest(account_id: str) -> str:
    lines = timeline.page(account_id).lines
    return f"{day(lines[0].at)}: {lines[0].sentence}" if lines else ""


FEATURE = Feature(
    name="profiles",
    blueprints=(desk,),
    claim_sources=(claims.SOURCE,),
    menu=(
        MenuItem("profiles.home", _l("Account"), 10),
        MenuItem("profiles.profile", _l("Profile"), 20, _filled),
        MenuItem("profiles.sign_in_ways", _l("Ways to sign in"), 30, _ways),
        MenuItem("profiles.emails", _l("Email"), 32, accounts.main_email),
        MenuItem("profiles.devices", _l("Devices"), 50, _signed_in),
        MenuItem("profiles.activity", _l("Activity"), 60, _latest),
        MenuItem(
            "profiles.language", _l("Language"), 80, lambda who: i18n.NAMES.get(accounts.resident(who).locale, "")
        ),
        MenuItem("profiles.data", _l("Your data"), 90, lambda _account_id: _l("Freeze or close your account")),
    ),
    resident_options=options.OPTIONS,
    alerts=(Alert(only_way, "profiles.sign_in_ways", _l("Ways to sign in")),),
    holdings=(holdings.rows("attributes", Attribute),),
)
