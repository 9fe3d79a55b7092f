"""Software statements: metadata that somebody whom the operator trusts has signed (RFC 7591 section 2.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry
from sqlalchemy import delete, select

from idp.audit.service import record
from idp.clients.errors import BadMetadata, BadStatement, UnapprovedStatement
from idp.clients.events import IssuerDistrusted, IssuerTrusted
from idp.clients.models import StatementIssuer
from idp.clients.public_keys import demand_public, key_set
from idp.clients.vocabulary import CLIENT_ALGS
from idp.kernel import clock, db
from idp.kernel.db import execute, transaction
from idp.kernel.errors import NotFound
from idp.kernel.settings import settings
from idp.kernel.signatures import UNREADABLE, Signatures

LONGEST = 16 * 1024
LONGEST_ISSUER = 500
LEEWAY = 30
_REGISTRY = Signatures(algorithms=list(CLIENT_ALGS), strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody whose statements count. ``kids`` name their keys."""

    issuer: str
    kids: tuple[str, ...]
    created_at: int


def trust(issuer: str, jwks: Mapping[str, Any]) -> None:
    """Let the statements of ``issuer`` count, signed by one of these keys. Raises :class:`BadMetadata`."""
    if not 0 < len(issuer) <= LONGEST_ISSUER or not issuer.isprintable():
        raise BadMetadata(f"The issuer must be a printable text of at most {LONGEST_ISSUER} characters.")
    demand_public(jwks)
    with transaction() as connection:
        connection.execute(
            db.insert(StatementIssuer)
            .values(issuer=issuer, jwks=dict(jwks), created_at=clock.now())
            .on_conflict_do_update(index_elements=["issuer"], set_={"jwks": dict(jwks)})
        )
        record(IssuerTrusted(issuer=issuer))


def distrust(issuer: str) -> None:
    """Let the statements of ``issuer`` count no more. Apps that are registered already stay."""
    with transaction() as connection:
        gone = connection.execute(delete(StatementIssuer).where(StatementIssuer.issuer == issuer))
        if gone.rowcount != 1:
            raise NotFound("This issuer is not trusted.")
        record(IssuerDistrusted(issuer=issuer))


def issuers() -> list[Issuer]:
    """Whose statements count."""
    rows = execute(select(StatementIssuer.__table__).order_by(StatementIssuer.issuer))
    return [Issuer(row.issuer, tuple(str(key.kid) for key in key_set(row.jwks)), row.created_at) for row in rows]


def applied(document: Mapping[str, Any]) -> dict[str, Any]:
    """``document`` with what its software statement says, which wins over what stands beside it.

    Raises :class:`BadStatement` or :class:`UnapprovedStatement`.
    """
    statement = document.get("software_statement")
    return dict(document) if statement is None else dict(document) | _claims(statement)


def _claims(statement: object) -> dict[str, Any]:
    if not isinstance(statement, str) or len(statement) > LONGEST:
        raise BadStatement("software_statement must be a signed JWT.")
    keys = _keys_of(_said_issuer(statement))
    for key in keys:
        try:
            claims = jwt.decode(statement, key, registry=_REGISTRY).claims
            JWTClaimsRegistry(now=clock.now(), leeway=LEEWAY).validate(claims)
        except UNREADABLE:
            continue
        if claims.get("aud") in (None, settings().issuer, [settings().issuer]):
            return claims
    raise BadStatement("The software statement does not hold.")


def _said_issuer(statement: str) -> str:
    """Who says to have signed it; believed once one of their keys has verified it."""
    try:
        signed = jws.extract_compact(statement.encode())
        claims = json.loads(signed.payload)
        issuer = None if "crit" in signed.headers() else claims["iss"]
    except UNREADABLE as error:
        raise BadStatement("software_statement must be a signed JWT.") from error
    if not isinstance(issuer, str) or not issuer.isprintable():
        raise BadStatement("A software statement must name its issuer.")
    return issuer


def _keys_of(issuer: str) -> KeySet:
    kept = execute(select(StatementIssuer.jwks).where(StatementIssuer.issuer == issuer)).scalar()
    if kept is None:
        raise UnapprovedStatement("The issuer of this software statement is not trusted here.")
    return key_set(kept)
