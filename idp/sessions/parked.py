"""An authorization request put aside while the resident is busy, carried by its id in URL and form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import case, delete, insert, select, update

from idp.clients import service as clients
from idp.clients.service import Client
from idp.kernel import clock
from idp.kernel.clock import HOUR
from idp.kernel.crypto import new_id, open_for_system, same, seal_for_system
from idp.kernel.db import execute, transaction
from idp.sessions.errors import RequestGone
from idp.sessions.models import ParkedRequestRow
from idp.web.browser import browser_digest
from idp.web.headers import allow_form_to

OPEN_FOR = HOUR
KEPT_FOR = HOUR
SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked request: its raw parameters, the endpoint that is owed, and what has happened so far (epoch seconds)."""

    id: str
    client: Client
    parameters: dict[str, str]
    owed: str
    session_id: str | None
    authenticated_at: int | None
    decided_at: int | None
    refused_at: int | None
    pushed: bytes | None
    device: bytes | None


def park(
    client: Client,
    parameters: Mapping[str, str],
    owed: str,
    pushed: bytes | None = None,
    device: bytes | None = None,
) -> str:
    """Put a valid request aside for this browser, which is sent to the page ``owed`` (an endpoint).

    The id ends with the app's, so that a dead link still names it. ``pushed`` is the pushed request that it came from,
    ``device`` the waiting device whose request it is.
    """
    now, request_id = clock.now(), f"{new_id()}{SEPARATOR}{client.id}"
    with transaction() as connection:
        connection.execute(
            insert(ParkedRequestRow),
            {
                "id": request_id,
                "client_id": client.id,
                "browser": browser_digest(),
                "parameters": seal_for_system(json.dumps(dict(parameters)), _context(request_id)),
                "owed": owed,
                "pushed": pushed,
                "device": device,
                "created_at": now,
                "expires_at": now + OPEN_FOR,
            },
        )
    return request_id


def client_of(request_id: str) -> str:
    """The client id inside a parked request's id; whatever it is, it is only used to look an app up."""
    return request_id.partition(SEPARATOR)[2]


def load(request_id: str) -> Parked:
    """The open request of this browser. Raises :class:`RequestGone`, whose page names the app and links back to it."""
    client = clients.find(client_of(request_id))
    g.asking = client
    row = execute(select(ParkedRequestRow.__table__).where(ParkedRequestRow.id == request_id)).mappings().first()
    if row is None or client is None or row["client_id"] != client.id:
        raise RequestGone("unknown")
    if not same(row["browser"], browser_digest()):
        raise RequestGone("another browser")
    if row["finished_at"] is not None:
        raise RequestGone("finished", onward=client.home)
    if row["expires_at"] <= clock.now():
        raise RequestGone("expired")
    request = _parked(row, client)
    _fit_page_to(request.parameters)
    return request


def fit_page_to(request_id: str) -> None:
    """Make this page one of the request's: in the language the app asked for, with forms that may end in the app.

    A request that is over is no obstacle here: the page that resumes it says so.
    """
    row = execute(select(ParkedRequestRow.parameters).where(ParkedRequestRow.id == request_id)).first()
    if row is not None:
        _fit_page_to(_parameters(request_id, row.parameters))


def owe(request_id: str, endpoint: str) -> None:
    """Note which page the gates send the browser to now. No other page of the request is open meanwhile."""
    _note(request_id, owed=endpoint)


def authenticated(request_id: str, session_id: str) -> None:
    """Note that the resident signed in for this very request. An answer given in another session no longer counts."""
    decided_at = _only_from(session_id, ParkedRequestRow.decided_at)
    _note(request_id, session_id=session_id, authenticated_at=clock.now(), decided_at=decided_at)


def decide(request_id: str, session_id: str) -> None:
    """Note that the resident answered this request's consent page. A sign-in of another session no longer counts."""
    authenticated_at = _only_from(session_id, ParkedRequestRow.authenticated_at)
    _note(request_id, session_id=session_id, decided_at=clock.now(), authenticated_at=authenticated_at)


def refuse(request_id: str) -> None:
    """Note that the resident said no. Works once and cannot be undone for this request."""
    _note(request_id, refused_at=clock.now())


def finish(request_id: str) -> None:
    """Spend the request when its answer is given. Raises :class:`RequestGone` the second time."""
    _note(request_id, finished_at=clock.now())


def sweep(limit: int) -> int:
    """Delete requests an hour after their time."""
    old = select(ParkedRequestRow.id).where(ParkedRequestRow.expires_at < clock.now() - KEPT_FOR).limit(limit)
    with transaction() as connection:
        return connection.execute(delete(ParkedRequestRow).where(ParkedRequestRow.id.in_(old))).rowcount


def _only_from(session_id: str, fact: Any) -> Any:
    """A fact of the row as long as it is this session's; what one resident did must not count for the next."""
    return case((ParkedRequestRow.session_id == session_id, fact), else_=None)


def _fit_page_to(parameters: Mapping[str, str]) -> None:
    g.asked_locales = parameters.get("ui_locales", "")
    # Browsers apply form-action to the redirects that follow a post, so the app's address is named too.
    allow_form_to(parameters.get("redirect_uri", ""))


def _note(request_id: str, **values: Any) -> None:
    still_open = [ParkedRequestRow.id == request_id, ParkedRequestRow.finished_at.is_(None)]
    if "finished_at" not in values:
        still_open.append(ParkedRequestRow.refused_at.is_(None))
    with transaction() as connection:
        noted = connection.execute(update(ParkedRequestRow).where(*still_open).values(**values))
        if noted.rowcount != 1:
            raise RequestGone("over")


def _parked(row: Mapping[Any, Any], client: Client) -> Parked:
    return Parked(
        id=row["id"],
        client=client,
        parameters=_parameters(row["id"], row["parameters"]),
        owed=row["owed"],
        session_id=row["session_id"],
        authenticated_at=row["authenticated_at"],
        decided_at=row["decided_at"],
        refused_at=row["refused_at"],
        pushed=row["pushed"],
        device=row["device"],
    )


def _parameters(request_id: str, sealed: bytes) -> dict[str, str]:
    return json.loads(open_for_system(sealed, _context(request_id)))  # type: ignore[no-any-return]


def _context(request_id: str) -> str:
    return f"request\0{request_id}"
