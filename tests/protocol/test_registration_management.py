"""Looking after a registration: RFC 7592."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from itertools import count

import pytest
from flask import Flask

from idp.audit.service import search
from idp.clients import service as clients
from idp.clients import subjects
from idp.kernel.db import db
from idp.kernel.settings import Settings
from idp.limits import service as limits
from idp.limits.policy import LIMITS
from tests.factories import App, Person, make_client
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.party import Party, agree, refused, signed_in
from tests.support.registration import CALLBACK, Developer
from tests.support.statements import recorded

CHANGES: dict[str, object] = {
    "isolated": True,
    "require_auth_time": True,
    "default_max_age": 300,
    "initiate_login_uri": "https://newcomer.example/start",
    "software_id": "one",
}
TURNS = count()


def change_one_more(app: Flask, client_id: str) -> None:
    """One of many who change different members of one app."""
    name = list(CHANGES)[(os.getpid() + next(TURNS)) % len(CHANGES)]
    with app.app_context():
        clients.change(client_id, **{name: CHANGES[name]})


def slowly(app: Flask, server: Elsewhere, meanwhile: Callable[[], None]) -> str:
    """A sector document that lists the app's address, and what happens while it is fetched."""

    def answer(line: socket.socket) -> None:
        with app.app_context():
            meanwhile()
        server.gives("/list", [CALLBACK])
        raw = server.answers["/list"]
        assert isinstance(raw, bytes)
        line.sendall(raw)

    return server.does(f"/{meanwhile.__name__}", answer)


pytestmark = pytest.mark.settings(registration="open")
SQLITE = pytest.mark.only_on("sqlite")


@pytest.fixture
def developer(app: Flask) -> Developer:
    return Developer(app)


class TestReading:
    def test_tells_the_present_metadata(self, developer: Developer) -> None:
        told = developer.registered(initiate_login_uri="https://newcomer.example/start")
        answer = developer.manage("GET", told)

        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
        assert answer.get_json() == {
            name: value for name, value in told.items() if not name.startswith("client_secret")
        }

    @SQLITE
    def test_wants_the_token_of_this_very_app(self, developer: Developer) -> None:
        mine, other = developer.registered(), developer.registered()

        for token in ("", "made-up", other["registration_access_token"], mine["client_secret"]):
            answer = refused(developer.manage("GET", mine, token), "invalid_token", 401)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        nobody = mine | {"registration_client_uri": "http://localhost:8000/register/nobody"}
        refused(developer.manage("GET", nobody), "invalid_token", 401)


class TestReplacing:
    def test_the_whole_is_replaced(self, developer: Developer) -> None:
        told = developer.registered(contacts=["a@newcomer.example"], scope="openid email")
        answer = developer.change(told, redirect_uris=["https://newcomer.example/new"], client_name="Grown up")
        now = answer.get_json()

        assert answer.status_code == 200
        assert (now["client_name"], now["redirect_uris"]) == ("Grown up", ["https://newcomer.example/new"])
        assert "contacts" not in now and len(now["scope"].split()) > 2
        assert now["registration_access_token"] == told["registration_access_token"]
        assert clients.demand(told["client_id"]).holds_secret(told["client_secret"])
        (event,) = search(kind="client.changed")
        assert (event.actor, set(event.facts["fields"])) == ("app", {"contacts", "name", "redirect_uris", "scopes"})

    @SQLITE
    def test_it_is_looked_at_as_if_it_were_new(self, developer: Developer) -> None:
        told = developer.registered()

        refused(developer.change(told, redirect_uris=["https://newcomer.example/#"]), "invalid_redirect_uri")
        refused(developer.change(told, initiate_login_uri="http://newcomer.example/"), "invalid_client_metadata")
        refused(developer.change(told, token_endpoint_auth_method="none"), "invalid_client_metadata")
        assert developer.manage("GET", told).get_json()["redirect_uris"] == told["redirect_uris"]

    @SQLITE
    @pytest.mark.parametrize(
        "members",
        [
            {"client_id": "somebody-else"},
            {"client_id": 5},
            {"client_id": None},
            {"client_secret": "chosen"},
            {"registration_access_token": "chosen"},
            {"registration_client_uri": "https://evil.example/"},
            {"client_id_issued_at": 1},
            {"client_secret_expires_at": 1},
        ],
        ids=str,
    )
    def test_what_the_server_decides_is_refused(self, developer: Developer, members: dict[str, object]) -> None:
        told = developer.registered()
        before = clients.demand(told["client_id"])

        refused(developer.change(told, **members), "invalid_request")
        assert clients.demand(told["client_id"]) == before

    @SQLITE
    def test_the_present_secret_may_stand_in_it(self, developer: Developer) -> None:
        told = developer.registered()

        assert developer.change(told, client_secret=told["client_secret"]).status_code == 200
        refused(developer.change(told, client_secret=["x"]), "invalid_client_metadata")

    def test_what_an_operator_gave_stays(self, developer: Developer) -> None:
        told = developer.registered(scope="openid")
        clients.change(told["client_id"], scopes=("openid", "residency"), required_claims=("email",), isolated=True)

        now = developer.change(told, scope="openid residency").get_json()
        kept = clients.demand(told["client_id"])
        assert now["scope"] == "openid residency" and kept.required_claims == ("email",) and kept.metadata.isolated

    def test_no_app_moves_into_a_sector_in_which_residents_are_known(self, developer: Developer) -> None:
        told = developer.registered()
        subjects.give(clients.demand(told["client_id"]), "alice")

        refused(developer.change(told, redirect_uris=["https://evil.example/cb"]), "invalid_client_metadata")
        assert developer.change(told, redirect_uris=["https://newcomer.example/x"]).status_code == 200

    @SQLITE
    def test_an_operator_cannot_make_it_skip_consent_either(self, developer: Developer) -> None:
        told = developer.registered()
        with pytest.raises(clients.BadMetadata):
            clients.change(told["client_id"], first_party=True)

    @SQLITE
    @pytest.mark.settings(fetch_allow=("localhost",))
    def test_what_an_operator_decides_while_beacon_fetches_stays(self, app: Flask, developer: Developer) -> None:
        told = developer.registered(scope="openid email phone")
        client_id = told["client_id"]

        def narrowed() -> None:
            clients.change(client_id, scopes=("openid", "residency"), isolated=True)

        def switched_off() -> None:
            clients.disable(client_id)

        with elsewhere() as server:
            asked = {"sector_identifier_uri": slowly(app, server, narrowed), "scope": "openid email residency"}
            now = developer.change(told, **asked).get_json()
            kept = clients.demand(client_id)
            assert kept.metadata.isolated and kept.scopes == tuple(now["scope"].split())
            assert set(kept.scopes) == {"openid", "email", "residency"}

            asked = {"sector_identifier_uri": slowly(app, server, switched_off), "client_name": "Other"}
            refused(developer.change(told, **asked), "invalid_token", 401)
            assert clients.demand(client_id).name == "Newcomer" and clients.demand(client_id).disabled

    @pytest.mark.only_on("postgresql")
    def test_fifty_changes_at_once_all_stay(self, app: Flask, settings: Settings, clock: Clock) -> None:
        client_id = make_client().id
        changed = at_once(change_one_more, settings, clock.now, client_id)

        assert len(changed) == CROWD
        kept = clients.demand(client_id)
        assert all(getattr(kept.metadata, name) == value for name, value in CHANGES.items())


class TestLimit:
    """Each request costs, whatever it wants and whether or not its token is good."""

    @SQLITE
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_one_app_is_looked_after_so_often_and_no_more(self, app: Flask, developer: Developer, method: str) -> None:
        mine, other = developer.registered(), developer.registered()
        for _ in range(LIMITS["registration_change"].account.allowed - 1):
            limits.spend("registration_change", account=mine["client_id"])
        refused(developer.manage("GET", mine, "made-up"), "invalid_token", 401)

        with recorded(db.engine) as statements:
            answer = developer.manage(method, mine, json=developer.document(client_id=mine["client_id"]))
        assert answer.status_code == 429 and answer.headers["Retry-After"]
        assert not any("clients" in statement for statement in statements)
        assert developer.change(other, client_name="Grown up").status_code == 200

    @SQLITE
    def test_nor_does_one_network_go_through_all_apps(self, app: Flask, developer: Developer) -> None:
        told = developer.registered()
        for _ in range(LIMITS["registration_change"].network.allowed):
            limits.spend("registration_change", network="127.0.0.0/24")

        assert developer.manage("GET", told).status_code == 429


class TestRemoving:
    def test_ends_the_app_its_token_and_its_tokens(
        self, app: Flask, developer: Developer, browser: Browser, make_account: Callable[..., Person], clock: Clock
    ) -> None:
        told = developer.registered()
        registered, person = App(clients.demand(told["client_id"]), told["client_secret"]), make_account(totp=True)
        agree(person, registered)
        party = Party(app, registered)
        access_token = party.tokens(signed_in(browser, person))["access_token"]
        assert party.userinfo(access_token).status_code == 200

        answer = developer.manage("DELETE", told)
        assert answer.status_code == 204 and answer.data == b""
        assert party.userinfo(access_token).status_code == 401
        clock.advance(2)
        refused(party.redeem("code"), "invalid_client", 401)
        for method in ("GET", "DELETE"):
            refused(developer.manage(method, told), "invalid_token", 401)
        assert [event.client_id for event in search(kind="client.removed")] == [told["client_id"]]

    def test_for_good_even_if_an_operator_switches_the_app_on_again(self, developer: Developer) -> None:
        told = developer.registered()
        developer.manage("DELETE", told)
        clients.enable(told["client_id"])

        refused(developer.manage("GET", told), "invalid_token", 401)
        assert not clients.demand(told["client_id"]).holds_secret(told["client_secret"])
        assert clients.demand(told["client_id"]).self_registered


@SQLITE
@pytest.mark.settings(registration="closed")
def test_nothing_is_served_where_registration_is_closed(app: Flask) -> None:
    told = {"registration_access_token": "x", "registration_client_uri": "http://localhost:8000/register/x"}
    for method in ("GET", "DELETE"):
        refused(Developer(app).manage(method, told), "not_found", 404)
