"""When the server that keeps the counters is gone: codes are refused, sign-in owes a proof, nothing breaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis

from idp.app import create_app
from idp.doctor import examine
from idp.kernel.errors import Misconfigured
from idp.kernel.settings import Settings
from idp.limits.errors import ProofOwed, Throttled
from idp.limits.service import STORE, fail, forgive, spend, use
from idp.limits.valkey import ValkeyStore
from tests.factories import Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.postgres import free_port
from tests.support.proofs import solved
from tests.support.valkey import Valkey

VERSIONS: dict[str, Any] = {"database": "head", "wanted": "head"}
pytestmark = pytest.mark.only_on("sqlite")


def lose(app: Flask) -> None:
    """Let the counters be on a server that is not there."""
    app.extensions[STORE] = ValkeyStore(Redis(port=free_port(), retry=None))


def test_codes_are_refused_and_passwords_owe_a_proof(app: Flask) -> None:
    lose(app)
    for name in ("second_factor", "recovery_code", "mailed_code", "user_code"):
        with pytest.raises(Throttled) as stopped:
            spend(name, account="ada", network="203.0.113.0/24")
        assert stopped.value.wait == 60
    with pytest.raises(ProofOwed) as owed:
        spend("password", account="ada", network="203.0.113.0/24")
    spend("password", account="ada", network="203.0.113.0/24", proof=solved(owed.value.challenge))
    with pytest.raises(ProofOwed):
        spend("password", account="ada", proof=solved(owed.value.challenge))


def test_everything_else_is_counted_in_the_database_meanwhile(app: Flask) -> None:
    lose(app)
    for _ in range(5):
        spend("sign_up", account="ada")
    with pytest.raises(Throttled):
        spend("sign_up", account="ada")
    fail("password", account="ada", tried="wrong")
    assert use("sign_up", "account", "ada").used == 5
    forgive("sign_up", account="ada")
    spend("sign_up", account="ada")


def test_it_is_asked_again_after_some_seconds(app: Flask, valkey: Valkey, clock: Clock) -> None:
    lose(app)
    with pytest.raises(ProofOwed):
        spend("password", account="ada")
    valkey.empty()
    app.extensions[STORE] = ValkeyStore(valkey.client)
    with pytest.raises(ProofOwed):
        spend("password", account="ada")
    clock.advance(5)
    spend("password", account="ada")


def test_a_resident_signs_in_meanwhile(app: Flask, browser: Browser, make_account: Callable[..., Person]) -> None:
    ana = make_account()
    lose(app)
    browser.get("/sign-in").submit("sign-in", email=ana.email, password=ana.password)
    assert (browser.status, browser.data_page) == (200, "sign-in")
    found = solved(str(browser.field("challenge")["value"]))
    browser.submit("sign-in", password=ana.password, solution=found.solution)
    assert browser.data_page != "sign-in"


def test_the_doctor_looks_at_the_server(settings: Settings, valkey: Valkey, clock: Clock) -> None:
    assert _said(settings) == []
    assert _said(settings, valkey.url) == [(True, "127.0.0.1 answers")]
    ((good, says),) = _said(settings, f"redis://:secret@127.0.0.1:{free_port()}/0")
    assert not good
    assert says.endswith("check BEACON_REDIS_URL")
    assert "secret" not in says


@pytest.mark.parametrize("url", ["127.0.0.1:6379", "http://127.0.0.1", "redis://host:port"])
def test_a_wrong_address_stops_the_start(settings: Settings, url: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="BEACON_REDIS_URL"):
        create_app(settings.model_copy(update={"redis_url": _secret(url)}))


def _said(settings: Settings, url: str = "") -> list[tuple[bool, str]]:
    app = create_app(settings.model_copy(update={"redis_url": _secret(url)} if url else {}))
    with app.app_context():
        return [(finding.good, finding.says) for finding in examine(VERSIONS) if finding.what == "counters"]


def _secret(url: str) -> Any:
    return Settings.model_validate({"env": "development", "redis_url": url}).redis_url
