"""Agency apps as the rest of the house meets them."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask
from sqlalchemy import select

from idp.audit.service import search
from idp.clients import assertions, subjects
from idp.clients import service as clients
from idp.clients.errors import BadMetadata, UnknownClient
from idp.clients.models import ClientSecret, Subject
from idp.clients.service import Client
from idp.kernel.crypto import digest
from idp.kernel.db import db, execute
from tests.factories import make_client
from tests.support.clock import Clock
from tests.support.statements import recorded


def test_an_app_is_found_by_its_id(app: Flask) -> None:
    made = make_client()

    assert clients.find(made.id) == made.client
    for wrong in ("", "nobody", made.id + "x", "x" * 65, "a\0b", "ünïcode"):
        assert clients.find(wrong) is None


def test_an_app_cannot_be_written_to(app: Flask) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_client().client.name = "Evil"  # type: ignore[misc]


def test_it_is_read_at_most_once_a_second(app: Flask, clock: Clock) -> None:
    made = make_client()
    with recorded(db.engine) as statements:
        for _ in range(5):
            clients.find(made.id)
        once = len(statements)
        clock.advance(2)
        clients.find(made.id)

    assert once > 0 and len(statements) == 2 * once


def test_a_change_is_seen_after_a_second_and_so_is_a_clock_that_was_set_back(app: Flask, clock: Clock) -> None:
    made = make_client()
    clients.find(made.id)
    clients.disable(made.id)
    clock.advance(2)
    assert (now := clients.find(made.id)) is not None and now.disabled

    clients.enable(made.id)
    clock.advance(-3600)
    assert (then := clients.find(made.id)) is not None and not then.disabled


def test_the_secret_is_kept_as_a_digest_and_shown_once(app: Flask) -> None:
    made = make_client()

    (row,) = execute(select(ClientSecret.__table__)).all()
    assert made.secret and row.digest == digest(made.secret) and made.secret not in str(tuple(row))
    assert made.secret not in repr(made.client)
    assert all(made.secret not in str(event) for event in search())


def test_every_deed_is_on_record(app: Flask) -> None:
    made = make_client()
    clients.change(made.id, name="New")
    clients.rotate_secret(made.id)
    clients.disable(made.id)
    clients.enable(made.id)

    kinds = [event.kind for event in reversed(search(client=made.id))]
    assert kinds == [
        "client.registered",
        "client.changed",
        "client.secret_rotated",
        "client.disabled",
        "client.enabled",
    ]


def test_nobody_to_change(app: Flask) -> None:
    for verb in (clients.demand, clients.rotate_secret, clients.disable, clients.enable):
        with pytest.raises(UnknownClient):
            verb("nobody")
    with pytest.raises(UnknownClient):
        clients.change("nobody", name="x")


def test_an_app_without_a_secret_has_none_to_rotate(app: Flask) -> None:
    with pytest.raises(BadMetadata):
        clients.rotate_secret(make_client(auth_method="none").id)


class TestSubjects:
    def test_one_for_each_resident_and_sector(self, app: Flask) -> None:
        one, other = make_client().client, make_client(agency="Health").client

        first = subjects.give(one, "alice")
        assert subjects.give(one, "alice") == first
        assert len({first, subjects.give(other, "alice"), subjects.give(one, "bob"), "alice"}) == 4
        assert len(execute(select(Subject.subject)).all()) == 3

    def test_lead_back_to_their_account_within_their_sector(self, app: Flask) -> None:
        one, other = make_client().client, make_client(agency="Health").client
        subject = subjects.give(one, "alice")

        second = subjects.give(one, "bob")

        assert subjects.accounts_behind(one, [subject]) == {"alice"}
        assert subjects.accounts_behind(other, [subject]) == frozenset()
        assert subjects.accounts_behind(one, [subject, "made-up", 5, None, [], "", "\0", "\ud800", second]) == {
            "alice",
            "bob",
        }

    def test_public_ones_are_the_account_itself(self, app: Flask) -> None:
        public = make_client(subject_type="public").client

        assert subjects.give(public, "alice") == "alice"
        assert subjects.accounts_behind(public, ["alice", "\ud800"]) == {"alice"}


class TestAssertions:
    def test_a_jti_is_spent_once_for_each_app(self, app: Flask, clock: Clock) -> None:
        until = clock.now + 60

        assert assertions.spend("one", "jti", until)
        assert not assertions.spend("one", "jti", until)
        assert assertions.spend("other", "jti", until)
        assert assertions.spend("on", "ejti", until)

    def test_it_is_forgotten_only_after_it_has_expired(self, app: Flask, clock: Clock) -> None:
        assertions.spend("one", "jti", clock.now + 60)
        clock.advance(60)
        assert assertions.sweep(10) == 0

        clock.advance(1)
        assert assertions.sweep(10) == 1


def test_the_view_of_an_app_holds_what_pages_need(app: Flask) -> None:
    client: Client = make_client(name="Tax", agency="Revenue", tos_uri="https://tax.example/terms").client

    assert (client.name, client.agency, client.host) == ("Tax", "Revenue", "app.agency.example")
    assert client.tos_uri == "https://tax.example/terms" and not client.native
