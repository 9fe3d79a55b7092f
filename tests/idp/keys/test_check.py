"""Who has the next key: who read the key set, who calls, and ``beacon key rotate --check``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from idp.clients import networks
from idp.clients import service as clients
from idp.clients.models import ClientNetwork
from idp.kernel import seldom
from idp.kernel.clock import DAY, HOUR, MINUTE
from idp.kernel.db import db, execute
from idp.keys import readers
from idp.keys import service as keys
from idp.keys.cli import key
from idp.keys.models import KeyReader
from tests.factories import App
from tests.support.clock import Clock
from tests.support.party import Party, visitor
from tests.support.statements import recorded, writes

HERE, THERE = "192.0.2.0/24", "198.51.100.0/24"


def check(*arguments: str) -> Result:
    return CliRunner().invoke(key, ["rotate", "--check", *arguments])


def found() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(check("--json").stdout)
    return facts


def read_key_set(app: Flask, address: str = "192.0.2.7") -> None:
    assert visitor(app).get("/.well-known/jwks.json", environ_base={"REMOTE_ADDR": address}).status_code == 200


def test_without_a_waiting_key_nobody_is_late(app: Flask, make_client: Callable[..., App]) -> None:
    networks.note(make_client().client, HERE)

    assert check().exit_code == 0
    assert found() == {"pending": [], "active_at": None, "without": []}


def test_an_app_is_named_until_it_has_read_the_key_set_with_the_next_key(
    app: Flask, clock: Clock, make_client: Callable[..., App]
) -> None:
    slow, quick = make_client(name="Slow"), make_client(name="Quick")
    for each, network in ((slow, THERE), (quick, HERE), (quick, THERE)):
        networks.note(each.client, network)
    read_key_set(app)
    read_key_set(app, "198.51.100.20")
    (kid,) = keys.rotate("ES256")
    clock.advance(2)

    late = check()
    assert late.exit_code == 1 and "Slow" in late.stdout and "Quick" in late.stdout
    read_key_set(app)
    assert check("--json").exit_code == 1
    assert found() == {
        "pending": [kid],
        "active_at": clock.now - 2 + HOUR,
        "without": [{"client_id": slow.id, "name": "Slow", "networks": [THERE]}],
    }
    read_key_set(app, "198.51.100.99")
    assert check().exit_code == 0 and found()["without"] == []


def test_the_newest_waiting_key_counts(app: Flask, clock: Clock, make_client: Callable[..., App]) -> None:
    networks.note(make_client().client, HERE)
    keys.rotate("ES256")
    clock.advance(10)
    read_key_set(app)
    assert check().exit_code == 0

    keys.rotate("EdDSA")
    clock.advance(MINUTE)
    assert check().exit_code == 1
    read_key_set(app)
    assert check().exit_code == 0


def test_machines_residents_own_devices_and_apps_that_are_off_or_gone_are_not_named(
    app: Flask, clock: Clock, make_client: Callable[..., App]
) -> None:
    machine, off, gone, native = (
        make_client(**facts) for facts in ({"grants": ("client_credentials",)}, {}, {}, {"auth_method": "none"})
    )
    networks.note(gone.client, HERE)
    clock.advance(30 * DAY + 1)
    for each in (machine, off, native):
        networks.note(each.client, HERE)
    clients.disable(off.id)
    keys.rotate("ES256")
    clock.advance(2)

    assert check().exit_code == 0
    assert "30 days" in check().stderr


def test_a_check_needs_no_reason_and_changes_nothing(app: Flask) -> None:
    before = {key.kid for key in keys.every()}

    with recorded(db.engine) as statements:
        assert check().exit_code == 0
    assert not writes(statements)
    assert {key.kid for key in keys.every()} == before
    assert check("--at-once").exit_code == 2
    assert CliRunner().invoke(key, ["rotate"]).exit_code == 2


def test_a_reader_is_noted_once_a_minute_and_again_for_a_new_key(app: Flask, clock: Clock) -> None:
    read_key_set(app)
    with recorded(db.engine) as steady:
        read_key_set(app)
        read_key_set(app, "192.0.2.200")
    keys.rotate("ES256")
    clock.advance(2)
    with recorded(db.engine) as renewed:
        read_key_set(app)
    clock.advance(MINUTE)
    with recorded(db.engine) as later:
        read_key_set(app)

    assert [len(writes(each)) for each in (steady, renewed, later)] == [0, 1, 1]
    assert [tuple(row) for row in execute(select(KeyReader.network, KeyReader.read_at))] == [(HERE, clock.now)]


def test_a_database_that_fails_keeps_nobody_from_the_key_set(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("INSERT", {}, Exception())

    read_key_set(app)
    monkeypatch.setattr(seldom, "transaction", fail)
    read_key_set(app, "203.0.113.5")
    assert "203.0.113.0/24" not in readers.since(0)


def test_an_app_is_noted_once_an_hour(app: Flask, clock: Clock, make_client: Callable[..., App]) -> None:
    one = make_client()
    networks.note(one.client, HERE)
    with recorded(db.engine) as steady:
        networks.note(one.client, HERE)
    clock.advance(HOUR)
    with recorded(db.engine) as later:
        networks.note(one.client, HERE)
        networks.note(one.client, THERE)

    assert (len(writes(steady)), len(writes(later))) == (0, 2)
    assert networks.callers()[0].networks == {HERE, THERE}


def test_a_call_of_the_token_endpoint_is_noted_if_it_succeeds(app: Flask, make_client: Callable[..., App]) -> None:
    party = Party(app, make_client(grants=("client_credentials", "authorization_code")))
    assert party.token(grant_type="authorization_code", code="x").status_code == 400
    assert networks.callers() == []

    assert party.token(grant_type="client_credentials").status_code == 200
    (caller,) = networks.callers()
    assert (caller.client_id, caller.networks) == (party.id, {"127.0.0.0/24"})


def test_networks_are_forgotten_after_a_month(app: Flask, clock: Clock, make_client: Callable[..., App]) -> None:
    one = make_client()
    for network in (HERE, THERE):
        networks.note(one.client, network)
        readers.note(network, "etag")
    clock.advance(30 * DAY)
    networks.note(one.client, HERE)
    readers.note(HERE, "etag")
    clock.advance(1)

    assert (networks.sweep(10), readers.sweep(10)) == (1, 1)
    assert execute(select(ClientNetwork.network)).scalars().all() == [HERE]
    assert readers.since(0) == {HERE}
