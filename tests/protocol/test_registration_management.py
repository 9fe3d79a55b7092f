"""Looking after a registration: RFC 7592."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from idp.audit.service import search
from idp.clients import service as clients
from idp.clients import subjects
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, refused, signed_in
from tests.support.registration import Developer

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
