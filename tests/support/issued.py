"""Tokens issued without a request: what the token endpoint does with a code, for tests below the protocol."""

from __future__ import annotations

from dataclasses import dataclass

from idp.tokens import codes, refreshing
from idp.tokens import service as tokens


@dataclass(frozen=True)
class Issued:
    """The first tokens of a family."""

    access_token: str
    refresh_token: str


def redeemed(code: str, client_id: str) -> Issued:
    """Redeem a code for its first tokens."""
    grant = codes.redeem(code, client_id).grant
    refresh_token = refreshing.open_family(grant, with_refresh=True)
    assert refresh_token is not None
    return Issued(tokens.issue_access(grant, grant.scopes).access_token, refresh_token)
