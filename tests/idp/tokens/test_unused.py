"""Apps that registered themselves and were never used: they go after a month, and no other app does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from idp.audit.service import search
from idp.clients import registration
from idp.clients import service as clients
from idp.clients.service import Client
from idp.kernel.clock import DAY
from idp.kernel.contracts import SessionView
from idp.sessions.assurance import AAL1
from idp.tokens import codes, families, unused
from tests.factories import App, Person
from tests.support.clock import START, Clock
from tests.support.issued import redeemed


def self_registered(**members: Any) -> Client:
    document = {"redirect_uris": ["https://newcomer.example/cb"], "client_name": "Newcomer"} | members
    return registration.register(document, initial_token=None).client


def live() -> set[str]:
    return {one.id for one in clients.every() if not one.disabled}


def use(client: Client, person: Person) -> None:
    """Let somebody sign in there, in a session that ends after twelve hours."""
    session = SessionView("session", person.id, START, ("password",), AAL1, ("pwd",))
    redirect_uri = client.redirect_uris[0]
    code = codes.give(
        client, session, scopes=("openid",), claims=(), redirect_uri=redirect_uri, challenge="c" * 43, nonce=None
    )
    assert code is not None
    redeemed(code, client.id)


def test_it_goes_after_a_month_and_its_row_stays_for_the_trail(app: Flask, clock: Clock) -> None:
    made = [self_registered(client_name=f"Newcomer {number}").id for number in range(3)]
    clock.advance(30 * DAY - 1)
    assert unused.sweep(10) == 0
    clock.advance(1)
    assert [unused.sweep(2), unused.sweep(2), unused.sweep(2)] == [2, 1, 0]

    assert live() == set() and {one.id for one in clients.every()} == set(made)
    assert {(event.client_id, event.actor) for event in search(kind="client.removed")} == {
        (one, "system") for one in made
    }


def test_one_that_was_ever_used_stays(app: Flask, make_account: Callable[..., Person], clock: Clock) -> None:
    """Also when its only family was given out on its first day, and every sweep has run four times a day since."""
    once, never = self_registered(), self_registered()
    use(once, make_account())
    for _ in range(4 * 40):
        clock.advance(DAY // 4)
        families.sweep_access(10)
        families.sweep_families(10)
        unused.sweep(10)

    assert live() == {once.id} and clients.demand(never.id).disabled


@pytest.mark.only_on("sqlite")
def test_what_an_operator_registered_or_needs_stays(app: Flask, make_client: Callable[..., App], clock: Clock) -> None:
    operators, machine, api, gone = make_client().id, *(self_registered().id for _ in range(3))
    clients.change(machine, grants=("authorization_code", "client_credentials"))
    clients.change(api, resource="https://api.newcomer.example/", resource_scopes=["newcomer.read"])
    clock.advance(30 * DAY)
    unused.sweep(10)

    assert live() == {operators, machine, api} and clients.demand(gone).disabled
