"""Sector identifiers: OpenID Connect Core section 8.1, OpenID Connect Registration section 5."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from idp.clients import sectors, subjects
from idp.clients import service as clients
from idp.clients.cli import client as command
from idp.kernel.db import transaction
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.party import refused
from tests.support.registration import CALLBACK, Developer

pytestmark = [pytest.mark.settings(registration="open", fetch_allow=("localhost",)), pytest.mark.only_on("sqlite")]
OTHER = "https://other.example/cb"
WHY = ("--reason", "test")


@pytest.fixture
def server() -> Iterator[Elsewhere]:
    with elsewhere() as running:
        yield running


def run(*arguments: str) -> Any:
    return CliRunner().invoke(command, [*arguments, "--json", *WHY])


def test_apps_of_one_document_know_a_resident_by_the_same_subject(app: Flask, server: Elsewhere) -> None:
    uri = server.gives("/sector.json", [CALLBACK, OTHER])
    apps = [
        clients.demand(Developer(app).registered(redirect_uris=uris, sector_identifier_uri=uri)["client_id"])
        for uris in ([CALLBACK], [OTHER], [CALLBACK, OTHER])
    ]

    assert {one.sector for one in apps} == {"localhost"}
    assert len({subjects.give(one, "alice") for one in apps}) == 1


def test_a_document_without_every_redirect_uri_is_refused(
    app: Flask, server: Elsewhere, subtests: pytest.Subtests
) -> None:
    wrong: dict[str, str] = {
        "another list": server.gives("/1", [OTHER]),
        "only part": server.gives("/2", [CALLBACK]),
        "not texts": server.gives("/3", [CALLBACK, OTHER, 5]),
        "not a list": server.gives("/4", {CALLBACK: 1, OTHER: 1}),
        "not JSON": server.gives("/5", b"nope"),
        "another type": server.gives("/6", [CALLBACK, OTHER], Content_Type="text/html"),
        "missing": server.gives("/7", [CALLBACK, OTHER], "404 Not Found"),
        "too large": server.gives("/8", [CALLBACK, OTHER, "x" * 10_000_000]),
        "deep": server.gives("/9", b"[" * 30_000),
        "elsewhere": "https://192.168.7.7/sector.json",
        "not https": "http://sectors.example/sector.json",
    }
    for name, uri in wrong.items():
        with subtests.test(name):
            answer = Developer(app).register(redirect_uris=[CALLBACK, OTHER], sector_identifier_uri=uri)
            refused(answer, "invalid_client_metadata")
    assert clients.every() == []


def test_without_a_document_several_hosts_share_with_nobody(app: Flask) -> None:
    told = Developer(app).registered(redirect_uris=[CALLBACK, OTHER])
    assert clients.demand(told["client_id"]).sector == f"app:{told['client_id']}"


def test_an_operators_document_is_fetched_too(app: Flask, server: Elsewhere) -> None:
    good, bad = server.gives("/good", [CALLBACK]), server.gives("/bad", [OTHER])
    add = ("add", "--name", "App", "--redirect-uri", CALLBACK, "--sector-identifier-uri")

    assert run(*add, bad).exit_code == 1 and clients.every() == []
    client_id = json.loads(run(*add, good).stdout)["client_id"]
    assert clients.demand(client_id).sector == "localhost"
    assert run("set", client_id, "--redirect-uri", OTHER).exit_code == 1
    assert run("set", client_id, "--name", "Other name").exit_code == 0
    assert len(server.asked) == 3

    assert run("set", client_id, "--sector-identifier-uri", "").exit_code == 0
    assert clients.demand(client_id).sector == "newcomer.example"
    subjects.give(clients.demand(client_id), "alice")
    answer = run("set", client_id, "--sector-identifier-uri", good)
    assert answer.exit_code == 1 and "sector" in answer.stderr


def test_an_agency_stays_one_sector(app: Flask, server: Elsewhere) -> None:
    uri = server.gives("/sector.json", [CALLBACK])
    with_one, _ = clients.register(name="A", agency="Revenue", redirect_uris=[CALLBACK], sector_identifier_uri=uri)
    assert with_one.sector == clients.register(name="B", agency="Revenue", redirect_uris=[OTHER])[0].sector


def test_nothing_is_fetched_inside_a_transaction(app: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError):
        sectors.prove("https://sectors.example/", [CALLBACK])
