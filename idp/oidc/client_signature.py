"""What an app signed: checked with its own keys, by the algorithms that its profile allows (RFC 7515, RFC 8725).

Whatever a header says of keys is a hint at most (RFC 8725 section 3.10).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import Key, KeySet

from idp.clients import published
from idp.clients.service import Client
from idp.kernel.signatures import UNREADABLE, Signatures

ALIKE = {"EdDSA": {"EdDSA", "Ed25519"}, "Ed25519": {"EdDSA", "Ed25519"}}
"""Two names of one algorithm (RFC 9864)."""


def signed_by(client: Client, text: str, header: Mapping[str, Any], chosen: str | None) -> dict[str, Any] | None:
    """The members of a text that the app signed; None when it did not.

    ``chosen`` is the algorithm that the app registered for such texts. Where no key fits, the app may have new ones.
    """
    found = _verified(published.keys_of(client), client, text, header, chosen)
    if found is None and client.metadata.jwks_uri is not None:
        found = _verified(published.keys_of(client, refetch=True), client, text, header, chosen)
    return found


def algorithms(client: Client, chosen: str | None) -> frozenset[str]:
    """What an app may sign with: all that its profile allows, or the ``chosen`` one, which it registered."""
    allowed = client.policy.signing_algs
    return allowed if chosen is None else allowed & ALIKE.get(chosen, {chosen})


def candidates(keys: KeySet, kid: object) -> list[Key]:
    """The keys that may have signed: the one that ``kid`` names, or all of them where it names none.

    ``kid`` is only a hint (RFC 7515 section 4.1.4), and apps publish keys without one. A key that is for encryption
    signs nothing (RFC 7517 section 4.2).
    """
    signing = [key for key in keys if key.get("use") != "enc"]
    return [key for key in signing if key.kid == kid] or signing


def _verified(
    keys: KeySet | None, client: Client, text: str, header: Mapping[str, Any], chosen: str | None
) -> dict[str, Any] | None:
    registry = Signatures(algorithms=sorted(algorithms(client, chosen)), strict_check_header=False)
    for key in candidates(keys, header.get("kid")) if keys else ():
        try:
            members = jwt.decode(text, key, registry=registry).claims
            json.dumps(members, ensure_ascii=False).encode()  # no half characters, which no answer could carry
        except UNREADABLE:
            continue
        return members
    return None
