"""What works once works once, however many come at the same moment (attacks 026, 040, 072, 155, 160).

Fifty at once, in ten real processes, on PostgreSQL, where transactions truly run side by side. SQLite is left out: it
lets one writer in at a time, so there is nothing to race.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey
from sqlalchemy import func, select

from idp.accounts import codes
from idp.accounts.errors import CodeExhausted, CodeExpired, WrongCode
from idp.audit.service import search
from idp.kernel.crypto import digest
from idp.kernel.db import execute
from idp.kernel.settings import Settings
from idp.tokens.models import AccessToken, TokenFamily
from mfa import codes as recovery_codes
from mfa import service as mfa
from mfa.errors import WrongCode as WrongTotp
from mfa.errors import WrongRecoveryCode
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.crowd import CROWD, at_once
from tests.support.party import VERIFIER, Party, asserted, cookies, granted, refused, visitor

pytestmark = [
    pytest.mark.only_on("postgresql"),
    pytest.mark.settings(limits_exempt="127.0.0.0/8"),  # the races are for the codes, not for the budgets
]

HERE = "127.0.0.0/24"
Answer = tuple[int, dict[str, Any]]


def post(app: Flask, headers: dict[str, str], form: dict[str, str]) -> Answer:
    answer = visitor(app).post("/token", headers=headers, data=form)
    return answer.status_code, answer.get_json()


def look(app: Flask, path: str, cookie: str) -> tuple[int, str]:
    answer = visitor(app).get(path, headers={"Cookie": cookie})
    return answer.status_code, answer.headers.get("Location", "")


def submit_totp(app: Flask, account_id: str, code: str) -> bool:
    with app.app_context():
        try:
            mfa.verify_totp(account_id, code, network=HERE)
        except WrongTotp:
            return False
        return True


def submit_mailed(app: Flask, holder: str, code: str) -> bool:
    with app.app_context():
        try:
            codes.redeem("sign_up", holder, code)
        except (WrongCode, CodeExpired, CodeExhausted):
            return False
        return True


def submit_recovery(app: Flask, account_id: str, code: str) -> bool:
    with app.app_context():
        try:
            recovery_codes.spend(account_id, code, network=HERE)
        except WrongRecoveryCode:
            return False
        return True


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(status for status, _ in answers)


def test_one_code_is_redeemed_once(at_home: Browser, party: Party, settings: Settings, clock: Clock) -> None:
    headers, form = party.credentials()
    form |= {
        "grant_type": "authorization_code",
        "code": party.code(at_home),
        "redirect_uri": party.registered.redirect_uri,
        "code_verifier": VERIFIER,
    }
    answers = at_once(post, settings, clock.now, headers, form)

    assert statuses(answers) == {200: 1, 400: CROWD - 1}
    assert {body["error"] for status, body in answers if status == 400} == {"invalid_grant"}
    assert execute(select(func.count()).select_from(TokenFamily)).scalar_one() == 1
    assert execute(select(func.count()).select_from(AccessToken)).scalar_one() == 1
    assert len(search(kind="grant.issued")) == 1


def test_one_refresh_token_turns_once_and_leaves_one_live_successor(
    at_home: Browser, party: Party, settings: Settings, clock: Clock
) -> None:
    presented = party.tokens(at_home)["refresh_token"]
    headers, form = party.credentials()
    form |= {"grant_type": "refresh_token", "refresh_token": presented}
    answers = at_once(post, settings, clock.now, headers, form)

    assert statuses(answers) == {200: CROWD}
    (successor,) = {body["refresh_token"] for _, body in answers}
    (family,) = execute(select(TokenFamily.__table__)).all()
    assert family.revoked_at is None
    assert family.previous_digest == digest(presented.partition(".")[2])
    assert family.refresh_digest == digest(successor.partition(".")[2])
    assert party.introspect(presented) == {"active": False}
    assert party.introspect(successor)["active"]

    clock.advance(31)
    granted(party.refresh(successor))
    clock.advance(31)
    refused(party.refresh(presented), "invalid_grant")


def test_one_assertion_opens_one_door(
    app: Flask, make_client: Callable[..., App], settings: Settings, clock: Clock
) -> None:
    key = ECKey.generate_key("P-256")
    jwks = {"keys": [key.as_dict(private=False)]}
    party = Party(app, make_client(auth_method="private_key_jwt", jwks=jwks), key)
    form = {"grant_type": "refresh_token", "refresh_token": "made.up", **asserted(party.assertion())}
    answers = at_once(post, settings, clock.now, {}, form)

    assert Counter(body["error"] for _, body in answers) == {"invalid_grant": 1, "invalid_client": CROWD - 1}


def test_one_waiting_request_is_answered_once(at_home: Browser, party: Party, settings: Settings, clock: Clock) -> None:
    party.authorize(at_home, prompt="consent", follow=True)
    at_home.submit("share", follow=False)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies(at_home).items())
    answers = at_once(look, settings, clock.now, at_home.location, cookie)

    given = [location for _, location in answers if "code=" in location]
    assert len(given) == 1
    assert all(status < 500 for status, _ in answers)


def test_one_step_of_an_authenticator_app_counts_once(
    app: Flask, make_account: Callable[..., Person], settings: Settings, clock: Clock
) -> None:
    person = make_account(totp=True)

    assert Counter(at_once(submit_totp, settings, clock.now, person.id, person.code())) == {True: 1, False: CROWD - 1}


def test_one_mailed_code_counts_once(app: Flask, settings: Settings, clock: Clock) -> None:
    code = codes.issue("sign_up", "somebody")

    assert Counter(at_once(submit_mailed, settings, clock.now, "somebody", code)) == {True: 1, False: CROWD - 1}


def test_one_recovery_code_counts_once(
    app: Flask, make_account: Callable[..., Person], settings: Settings, clock: Clock
) -> None:
    person = make_account(totp=True)
    code = recovery_codes.make(person.id)[0]

    assert Counter(at_once(submit_recovery, settings, clock.now, person.id, code)) == {True: 1, False: CROWD - 1}
