"""Token exchange (RFC 8693): an app passes a resident's token to an API it is paired with, and gives nothing away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from consent import service as consent
from idp import lifecycle
from idp.audit.service import search
from idp.clients import service as clients
from idp.sessions.assurance import AAL2
from idp.tokens import service as tokens
from tests.factories import App, Person
from tests.support.apis import ACCESS_TOKEN, READ, RESOURCE, WRITE, by_itself, calling, passed_on, serving
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.dpop import OTHER_EC, Prover
from tests.support.party import Party, agree, granted, refused, signed_in

INACTIVE = {"active": False}


@pytest.fixture
def api(app: Flask) -> Party:
    return serving(app)


@pytest.fixture
def caller(app: Flask, api: Party, resident: Person) -> Party:
    caller = calling(app)
    agree(resident, caller.registered)
    return caller


@pytest.fixture
def home(browser: Browser, resident: Person) -> Browser:
    return signed_in(browser, resident)


@pytest.fixture
def body(home: Browser, caller: Party) -> dict[str, str]:
    """The tokens of the resident's sign-in at the app."""
    return caller.tokens(home)


def test_a_residents_token_becomes_one_for_the_api(
    body: dict[str, str], caller: Party, api: Party, resident: Person
) -> None:
    passed = granted(passed_on(caller, body["access_token"], scope=READ))
    told = api.introspect(passed["access_token"])
    sub = told.pop("sub")

    assert {name: passed[name] for name in passed if name != "access_token"} == {
        "token_type": "Bearer",
        "issued_token_type": ACCESS_TOKEN,
        "expires_in": 600,
        "scope": READ,
    }
    assert told == {
        "active": True,
        "iss": caller.issuer,
        "aud": RESOURCE,
        "client_id": caller.id,
        "act": {"sub": caller.id, "client_id": caller.id},
        "scope": READ,
        "token_type": "Bearer",
        "iat": START,
        "exp": START + 600,
        "auth_time": START,
        "acr": AAL2,
        "amr": ["pwd", "otp", "mfa"],
    }
    own = caller.read(body["id_token"])["sub"]
    assert sub != own == caller.introspect(passed["access_token"])["sub"]
    event = search(kind="grant.exchanged")[0]
    assert (event.client_id, event.account_id) == (caller.id, resident.id)


def test_the_api_is_named_by_address_or_by_client_or_both(body: dict[str, str], caller: Party, api: Party) -> None:
    for named in (
        {"resource": RESOURCE},
        {"resource": None, "audience": RESOURCE},
        {"resource": None, "audience": api.id},
        {"audience": api.id},
    ):
        granted(passed_on(caller, body["access_token"], requested_token_type=ACCESS_TOKEN, **named))


def test_only_a_registered_pair_may_exchange(
    app: Flask, body: dict[str, str], caller: Party, subtests: pytest.Subtests, clock: Clock, api: Party
) -> None:
    other = serving(app, "https://other.example/", ("other.read",), name="Other", agency=None)
    for named in (
        {"resource": None},
        {"resource": "https://other.example/"},
        {"resource": None, "audience": other.id},
        {"audience": other.id},
        {"resource": None, "audience": caller.id},
        {"resource": None, "audience": "unknown"},
        {"resource": [RESOURCE, "https://other.example/"]},
    ):
        with subtests.test(str(named)):
            refused(passed_on(caller, body["access_token"], **named), "invalid_target")
    clients.disable(api.id)
    clock.advance(2)
    refused(passed_on(caller, body["access_token"]), "invalid_target")


def test_a_token_of_this_app_alone_can_be_exchanged(
    app: Flask, home: Browser, body: dict[str, str], caller: Party, resident: Person, subtests: pytest.Subtests
) -> None:
    another = calling(app, agency="Department of Revenue", name="Revenue")
    agree(resident, another.registered)
    passed = granted(passed_on(caller, body["access_token"]))["access_token"]
    aimed = granted(caller.redeem(caller.code(home, resource=RESOURCE), resource=RESOURCE))["access_token"]
    others = {
        "another app's": another.tokens(home)["access_token"], "made up": "made-up", "none": "",
        "refresh token": body["refresh_token"], "ID token": body["id_token"], "passed on before": passed,
        "aimed at an API": aimed, "the app's own": granted(by_itself(caller))["access_token"],
    }  # fmt: skip

    for what, token in others.items():
        with subtests.test(what):
            refused(passed_on(caller, token), "invalid_request")


def test_kinds_of_token_that_are_not_served_are_refused(
    body: dict[str, str], caller: Party, subtests: pytest.Subtests
) -> None:
    id_token = "urn:ietf:params:oauth:token-type:id_token"
    for wrong in (
        {"subject_token_type": id_token},
        {"subject_token_type": None},
        {"requested_token_type": id_token},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"actor_token": body["access_token"], "actor_token_type": ACCESS_TOKEN},
    ):
        with subtests.test(str(wrong)[:60]):
            refused(passed_on(caller, body["access_token"], **wrong), "invalid_request")


def test_scopes_and_claims_never_grow(home: Browser, caller: Party, api: Party) -> None:
    narrow = caller.tokens(home, scope=f"openid offline_access {READ}")["access_token"]
    assert granted(passed_on(caller, narrow))["scope"] == READ
    granted(passed_on(caller, narrow, scope=f"openid {READ}"))
    for wide in ("email", WRITE, f"{READ} email", "profile", "bogus"):
        refused(passed_on(caller, narrow, scope=wide), "invalid_scope")

    shared = granted(passed_on(caller, caller.tokens(home)["access_token"], scope=f"{READ} email"))["access_token"]
    found = tokens.bearer(shared)
    assert found is not None
    assert set(found.grant.claims) == {"email", "email_verified"}
    none = tokens.bearer(granted(passed_on(caller, narrow))["access_token"])
    assert none is not None
    assert none.grant.claims == ()


def test_an_api_that_the_resident_did_not_agree_to_is_no_target(home: Browser, caller: Party, api: Party) -> None:
    without = caller.tokens(home, scope="openid")["access_token"]
    refused(passed_on(caller, without), "invalid_target")
    refused(passed_on(caller, without, scope=READ), "invalid_target")

    granted(passed_on(caller, caller.tokens(home, scope=f"openid {READ}")["access_token"], scope=READ))


def test_what_was_passed_on_goes_with_what_it_was_made_from(body: dict[str, str], caller: Party, api: Party) -> None:
    passed = granted(passed_on(caller, body["access_token"]))["access_token"]
    assert api.introspect(passed)["active"]

    caller.revoke(body["access_token"])

    assert api.introspect(passed) == INACTIVE


def test_it_lives_no_longer_than_what_it_came_from(
    body: dict[str, str], caller: Party, api: Party, clock: Clock
) -> None:
    clock.advance(400)
    passed = granted(passed_on(caller, body["access_token"]))
    assert passed["expires_in"] == 200
    assert api.introspect(passed["access_token"])["exp"] == START + 600
    clock.advance(200)

    assert api.introspect(passed["access_token"]) == INACTIVE
    refused(passed_on(caller, body["access_token"]), "invalid_request")


ENDS: dict[str, Callable[[Person, Party, dict[str, str]], object]] = {
    "its refresh token revoked": lambda _resident, caller, body: caller.revoke(body["refresh_token"]),
    "consent withdrawn": lambda resident, caller, _body: consent.withdraw(resident.id, caller.id),
    "locked": lambda resident, _caller, _body: lifecycle.lock(resident.id),
    "app switched off": lambda _resident, caller, _body: clients.disable(caller.id),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_with_its_family(body: dict[str, str], caller: Party, api: Party, resident: Person, how: str) -> None:
    passed = granted(passed_on(caller, body["access_token"]))["access_token"]
    assert api.introspect(passed)["active"]
    ENDS[how](resident, caller, body)

    assert api.introspect(passed) == INACTIVE


def test_it_can_be_revoked_by_itself(body: dict[str, str], caller: Party, api: Party) -> None:
    passed = granted(passed_on(caller, body["access_token"]))["access_token"]
    api.revoke(passed)
    assert api.introspect(passed)["active"]
    caller.revoke(passed)

    assert api.introspect(passed) == INACTIVE
    assert caller.userinfo(body["access_token"]).status_code == 200


def test_it_opens_nothing_at_beacon(body: dict[str, str], caller: Party) -> None:
    passed = granted(passed_on(caller, body["access_token"], scope=f"openid email {READ}"))

    assert passed.keys() & {"refresh_token", "id_token"} == set()
    assert caller.userinfo(passed["access_token"]).status_code == 401


def test_a_bound_token_needs_its_key_and_stays_bound(home: Browser, caller: Party, api: Party) -> None:
    holder, thief = Prover(caller), Prover(caller, OTHER_EC)
    bound = granted(holder.redeem(caller.code(home)))["access_token"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": bound,
        "subject_token_type": ACCESS_TOKEN,
        "resource": RESOURCE,
    }

    refused(passed_on(caller, bound), "invalid_request")
    refused(thief.call("/token", **form), "invalid_request")
    passed = granted(holder.call("/token", **form))
    assert passed["token_type"] == "DPoP"
    assert api.introspect(passed["access_token"])["cnf"] == {"jkt": holder.thumbprint}


def test_only_an_app_with_this_grant_that_proves_itself(
    app: Flask, body: dict[str, str], caller: Party, make_client: Callable[..., App]
) -> None:
    without = calling(app, grants=("authorization_code",))
    public = Party(app, make_client(auth_method="none"))

    for party in (without, public):
        refused(passed_on(party, body["access_token"]), "unauthorized_client")
    refused(caller.call("/token", {}, grant_type="x", client_id=caller.id), "unsupported_grant_type")
