"""The authorization code and its redemption (RFC 6749 sections 4.1.2 to 4.1.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from consent import service as consent
from idp import lifecycle
from idp.audit.service import search
from idp.clients import service as clients
from idp.kernel.crypto import digest
from idp.kernel.db import execute
from idp.tokens import service as tokens
from idp.tokens.models import AuthorizationCode
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, granted, refused, signed_in, visitor


def test_a_code_becomes_tokens(at_home: Browser, party: Party) -> None:
    body = granted(party.redeem(party.code(at_home)))

    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 600
    assert body["scope"] == "email offline_access openid profile"
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}


def test_codes_and_tokens_are_long_and_never_the_same(at_home: Browser, party: Party) -> None:
    first, second = party.tokens(at_home), party.tokens(at_home)
    codes = [party.code(at_home) for _ in range(10)]

    assert len(set(codes)) == 10 and all(len(code) >= 43 for code in codes)
    for name in ("access_token", "refresh_token", "id_token"):
        assert first[name] != second[name] and len(first[name]) >= 43


def test_the_database_keeps_the_code_as_a_digest(at_home: Browser, party: Party) -> None:
    code = party.code(at_home)

    (row,) = execute(select(AuthorizationCode.__table__)).all()
    assert row.digest == digest(code)
    assert code not in str(tuple(row))


def test_an_app_without_the_refresh_grant_gets_no_refresh_token(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    party = Party(browser.app, make_client(grants=("authorization_code",)))
    agree(resident, party.registered)

    assert "refresh_token" not in party.tokens(signed_in(browser, resident))


def test_the_second_redemption_fails_and_ends_what_the_first_gave(at_home: Browser, party: Party) -> None:
    code = party.code(at_home)
    first = granted(party.redeem(code))
    assert party.userinfo(first["access_token"]).status_code == 200

    refused(party.redeem(code), "invalid_grant")
    assert party.userinfo(first["access_token"]).status_code == 401
    assert party.introspect(first["access_token"]) == {"active": False}
    refused(party.refresh(first["refresh_token"]), "invalid_grant")
    (event,) = search(kind="grant.code_replayed")
    assert event.client_id == party.id


def test_a_replay_is_known_hours_later(at_home: Browser, party: Party, clock: Clock) -> None:
    code = party.code(at_home)
    first = granted(party.redeem(code))
    clock.advance(6 * 3600)

    refused(party.redeem(code), "invalid_grant")
    refused(party.refresh(first["refresh_token"]), "invalid_grant")


def test_a_replay_ends_nobody_elses_tokens(at_home: Browser, party: Party) -> None:
    bystander, code = party.tokens(at_home), party.code(at_home)
    granted(party.redeem(code))
    refused(party.redeem(code), "invalid_grant")

    assert party.userinfo(bystander["access_token"]).status_code == 200
    granted(party.refresh(bystander["refresh_token"]))


def test_a_code_lives_for_sixty_seconds(at_home: Browser, party: Party, clock: Clock) -> None:
    in_time, late = party.code(at_home), party.code(at_home)

    clock.advance(59)
    granted(party.redeem(in_time))
    clock.advance(1)
    refused(party.redeem(late), "invalid_grant")


def test_a_code_is_bound_to_its_app(at_home: Browser, party: Party, another: Party) -> None:
    code = party.code(at_home)

    refused(another.redeem(code, redirect_uri=party.registered.redirect_uri), "invalid_grant")
    refused(another.redeem(party.code(at_home), client_id=party.id), "invalid_client", 401)
    granted(party.redeem(party.code(at_home)))


def test_a_code_is_bound_to_its_return_address(
    browser: Browser, resident: Person, make_client: Callable[..., App], subtests: pytest.Subtests
) -> None:
    first, second = "https://app.agency.example/one", "https://app.agency.example/two"
    party = Party(browser.app, make_client(redirect_uris=(first, second)))
    agree(resident, party.registered)
    signed_in(browser, resident)

    for wrong in (None, "", second, first + "/", "https://APP.agency.example/one", first + "?x=1"):
        with subtests.test(str(wrong)):
            refused(party.redeem(party.code(browser), redirect_uri=wrong), "invalid_grant")
    granted(party.redeem(party.code(browser), redirect_uri=first))


def test_what_is_no_code_is_refused(party: Party) -> None:
    for code in ("unknown", "", "x" * 5000, "ünïcode", "a.b"):
        refused(party.redeem(code), "invalid_grant")


def test_a_missing_code_is_an_invalid_request(party: Party) -> None:
    refused(party.redeem("x", code=None), "invalid_request")


def test_a_locked_resident_redeems_nothing_and_a_release_brings_nothing_back(
    at_home: Browser, party: Party, resident: Person
) -> None:
    code = party.code(at_home)
    lifecycle.lock(resident.id)
    refused(party.redeem(code), "invalid_grant")

    lifecycle.unlock(resident.id)
    refused(party.redeem(code), "invalid_grant")


def test_a_withdrawn_consent_takes_the_code_with_it(at_home: Browser, party: Party, resident: Person) -> None:
    code = party.code(at_home)
    consent.withdraw(resident.id, party.id)

    refused(party.redeem(code), "invalid_grant")


def test_the_end_of_the_session_takes_the_code_with_it(at_home: Browser, party: Party, resident: Person) -> None:
    code = party.code(at_home)
    lifecycle.sign_out(resident.id)

    refused(party.redeem(code), "invalid_grant")


def test_an_app_switched_off_meanwhile_redeems_nothing(at_home: Browser, party: Party, clock: Clock) -> None:
    code = party.code(at_home)
    clients.disable(party.id)
    tokens.revoke_of_client(party.id)
    clock.advance(2)

    refused(party.redeem(code), "invalid_client", 401)


def test_a_return_address_removed_meanwhile_redeems_nothing(
    browser: Browser, resident: Person, make_client: Callable[..., App], clock: Clock
) -> None:
    removed, kept = "https://app.agency.example/old", "https://app.agency.example/new"
    party = Party(browser.app, make_client(redirect_uris=(removed, kept)))
    agree(resident, party.registered)
    code = party.code(signed_in(browser, resident))
    clients.change(party.id, redirect_uris=[kept])
    clock.advance(2)

    refused(party.redeem(code), "invalid_grant")


def test_a_grant_that_is_not_served_is_named_as_such(party: Party, subtests: pytest.Subtests) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unauthorized_client"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}, "unauthorized_client"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type"),
        ({"grant_type": "AUTHORIZATION_CODE"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code "}, "unsupported_grant_type"),
        ({"grant_type": 'bo"g\\us\u00fc'}, "unsupported_grant_type"),
        ({"grant_type": None, "grant_type[]": "authorization_code"}, "invalid_request"),
        ({"grant_type": ["authorization_code", "refresh_token"]}, "invalid_request"),
        ({"code": ["one", "two"]}, "invalid_request"),
    ]
    for changes, error in wrong:
        with subtests.test(str(changes)):
            refused(party.redeem("x", **changes), error)


def test_an_app_may_use_only_the_grants_it_registered(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    party = Party(browser.app, make_client(grants=("authorization_code",)))

    refused(party.refresh("a.b"), "unauthorized_client")


def test_a_public_app_in_a_browser_may_read_the_answer(party: Party) -> None:
    asked = visitor(party.app).options("/token", headers={"Origin": "https://spa.example"})
    assert asked.status_code == 204 and asked.headers["Access-Control-Allow-Origin"] == "*"

    answered = party.redeem("x")
    assert answered.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answered.headers
