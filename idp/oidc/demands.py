"""What a request demands of the sign-in itself: whose it must be, and how strong."""

from __future__ import annotations

from collections.abc import Sequence

from idp.clients import subjects
from idp.clients.asking import Asked
from idp.clients.service import Client
from idp.kernel.contracts import SessionView
from idp.oidc.claims_request import ANY
from idp.oidc.id_token import read_hint
from idp.oidc.message import Message
from idp.sessions.assurance import satisfies

NOBODY = "nobody"


def levels(message: Message, client: Client, asked: Asked) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ``acr`` values that the app prefers, and those of which it demands one (OIDC Core section 5.5.1.1)."""
    acr = asked.request.id_token.get("acr", ANY)
    named, preferred = tuple(str(value) for value in acr.values or ()), message.words("acr_values")
    if acr.essential and acr.values is not None:
        return preferred, named
    return (*preferred, *named) or client.metadata.default_acr_values, ()


def told_acr(here: SessionView, demanded: Sequence[str]) -> str:
    """What the app is told was reached: where it demands certain values, the first that the sign-in satisfies."""
    if here.acr in demanded:
        return here.acr
    return next((level for level in demanded if satisfies(here.acr, level)), here.acr)


def meant_account(message: Message, client: Client, asked: Asked, here: SessionView | None) -> str | None:
    """The account that ``id_token_hint``, or a ``sub`` of the ``claims`` parameter, means; None where any will do.

    What cannot be used means nobody we know, so nobody matches it.
    """
    named = [*_hinted(message, client), *asked.request.subjects]
    if not named:
        return None
    possible = frozenset.intersection(*(subjects.accounts_behind(client, names) for names in named))
    return here.account_id if here is not None and here.account_id in possible else next(iter(possible), NOBODY)


def _hinted(message: Message, client: Client) -> list[tuple[str, ...]]:
    if not (hint := message.get("id_token_hint")):
        return []
    claims = read_hint(hint)
    ours = claims is not None and claims["aud"] == client.id
    return [(claims["sub"],) if claims and ours else ()]
