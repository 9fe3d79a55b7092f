"""Key sets that apps publish: fetched when needed, kept for all nodes, never asked for twice within ten seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey, OctKey

from idp.clients import service as clients
from idp.clients.published import APART, FRESH_FOR, keys_of
from idp.clients.service import Client
from idp.kernel.db import transaction
from idp.kernel.settings import Settings
from tests.factories import App
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.elsewhere import Elsewhere, elsewhere

pytestmark = pytest.mark.settings(fetch_allow=("localhost",))

EC = ECKey.generate_key("P-256", {"kid": "one"})
OTHER = ECKey.generate_key("P-256", {"kid": "two"})
WEAK = {"kty": "RSA", "e": "AQAB", "n": "u" + "A" * 170}


def published_as(*keys: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


@pytest.fixture
def server() -> Iterator[Elsewhere]:
    with elsewhere() as running:
        running.gives("/keys", published_as(EC))
        yield running


@pytest.fixture
def client(make_client: Callable[..., App], server: Elsewhere) -> Client:
    return make_client(auth_method="private_key_jwt", jwks_uri=f"{server.origin}/keys").client


def kids(client: Client, **how: Any) -> list[str | None] | None:
    found = keys_of(client, refetch=how.get("refetch", False))
    return [key.kid for key in found] if found else None


def forget(app: Flask) -> None:
    """Be another process."""
    app.extensions.pop("beacon.client_keys", None)


def test_registered_keys_need_no_fetch(make_client: Callable[..., App]) -> None:
    app = make_client(auth_method="private_key_jwt", jwks=published_as(EC)).client

    assert kids(app) == kids(app, refetch=True) == ["one"]
    assert keys_of(make_client().client) is None


def test_the_first_use_fetches_and_all_nodes_share_the_set(app: Flask, client: Client, server: Elsewhere) -> None:
    assert kids(client) == ["one"]
    forget(app)

    assert kids(client) == kids(client) == ["one"]
    assert len(server.asked) == 1
    assert server.asked[0].headers["accept"] == "application/jwk-set+json, application/json"


def test_a_set_is_fetched_anew_after_an_hour(client: Client, server: Elsewhere, clock: Clock) -> None:
    kids(client)
    server.gives("/keys", published_as(OTHER))
    clock.advance(FRESH_FOR - 1)
    assert kids(client) == ["one"]
    clock.advance(1)
    assert kids(client) == ["two"]


def test_an_unknown_key_leads_to_one_fetch_in_ten_seconds(
    app: Flask, client: Client, server: Elsewhere, clock: Clock
) -> None:
    kids(client)
    server.gives("/keys", published_as(OTHER))
    clock.advance(APART - 1)
    assert kids(client, refetch=True) == ["one"]
    clock.advance(1)
    for _ in range(5):
        assert kids(client, refetch=True) == ["two"]
        forget(app)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "bad",
    [
        [], {}, "keys", None, {"keys": []}, {"keys": None}, {"keys": {}}, {"keys": [None]}, {"keys": [{"kty": "EC"}]},
        b"no json", b"", b"[" * 60_000, b"\xff", {"keys": [EC.as_dict(private=True)]}, {"keys": [WEAK]},
        {"keys": [OctKey.generate_key(256).as_dict(private=True)]}, {"keys": [EC.as_dict(private=False)] * 2},
        published_as(*(ECKey.generate_key("P-256") for _ in range(21))),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.only_on("sqlite")
def test_a_bad_set_changes_nothing(client: Client, server: Elsewhere, clock: Clock, bad: Any) -> None:
    kids(client)
    server.gives("/keys", bad)
    clock.advance(FRESH_FOR)

    assert kids(client) == ["one"]
    assert len(server.asked) == 2


@pytest.mark.only_on("sqlite")
def test_a_set_that_does_not_come_changes_nothing(client: Client, server: Elsewhere, clock: Clock) -> None:
    kids(client)
    for status in ("404 Not Found", "302 Found", "500 Oh"):
        server.gives("/keys", published_as(OTHER), status=status)
        clock.advance(FRESH_FOR)
        assert kids(client) == ["one"]
    assert len(server.asked) == 4


def test_what_no_key_needs_is_not_kept(client: Client, server: Elsewhere) -> None:
    key = json.dumps(EC.as_dict(private=False))
    strange = '{"keys":[{"a":NaN,"b":1e999,"c":"\\u0000\\ud800",' + key[1:] + '],"d":NaN}'
    server.gives("/keys", strange.encode())

    assert kids(client) == ["one"]


def test_another_address_has_another_set(app: Flask, client: Client, server: Elsewhere, clock: Clock) -> None:
    kids(client)
    clock.advance(APART)
    changed = clients.change(client.id, jwks_uri=server.gives("/others", published_as(OTHER)))

    assert kids(changed) == ["two"]
    assert server.asked[-1].target == "/others"


def test_nothing_is_fetched_inside_a_transaction(client: Client, server: Elsewhere) -> None:
    with transaction():
        assert kids(client) is None
    assert not server.asked
    assert kids(client) == ["one"]
    with transaction():
        assert kids(client, refetch=True) == ["one"]


def refetch(app: Flask, client_id: str) -> list[str | None] | None:
    with app.app_context():
        return kids(clients.demand(client_id), refetch=True)


@pytest.mark.only_on("postgresql")
def test_fifty_at_once_fetch_once(
    app: Flask, client: Client, server: Elsewhere, settings: Settings, clock: Clock
) -> None:
    kids(client)
    clock.advance(APART)
    answers = at_once(refetch, settings, clock.now, client.id)

    assert answers == [["one"]] * CROWD
    assert len(server.asked) == 2
