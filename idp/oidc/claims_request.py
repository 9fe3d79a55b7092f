"""The ``claims`` parameter on its way from the request to the answers (OIDC Core section 5.5).

It is read by :mod:`idp.clients.asking`, kept sealed with the code and its tokens, and applied wherever claims are told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from idp.clients.asking import NOTHING, ClaimsRequest, Wanted
from idp.kernel.crypto import open_for_system, seal_for_system

_CONTEXT = "claims-asked"


def seal(request: ClaimsRequest) -> bytes | None:
    """What the database keeps: a wanted value is personal. None where nothing was asked for by name."""
    return seal_for_system(json.dumps(asdict(request)), _CONTEXT) if request.names else None


def open_asked(sealed: bytes | None) -> ClaimsRequest:
    """What :func:`seal` sealed."""
    if sealed is None:
        return NOTHING
    kept = json.loads(open_for_system(sealed, _CONTEXT))
    return ClaimsRequest(_wanted(kept["userinfo"]), _wanted(kept["id_token"]))


def held(wanted: Mapping[str, Wanted], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values to tell: without those that do not fit what was asked for (OIDC Core section 5.5.1)."""
    return {name: value for name, value in values.items() if wanted.get(name, ANY).accepts(value)}


ANY = Wanted()


def _wanted(kept: dict[str, Any]) -> dict[str, Wanted]:
    return {
        name: Wanted(one["essential"], None if one["values"] is None else tuple(one["values"]))
        for name, one in kept.items()
    }
