"""Tokens of apps and APIs: none grows, none is a stranger's business, none passes for another (037, 047 to 049)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from flask import Flask

from idp import lifecycle
from idp.clients import service as clients
from idp.kernel import clock as time
from idp.keys import service as keys
from tests.factories import App, Person
from tests.support.apis import ACCESS_TOKEN, READ, RESOURCE, by_itself, calling, passed_on, serving
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, asserted, granted, refused, sign, visitor

HINTS = (None, "access_token", "refresh_token", "bogus")
INACTIVE = {"active": False}
OTHER = "https://other.example/"


@pytest.fixture
def api(app: Flask) -> Party:
    return serving(app, token_format="jwt")


@pytest.fixture
def caller(app: Flask, api: Party, resident: Person) -> Party:
    """An honest app that may call the API."""
    caller = calling(app)
    agree(resident, caller.registered)
    return caller


@pytest.fixture
def evil(app: Flask, api: Party) -> Party:
    """A correctly registered app of the attacker, with an API of its own and every grant."""
    return calling(
        app, name="Evil", agency=None, redirect_uris=("https://evil.example/cb",), token_format="jwt",
        scopes=("openid", "email", "evil.read"), resource=OTHER, resource_scopes=["evil.read"],
        token_exchange_resources=[OTHER],
    )  # fmt: skip


def test_an_apps_own_token_never_becomes_more(
    evil: Party, clock: Clock, make_client: Callable[..., App], subtests: pytest.Subtests
) -> None:
    """037: a resident's scopes, an unknown one, another's API; then switched off; then public."""
    for scope in ("openid profile admin", "openid", "offline_access", "unknown", READ, f"evil.read {READ}"):
        with subtests.test(scope):
            refused(by_itself(evil, scope=scope), "invalid_scope")
    refused(by_itself(evil, scope=READ, resource=RESOURCE), "invalid_scope")
    refused(by_itself(evil, resource=RESOURCE), "invalid_target")
    refused(by_itself(Party(evil.app, make_client(auth_method="none"))), "unauthorized_client")
    good = granted(by_itself(evil, scope="evil.read"))
    assert good.keys().isdisjoint({"id_token", "refresh_token"})

    clients.disable(evil.id)
    clock.advance(2)
    refused(by_itself(evil), "invalid_client", 401)


def test_nobody_revokes_what_is_not_theirs(
    at_home: Browser, caller: Party, api: Party, evil: Party, make_client: Callable[..., App]
) -> None:
    """047: whatever the hint, and without a word on whether the token was there."""
    public = Party(at_home.app, make_client(auth_method="none"))
    body = caller.tokens(at_home)
    theirs = [
        body["access_token"],
        body["refresh_token"],
        granted(by_itself(caller, scope=READ))["access_token"],
        granted(passed_on(caller, body["access_token"]))["access_token"],
    ]
    for token in (*theirs, "made-up"):
        for hint in HINTS:
            answers = {(answer.status_code, answer.data) for answer in (
                evil.revoke(token, token_type_hint=hint), public.revoke(token, token_type_hint=hint))}  # fmt: skip
            assert answers == {(200, b"")}
        refused(caller.call("/revoke", {}, token=token), "invalid_client")
    assert all(caller.introspect(token)["active"] for token in theirs)

    caller.revoke(body["refresh_token"], token_type_hint="access_token")
    assert [caller.introspect(token)["active"] for token in theirs] == [False, False, True, False]


def test_nobody_asks_about_what_is_not_theirs(
    at_home: Browser, caller: Party, evil: Party, resident: Person, clock: Clock
) -> None:
    """048: another's audience, a guess, an expired token, a locked resident; anonymous, and by GET."""
    body = caller.tokens(at_home)
    passed, own = (
        granted(answer)["access_token"]
        for answer in (passed_on(caller, body["access_token"]), by_itself(caller, scope=READ))
    )
    for token in (body["access_token"], body["refresh_token"], body["id_token"], passed, own):
        for hint in HINTS:
            assert evil.introspect(token, token_type_hint=hint) == INACTIVE
    assert all(evil.introspect(secrets.token_urlsafe(32)) == INACTIVE for _ in range(50))
    refused(caller.call("/introspect", {}, token=own), "invalid_client", 401)
    assert visitor(caller.app).get(f"/introspect?token={own}", headers=caller.credentials()[0]).status_code == 405

    assert caller.introspect(body["refresh_token"], token_type_hint="access_token")["active"]
    lifecycle.lock(resident.id)
    assert [caller.introspect(token) for token in (body["access_token"], passed)] == [INACTIVE] * 2
    clock.advance(600)
    assert caller.introspect(own) == INACTIVE


def test_no_jwt_of_ours_passes_for_another_kind(
    app: Flask, at_home: Browser, caller: Party, api: Party, resident: Person, subtests: pytest.Subtests
) -> None:
    """049: refused by kind, though Beacon signed each of them with a key of its own."""
    own = calling(app, name="Own", scopes=("openid", "email"), token_format="jwt")
    agree(resident, own.registered)
    body = own.tokens(at_home)
    access = {
        "for Beacon": body["access_token"],
        "for an API": granted(by_itself(caller, scope=READ))["access_token"],
        "answer about a token": api.call(
            "/introspect", api.credentials()[0] | {"Accept": "application/token-introspection+jwt"}, token="x"
        ).get_data(as_text=True),
    }
    for name, token in access.items():
        with subtests.test(name):
            assert at_home.get("/end-session", query_string={"id_token_hint": token}).status == 400
            told = own.authorize(at_home, prompt="none", id_token_hint=token).answer
            assert told["error"] == "login_required"
            refused(own.token({}, grant_type="client_credentials", **asserted(token)), "invalid_client")
    assert "code" in own.authorize(at_home, prompt="none", id_token_hint=body["id_token"]).answer

    signer, now = keys.signer("ES256"), time.now()
    claims = {
        "iss": own.issuer, "aud": own.issuer, "sub": own.id, "client_id": own.id, "sid": "s", "jti": "j",
        "iat": now, "exp": now + 600, "scope": "openid email",
    }  # fmt: skip
    for typ in ("at+jwt", "application/at+jwt", "logout+jwt", "JWT"):
        with subtests.test(f"forged within, {typ}"):
            unissued = sign({"alg": "ES256", "kid": signer.kid, "typ": typ}, claims, signer.key)
            assert own.userinfo(unissued).status_code == 401
            assert own.introspect(unissued) == INACTIVE
            refused(passed_on(caller, unissued), "invalid_request")
    for wrong in (body["id_token"], body["refresh_token"]):
        assert own.userinfo(wrong).status_code == 401
        refused(passed_on(caller, wrong, subject_token_type=ACCESS_TOKEN), "invalid_request")
