"""What this room offers to the roof."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from consent import service
from consent.views import decide, services
from consent.views.blueprint import consent
from idp.kernel.contracts import Feature, Holding, MenuItem, Sweep

VIEWS = (decide, services)


def _summary(account_id: str) -> str:
    count = len(service.of_resident(account_id))
    if count == 0:
        return str(_("You do not share with a service yet"))
    return str(ngettext("You share with %(num)d service", "You share with %(num)d services", count))


FEATURE = Feature(
    name="consent",
    blueprints=(consent,),
    menu=(MenuItem("consent.services", _l("Services"), 40, _summary),),
    sweeps=(Sweep("consents", service.expire),),
    holdings=(Holding("decisions", service.pause, service.end_for_good),),
)
