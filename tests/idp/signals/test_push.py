"""Security events to apps: RFC 8417 tokens, pushed as RFC 8935 says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

import pytest
from flask import Flask

from idp import lifecycle
from idp.clients import service as clients
from idp.clients import subjects
from idp.clients.errors import BadMetadata
from idp.kernel.contracts import SessionView
from idp.outbox.service import FIRST_WAIT, deliver_due, deliveries
from idp.sessions import service as sessions
from idp.sessions.assurance import AAL1
from idp.signals.push import MEDIA_TYPE
from idp.signals.tokens import CAEP, EVENTS, RISC
from idp.tokens.telling import SecurityEvent
from profiles import service as profiles
from tests.factories import App, Person
from tests.support.clock import Clock
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.hearing import header
from tests.support.party import Party

pytestmark = [pytest.mark.settings(fetch_allow=("localhost",)), pytest.mark.only_on("sqlite")]

TOOK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
ERROR = b'{"err":"invalid_key"}'
NOT_NOW = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n" + ERROR


@pytest.fixture
def agency() -> Iterator[Elsewhere]:
    with elsewhere() as server:
        server.answers["/events"] = TOOK
        yield server


@pytest.fixture
def ana(make_account: Callable[..., Person]) -> Person:
    return make_account()


@pytest.fixture
def party(app: Flask, make_client: Callable[..., App], ana: Person, agency: Elsewhere) -> Party:
    made = make_client(event_delivery_uri=agency.origin + "/events")
    subjects.give(made.client, ana.id)
    return Party(app, made)


def heard(agency: Elsewhere) -> list[str]:
    deliver_due(100)
    assert all(asked.method == "POST" for asked in agency.asked)
    assert all(asked.headers["content-type"] == MEDIA_TYPE for asked in agency.asked)
    return [asked.body.decode() for asked in agency.asked]


def test_a_token_says_what_happened_to_whom_and_nothing_else(
    party: Party, ana: Person, agency: Elsewhere, clock: Clock
) -> None:
    then = clock.now
    lifecycle.freeze(ana.id)
    clock.advance(20)
    (token,) = heard(agency)

    assert header(token)["typ"] == "secevent+jwt"
    claims = party.read(token)
    assert claims.pop("jti")
    sub = subjects.give(party.registered.client, ana.id)
    assert claims == {
        "iss": party.issuer,
        "aud": party.id,
        "iat": then,
        "sub_id": {"format": "iss_sub", "iss": party.issuer, "sub": sub},
        "events": {RISC + "account-disabled": {"event_timestamp": then}},
    }
    assert ana.id not in str(claims), "the account's own id stays here"


def test_a_refused_token_comes_again_as_the_same(party: Party, ana: Person, agency: Elsewhere, clock: Clock) -> None:
    agency.answers["/events"] = NOT_NOW
    lifecycle.tell_apps(ana.id, "recovery-activated")
    heard(agency)
    agency.answers["/events"] = TOOK
    clock.advance(FIRST_WAIT)
    first, second = (party.read(token) for token in heard(agency))
    assert first == second
    assert [one.state for one in deliveries(party.id)] == ["sent"]
    assert len(heard(agency)) == 2, "a token that was taken is not sent again"


def test_a_changed_password_is_told_without_the_password(
    party: Party, ana: Person, agency: Elsewhere, app: Flask
) -> None:
    with app.test_request_context("/"):
        session_id = sessions.open_session(ana.id, ("password",))
        here = SessionView(session_id, ana.id, 0, ("password",), AAL1, ("pwd",))
        profiles.change_password(here, "Another-marked-heron-41")
    (token,) = heard(agency)
    ((kind, said),) = party.read(token)["events"].items()
    assert kind == CAEP + "credential-change"
    assert (said["credential_type"], said["change_type"]) == ("password", "update")


def test_an_app_that_was_switched_off_meanwhile_hears_nothing(party: Party, ana: Person, agency: Elsewhere) -> None:
    lifecycle.freeze(ana.id)
    clients.disable(party.id)
    assert heard(agency) == []
    clients.enable(party.id)
    clients.change(party.id, event_delivery_uri=None)
    lifecycle.release(ana.id)
    assert [one.kind for one in deliveries(party.id)] == ["security_event"]


@pytest.mark.parametrize("uri", ["http://agency.example/events", "https://10.0.0.1/events", "events"])
def test_events_go_only_where_beacon_may_call(make_client: Callable[..., App], uri: str) -> None:
    with pytest.raises(BadMetadata):
        make_client(event_delivery_uri=uri)


def test_every_event_has_its_type() -> None:
    assert set(EVENTS) == set(get_args(SecurityEvent))
