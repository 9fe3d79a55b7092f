"""Names of apps as an eye sees them, so that nobody registers under a name that residents trust already."""

from __future__ import annotations

import unicodedata

from sqlalchemy import select

from idp.clients.errors import BadMetadata
from idp.clients.models import Agency, ClientRow
from idp.kernel.db import execute
from idp.kernel.settings import settings

_LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаесорухіјѕӏԁԛԝһ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορτυχικ" + "0ıł",
    "ABESIJKMHOPCTYXaecopyxijsldqwh" + "ABEZHIKMNOPTYXavoptuxik" + "oil",
)
_ONE_STROKE = str.maketrans("i1|", "lll")


def seen(name: str) -> str:
    """What is left of a name when case, accents, spacing, punctuation and look-alike letters do not count."""
    plain = unicodedata.normalize("NFKD", name).translate(_LOOKALIKES).casefold().translate(_ONE_STROKE)
    return "".join(letter for letter in plain if letter.isalnum()).replace("rn", "m")


def demand_honest(name: str) -> None:
    """Raise :class:`BadMetadata` for a name that shows a badge, or looks like one that an operator vouches for."""
    if any(unicodedata.category(letter) == "So" for letter in name):
        raise BadMetadata("client_name must not hold pictures.")
    vouched = execute(select(ClientRow.name).where(ClientRow.registration_digest.is_(None))).scalars()
    agencies = execute(select(Agency.name)).scalars()
    if seen(name) in {seen(one) for one in (settings().site_name, *vouched, *agencies)}:
        raise BadMetadata("client_name looks like the name of another app or agency.")
