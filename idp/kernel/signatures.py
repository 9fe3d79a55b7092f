"""Signature algorithms by the names that apps know."""

from __future__ import annotations

from copy import copy

from joserfc.jws import JWSRegistry


class Signatures(JWSRegistry):
    """The library's algorithms. It warns of the name ``EdDSA`` since RFC 9864; apps in the field have no other yet."""

    algorithms = JWSRegistry.algorithms | {"EdDSA": copy(JWSRegistry.algorithms["EdDSA"])}


Signatures.algorithms["EdDSA"].security_warning = None
