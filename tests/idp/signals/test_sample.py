"""The sample of an agency's door for events, against tokens as Beacon really sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp import lifecycle
from idp.clients import subjects
from idp.keys.signing import signed
from idp.outbox.service import deliver_due
from tests.factories import App, Person
from tests.support.elsewhere import elsewhere
from tests.support.party import Party, visitor
from tests.support.samples import load

pytestmark = [pytest.mark.settings(fetch_allow=("localhost",)), pytest.mark.only_on("sqlite")]


class Here:
    """Fetches from the app at hand what the sample would fetch over the net."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def get(self, url: str, timeout: int) -> Any:
        answer = visitor(self.app).get(url)
        return type("Answer", (), {"json": lambda _self: answer.get_json()})()


@pytest.fixture
def module(app: Flask, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load("events/receiver.py")
    monkeypatch.setattr(module, "http", Here(app))
    return module


@pytest.fixture
def caught(
    app: Flask, make_client: Callable[..., App], make_account: Callable[..., Person]
) -> Iterator[tuple[Any, ...]]:
    """An app, the subject it knows, and the token that said its resident's account was frozen."""
    ana = make_account()
    with elsewhere() as server:
        server.answers["/events"] = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
        made = make_client(event_delivery_uri=server.origin + "/events")
        sub = subjects.give(made.client, ana.id)
        lifecycle.freeze(ana.id)
        deliver_due(100)
        yield Party(app, made), sub, server.asked[0].body.decode()


def at_the_door(module: ModuleType, party: Party) -> tuple[FlaskClient, Any]:
    made = module.create_app({"BEACON_ISSUER": party.issuer, "CLIENT_ID": party.id})
    return made.test_client(), made.extensions["residents"]


def test_the_sample_holds_payments_and_ends_sessions_once(module: ModuleType, caught: tuple[Any, ...]) -> None:
    party, sub, token = caught
    client, residents = at_the_door(module, party)
    residents.sessions[sub] = "a session"
    for _ in range(2):
        assert client.post("/events", data=token, content_type="application/secevent+jwt").status_code == 202
    assert residents.held == {sub} and residents.sessions == {} and len(residents.seen) == 1


def test_the_sample_acts_on_every_event_of_a_token(module: ModuleType, caught: tuple[Any, ...]) -> None:
    party, sub, token = caught
    client, residents = at_the_door(module, party)
    events = {module.CAEP + "credential-change": {}, module.RISC + "credential-compromise": {}}
    several = signed(party.read(token) | {"events": events}, "ES256", "secevent+jwt")
    assert client.post("/events", data=several).status_code == 202
    assert residents.held == {sub}


def test_the_sample_takes_no_other_token(module: ModuleType, caught: tuple[Any, ...]) -> None:
    party, _, token = caught
    client, residents = at_the_door(module, party)
    said = party.read(token)
    wrong = [
        "",
        "a.b.c",
        token[:-4] + "AAAA",
        signed(said, "ES256", "logout+jwt"),
        signed(said | {"aud": "another"}, "ES256", "secevent+jwt"),
        signed(said | {"iss": "https://evil.example"}, "ES256", "secevent+jwt"),
        signed({name: value for name, value in said.items() if name != "events"}, "ES256", "secevent+jwt"),
    ]
    for text in wrong:
        assert client.post("/events", data=text).status_code == 400
    assert not residents.held
    assert client.post("/events", data=signed(said, "ES256", "secevent+jwt")).status_code == 202
