"""What was given out, as the rest of the house looks after it: narrowed, revoked, swept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from idp.kernel.clock import DAY, MINUTE, YEAR
from idp.kernel.contracts import SessionView
from idp.kernel.crypto import digest, successor
from idp.kernel.db import execute
from idp.sessions.assurance import AAL2
from idp.tokens import codes, families
from idp.tokens import service as tokens
from idp.tokens.errors import GrantRefused
from idp.tokens.facts import RedeemedCode
from idp.tokens.models import AccessToken, AuthorizationCode, TokenFamily
from tests.factories import App, Person
from tests.support.clock import START, Clock
from tests.support.issued import Issued, redeemed


@pytest.fixture
def person(make_account: Callable[..., Person]) -> Person:
    return make_account()


@pytest.fixture
def client(make_client: Callable[..., App]) -> App:
    return make_client(scopes=("openid", "email", "offline_access"))


@pytest.fixture
def give(person: Person, client: App) -> Callable[..., str]:
    """``give(scopes=…)`` is a code of the person for the app."""

    def giving(scopes: tuple[str, ...] = ("openid", "email"), session_id: str = "session", to: App = client) -> str:
        session = SessionView(session_id, person.id, START, ("password",), AAL2, ("pwd",))
        code = codes.give(
            to.client,
            session,
            scopes=scopes,
            claims=("email", "email_verified"),
            redirect_uri=to.redirect_uri,
            challenge="c" * 43,
            nonce=None,
        )
        assert code is not None
        return code

    return giving


@pytest.fixture
def issue(give: Callable[..., str], client: App) -> Callable[..., Issued]:
    """``issue(scopes=…)`` are the first tokens of such a code."""

    def issuing(to: App = client, **facts: Any) -> Issued:
        return redeemed(give(to=to, **facts), to.id)

    return issuing


def test_a_code_stands_for_what_was_agreed(give: Callable[..., str], client: App, person: Person) -> None:
    spent = codes.redeem(give(), client.id)

    assert isinstance(spent, RedeemedCode)
    grant = spent.grant
    assert (grant.client_id, grant.account_id, grant.session_id) == (client.id, person.id, "session")
    assert (grant.scopes, grant.claims) == (("openid", "email"), ("email", "email_verified"))
    assert grant.subject and grant.subject != person.id and not grant.offline


def test_a_refused_code_is_spent_all_the_same(give: Callable[..., str], client: App) -> None:
    code = give()
    with pytest.raises(GrantRefused):
        codes.redeem(code, "another app")
    with pytest.raises(GrantRefused):
        codes.redeem(code, client.id)


def test_nothing_usable_stands_in_the_database(issue: Callable[..., Issued], give: Callable[..., str]) -> None:
    issued, code = issue(), give()
    everything = "".join(
        str(tuple(row))
        for table in (AuthorizationCode, TokenFamily, AccessToken)
        for row in execute(select(table.__table__))
    )

    handle, secret = issued.refresh_token.split(".")
    for usable in (issued.access_token, handle, secret, successor(secret), code):
        assert usable not in everything
    assert digest(issued.access_token) in {row.digest for row in execute(select(AccessToken.digest))}


def test_a_bearer_knows_its_resident_without_another_look(issue: Callable[..., Issued], person: Person) -> None:
    bearer = tokens.bearer(issue().access_token)

    assert bearer is not None
    assert (bearer.resident.account_id, bearer.resident.locale, bearer.resident.email_confirmed) == (
        person.id,
        "en",
        True,
    )
    assert (bearer.issued_at, bearer.expires_at) == (START, START + 10 * MINUTE)


def test_narrowing_holds_for_live_families_of_that_resident_and_app(
    issue: Callable[..., Issued], person: Person, client: App, make_client: Callable[..., App]
) -> None:
    other = make_client()
    mine, elsewhere = issue(), issue(to=other)
    tokens.narrow(person.id, client.id, frozenset({"email", "phone_number"}))

    narrowed, whole = tokens.bearer(mine.access_token), tokens.bearer(elsewhere.access_token)
    assert narrowed is not None and narrowed.grant.claims == ("email",)
    assert whole is not None and whole.grant.claims == ("email", "email_verified")


def test_revoking_hits_exactly_what_was_named(
    issue: Callable[..., Issued], give: Callable[..., str], person: Person, client: App, make_client: Callable[..., App]
) -> None:
    other = make_client()
    mine, elsewhere = issue(), issue(to=other)
    waiting = give()
    assert tokens.revoke_at(person.id, client.id) == 1

    assert tokens.bearer(mine.access_token) is None and tokens.bearer(elsewhere.access_token)
    with pytest.raises(GrantRefused):
        codes.redeem(waiting, client.id)
    assert tokens.revoke(person.id) == 1
    assert tokens.revoke(person.id) == 0


def test_the_end_of_a_session_spares_what_may_outlive_it(issue: Callable[..., Issued], person: Person) -> None:
    online = issue(session_id="one")
    offline = issue(session_id="one", scopes=("openid", "offline_access"))
    other = issue(session_id="two")
    assert tokens.revoke_with_session(person.id, "one") == 1

    assert tokens.bearer(online.access_token) is None
    assert tokens.bearer(offline.access_token) and tokens.bearer(other.access_token)


def test_a_successor_follows_from_the_secret_and_the_key_file_alone(app: Flask) -> None:
    assert successor("secret") == successor("secret") != successor("secrets")
    assert len(successor("secret")) == 43


class TestSweeps:
    def test_access_tokens_go_when_they_expire(self, issue: Callable[..., Issued], clock: Clock) -> None:
        issue()
        clock.advance(10 * MINUTE)
        assert families.sweep_access(10) == 0
        clock.advance(1)
        assert families.sweep_access(10) == 1

    def test_codes_go_after_a_day(self, give: Callable[..., str], clock: Clock) -> None:
        give()
        clock.advance(MINUTE + DAY)
        assert codes.sweep(10) == 0
        clock.advance(1)
        assert codes.sweep(10) == 1

    def test_families_go_a_month_after_their_absolute_end(self, issue: Callable[..., Issued], clock: Clock) -> None:
        issue(scopes=("openid", "offline_access"))
        clock.advance(YEAR + families.KEPT_AFTER_END)
        assert families.sweep_families(10) == 0
        clock.advance(1)
        families.sweep_access(10)
        assert families.sweep_families(10) == 1

    def test_a_batch_is_no_larger_than_asked(self, give: Callable[..., str], clock: Clock) -> None:
        for _ in range(3):
            give()
        clock.advance(2 * DAY)

        assert [codes.sweep(2) for _ in range(3)] == [2, 1, 0]
