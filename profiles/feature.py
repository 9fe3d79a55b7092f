"""What this room offers to the roof."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from idp.kernel.contracts import Feature, MenuItem
from idp.kernel.registry import registry
from profiles import claims, options, service
from profiles.catalogue import CATALOGUE
from profiles.views import details, home, security
from profiles.views.blueprint import desk

VIEWS = (home, details, security)


def _filled(account_id: str) -> str:
    held, usual = service.read(account_id), [entry.name for entry in CATALOGUE if not entry.seldom]
    return str(_("%(held)s of %(all)s details filled in", held=sum(name in held for name in usual), all=len(usual)))


def _ways(account_id: str) -> str:
    count = sum(method.enrolled(account_id) for method in registry().methods.values())
    return str(ngettext("%(num)d way set up", "%(num)d ways set up", count))


FEATURE = Feature(
    name="profiles",
    blueprints=(desk,),
    claim_sources=(claims.SOURCE,),
    menu=(
        MenuItem("profiles.home", _l("Account"), 10),
        MenuItem("profiles.profile", _l("Profile"), 20, _filled),
        MenuItem("profiles.sign_in_ways", _l("Ways to sign in"), 30, _ways),
    ),
    resident_options=options.OPTIONS,
)
