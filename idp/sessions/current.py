"""The session of this request, looked up once."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g
from werkzeug.exceptions import Unauthorized

from idp.kernel.contracts import SessionView
from idp.sessions import cookie, service


@dataclass(frozen=True, slots=True)
class Left:
    """For how many seconds the session of this page goes on: without further use, and at most. The layout says it to
    the script that warns of the end. ``owner`` is the isolated app whose session it is."""

    owner: str | None
    rests_in: int
    ends_in: int

    def __str__(self) -> str:
        return f"{self.rests_in} {self.ends_in}"


def session() -> SessionView | None:
    """The live session of this request, or None: that of the isolated app whose page this is, else the shared one."""
    known: dict[str | None, SessionView | None] = g.setdefault("_session", {})
    owner = cookie.owner()
    if owner not in known:
        secret = cookie.received()
        found = service.find(secret, owner) if secret else None
        known[owner] = found.view if found else None
        if found:
            g.account_locale = found.locale
            g.session_left = Left(owner, found.rests_in, found.ends_in)
    return known[owner]


def here() -> SessionView:
    """The session behind a guarded view. Raises Unauthorized where the guard was forgotten."""
    if (view := session()) is None:
        raise Unauthorized
    return view


def account_id() -> str:
    """The account behind a guarded view. Raises as :func:`here`."""
    return here().account_id


def forget() -> None:
    """Look the session up again the next time it is asked for."""
    g.pop("_session", None)


def look_again() -> Left:
    """What is left of the session behind a guarded view, now that its row was written."""
    forget()
    here()
    return g.session_left  # type: ignore[no-any-return]
