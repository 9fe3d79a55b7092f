"""Where an address is, as coarsely as a letter should say it: ``Boston, Massachusetts, United States``.

The answer comes from a file of networks and places (``BEACON_PLACES_FILE``, MMDB) that the operator provides; nobody is
asked. Such files are often wrong by a city, so a place is a help to memory and never a reason to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import maxminddb
from flask import Flask, current_app

from idp.kernel.errors import Misconfigured
from idp.kernel.settings import Settings

LONGEST = 80
SEPARATOR = ", "
_READER = "beacon.places"


def start(app: Flask) -> None:
    """Open the file, if there is one. Raises :class:`Misconfigured` when it cannot be read."""
    settings: Settings = app.extensions["beacon.settings"]
    if settings.places_file is None:
        return
    try:
        app.extensions[_READER] = maxminddb.open_database(settings.places_file)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise Misconfigured(f"BEACON_PLACES_FILE cannot be read: {type(error).__name__}.") from error


def place(address: str) -> str:
    """City, region and country of an address, as many as are known; empty without a file or an entry."""
    reader: maxminddb.Reader | None = current_app.extensions.get(_READER)
    try:
        found = reader.get(address) if reader is not None else None
    except ValueError:  # an IPv6 address, and a file of IPv4 networks alone
        return ""
    return _written(found) if isinstance(found, Mapping) else ""


def country(kept: str | None) -> str:
    """The country of what :func:`place` returned."""
    return (kept or "").rpartition(SEPARATOR)[2]


def _written(found: Mapping[str, Any]) -> str:
    regions = found.get("subdivisions") or [None]
    names = [name for part in (found.get("city"), regions[0], found.get("country")) if (name := _name(part))]
    while names and len(SEPARATOR.join(names)) > LONGEST:
        names.pop(0)
    return SEPARATOR.join(dict.fromkeys(names))


def _name(part: Any) -> str:
    names = part.get("names") if isinstance(part, Mapping) else None
    name = names.get("en") if isinstance(names, Mapping) else None
    return "".join(mark for mark in str(name or "").replace(SEPARATOR, " ") if mark.isprintable())
