"""A code on its way when everything is taken back never leaves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, g

from idp import lifecycle
from idp.kernel.contracts import SessionView
from idp.sessions import cookie
from idp.sessions import service as sessions
from idp.tokens import codes
from idp.tokens import service as tokens
from tests.factories import App, Person

TAKES_BACK: dict[str, Callable[[Person, App, str], object]] = {
    "sign-out everywhere": lambda person, _app, _session: lifecycle.sign_out(person.id),
    "the end of the session": lambda _person, _app, session: lifecycle.end_session(session),
    "a lock": lambda person, _app, _session: lifecycle.lock(person.id),
    "a withdrawal": lambda person, app, _session: tokens.revoke_at(person.id, app.id),
    "a narrowing": lambda person, app, _session: tokens.narrow(person.id, app.id, frozenset()),
}


def give(app: App, session: SessionView) -> str | None:
    return codes.give(
        app.client,
        session,
        scopes=("openid",),
        claims=(),
        redirect_uri=app.redirect_uri,
        challenge="c" * 43,
        nonce=None,
    )


@pytest.mark.parametrize("deed", TAKES_BACK)
def test_a_code_is_not_given_after(
    app: Flask, make_account: Callable[..., Person], make_client: Callable[..., App], deed: str
) -> None:
    person, agency = make_account(), make_client()
    with app.test_request_context():
        secret = sessions_secret(person)
        found = sessions.find(secret)
        assert found is not None
        assert give(agency, found.view) is not None
        TAKES_BACK[deed](person, agency, found.view.id)

        assert give(agency, found.view) is None


def sessions_secret(person: Person) -> str:
    """A live session of the person, by the secret of its cookie."""

    sessions.open_session(person.id, ("password", "totp"))
    return str(g._session_cookies[cookie.name()])
