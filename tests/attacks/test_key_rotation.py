"""Keys turn while apps verify (attack 065): who keeps to the cache time never meets a signature they cannot check.

Apps here keep the key set for as long as they are told and never fetch it out of turn: the least careful that is right.
"""

from __future__ import annotations

import contextvars
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from idp.kernel.clock import HOUR, MINUTE
from idp.kernel.signatures import Signatures
from idp.keys import service as keys
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, granted, refused, signed_in, visitor
from tests.support.sealed import header_of

pytestmark = pytest.mark.only_on("sqlite")

SCOPES = ("openid", "offline_access")
STEP = 5 * MINUTE
STEPS = 5 * HOUR // STEP
TURNS = {3: None, 9: "ES256", 20: None, 33: "EdDSA"}
"""When keys are rotated, in steps, and which: all of them, or those of one algorithm."""


class Verifier:
    """An app that renews its ID token and verifies it with the key set as it keeps it."""

    def __init__(self, party: Party, refresh_token: str, clock: Clock) -> None:
        self.party = party
        self.refresh_token = refresh_token
        self.clock = clock
        self.kids: set[str] = set()
        self.fetches = 0
        self.fetch()

    def fetch(self) -> None:
        """Read the key set, and until when it is good."""
        asked_at = self.clock.now
        answer = visitor(self.party.app).get("/.well-known/jwks.json")
        (lifetime,) = re.findall(r"max-age=(\d+)", answer.headers["Cache-Control"])
        self.known, self.good_until = KeySet.import_key_set(answer.get_json()), asked_at + int(lifetime)
        self.fetches += 1

    def renew(self) -> str:
        """A new ID token."""
        body = granted(self.party.refresh(self.refresh_token))
        self.refresh_token = body["refresh_token"]
        return str(body["id_token"])

    def verify(self, id_token: str) -> None:
        """Raises :class:`JoseError` when the signature cannot be checked."""
        if self.clock.now >= self.good_until:
            self.fetch()
        registry = Signatures(algorithms=[self.party.registered.client.id_token_alg])
        assert jwt.decode(id_token, self.known, registry=registry).claims["aud"] == self.party.id
        self.kids.add(header_of(id_token)["kid"])


@pytest.fixture
def enrol(
    browser: Browser, resident: Person, make_client: Callable[..., App], clock: Clock
) -> Callable[[str], Verifier]:
    """``enrol("PS256")`` is an app that verifies ID tokens signed so, its resident signed in and agreed."""

    def make(alg: str) -> Verifier:
        party = Party(browser.app, make_client(scopes=SCOPES, id_token_alg=alg))
        agree(resident, party.registered)
        return Verifier(party, party.tokens(signed_in(browser, resident))["refresh_token"], clock)

    return make


@contextmanager
def at_work(verifiers: list[Verifier]) -> Iterator[tuple[threading.Barrier, list[str]]]:
    """Each verifies in a thread of its own, again after every turn of the barrier; what failed is listed."""
    barrier, failures = threading.Barrier(len(verifiers) + 1, timeout=60), list[str]()

    def work(one: Verifier) -> None:
        for _ in range(STEPS):
            barrier.wait()
            id_token = one.renew()
            try:
                one.verify(id_token)
            except JoseError as error:
                failures.append(f"{header_of(id_token)} at {one.clock.now}: {error}")

    def work_or_stop_all(one: Verifier) -> None:
        try:
            work(one)
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(len(verifiers)) as pool:
        jobs = [pool.submit(contextvars.Context().run, work_or_stop_all, one) for one in verifiers]
        try:
            yield barrier, failures
        finally:
            for job in jobs:
                job.result(60)


def test_no_verification_fails_while_keys_turn_under_load(
    app: Flask, clock: Clock, enrol: Callable[[str], Verifier]
) -> None:
    verifiers = [enrol(alg) for alg in (*keys.ALGORITHMS, "ES256")]
    for number, one in enumerate(verifiers):
        one.good_until -= number * 11 * MINUTE  # their caches end at different times
    with at_work(verifiers) as (barrier, failures):
        for step in range(STEPS):
            barrier.wait()
            if step in TURNS:
                keys.rotate(TURNS[step])
            clock.advance(STEP)  # while they verify

    assert failures == []
    assert [len(one.kids) for one in verifiers] == [4, 3, 3, 4, 4]
    assert all(one.fetches < 10 for one in verifiers)


def test_in_an_emergency_the_old_key_is_worthless_at_once_and_apps_fetch_the_new_one(
    app: Flask, clock: Clock, enrol: Callable[[str], Verifier]
) -> None:
    app_of_agency = enrol("ES256")
    before = app_of_agency.renew()
    app_of_agency.verify(before)
    (new,) = keys.rotate("ES256", at_once=True)
    clock.advance(2)

    after = app_of_agency.renew()
    assert header_of(after)["kid"] == new
    with pytest.raises(JoseError):  # an unknown kid: the sign to fetch once, out of turn
        app_of_agency.verify(after)
    app_of_agency.fetch()
    app_of_agency.verify(after)
    with pytest.raises(JoseError):
        app_of_agency.verify(before)


def test_a_withdrawn_key_opens_nothing_here_either(
    at_home: Browser, party: Party, clock: Clock, resident: Person
) -> None:
    hint = party.tokens(at_home)["id_token"]
    assert "code" in party.authorize(at_home, prompt="none", id_token_hint=hint).answer
    keys.rotate(at_once=True)
    clock.advance(2)

    assert party.authorize(at_home, prompt="none", id_token_hint=hint).answer["error"] == "login_required"
    assert at_home.get("/end-session", query_string={"id_token_hint": hint}).status == 400
    refused(party.refresh(hint), "invalid_grant")
