"""The step-up challenge (RFC 9470): an API says what it needs, the app asks for it, and the next token has it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.http import parse_dict_header
from werkzeug.test import TestResponse

from idp.sessions.assurance import AAL1, AAL2
from tests.factories import Person
from tests.support.apis import READ, RESOURCE, WRITE, by_itself, calling, passed_on, serving
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.dpop import Prover
from tests.support.party import Party, agree, granted, signed_in, visitor

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "benefits_api" / "api.py"
SCOPE = f"openid {READ} {WRITE}"


class Http:
    """The sample's way to Beacon, without a network."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def get(self, url: str, timeout: int) -> Any:
        return _Answer(visitor(self.app).get(url))

    def post(self, url: str, data: dict[str, str], auth: tuple[str, str], timeout: int) -> Any:
        return _Answer(visitor(self.app).post(url, data=data, auth=auth))


class _Answer:
    def __init__(self, response: TestResponse) -> None:
        self.response = response

    def raise_for_status(self) -> None:
        assert self.response.status_code == 200

    def json(self) -> Any:
        return self.response.get_json()


@pytest.fixture(params=["opaque", "jwt"])
def api(request: pytest.FixtureRequest, app: Flask) -> Party:
    """The API's registration: once for tokens that it asks about, once for those that it reads by itself."""
    return serving(app, token_format=request.param)


@pytest.fixture
def sample(app: Flask, api: Party, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The sample API of ``examples``, reading tokens as it is registered."""
    module = _load()
    monkeypatch.setattr(module, "http", Http(app))
    monkeypatch.setattr(module, "time", type("time", (), {"time": staticmethod(lambda: clock.now)}))
    environ = {
        "BEACON_ISSUER": api.issuer,
        "CLIENT_ID": api.id,
        "CLIENT_SECRET": api.registered.secret or "",
        "API_RESOURCE": RESOURCE,
        "API_TOKENS": api.registered.client.metadata.token_format,
    }
    return module.create_app(environ).test_client()  # type: ignore[no-any-return]


@pytest.fixture
def caller(app: Flask, api: Party, resident: Person) -> Party:
    caller = calling(app, scopes=("openid", "email", READ, WRITE))
    agree(resident, caller.registered)
    return caller


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benefits_api", SAMPLE)
    assert spec
    assert spec.loader
    module = sys.modules["benefits_api"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def token_for(caller: Party, browser: Browser, **asked: str) -> str:
    """A resident's token for the API, from an authorization request with ``asked``."""
    code = caller.code(browser, scope=SCOPE, resource=RESOURCE, **asked)
    return str(granted(caller.redeem(code, resource=RESOURCE))["access_token"])


def with_token(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def challenge(response: TestResponse) -> dict[str, str | None]:
    scheme, _, members = response.headers["WWW-Authenticate"].partition(" ")
    assert scheme == "Bearer"
    return parse_dict_header(members)


@pytest.mark.settings(mfa="optional")
def test_an_app_gets_the_challenge_asks_for_more_and_gets_a_stronger_token(
    sample: FlaskClient, caller: Party, browser: Browser, resident: Person
) -> None:
    weak = signed_in(browser, resident, ("password",))
    token = token_for(caller, weak)
    assert sample.get("/benefits", headers=with_token(token)).status_code == 200
    refusal = sample.post("/bank-account", headers=with_token(token))
    asked = challenge(refusal)

    assert refusal.status_code == 401
    assert asked["error"] == "insufficient_user_authentication"
    assert (asked["acr_values"], asked["max_age"]) == (AAL2, "300")
    wanted = {name: str(asked[name]) for name in ("acr_values", "max_age")}
    assert "code" not in caller.authorize(weak, scope=SCOPE, resource=RESOURCE, **wanted).answer
    stronger = token_for(caller, signed_in(browser.another(), resident), **wanted)
    assert sample.post("/bank-account", headers=with_token(stronger)).get_json()["saved"]


def test_a_sign_in_of_this_morning_is_challenged_too(
    sample: FlaskClient, caller: Party, browser: Browser, resident: Person, clock: Clock
) -> None:
    home = signed_in(browser, resident)
    assert sample.post("/bank-account", headers=with_token(token_for(caller, home))).status_code == 200
    clock.advance(331)
    later = token_for(caller, home)

    assert challenge(sample.post("/bank-account", headers=with_token(later)))["max_age"] == "300"
    assert sample.get("/benefits", headers=with_token(later)).status_code == 200


def test_the_api_takes_its_own_tokens_alone(
    sample: FlaskClient, api: Party, caller: Party, browser: Browser, resident: Person, subtests: pytest.Subtests
) -> None:
    home = signed_in(browser, resident)
    body = caller.tokens(home)
    serving(caller.app, "https://other.example/", ("other.read",), name="Other", agency=None, token_format="jwt")
    own = calling(caller.app, name="Nosy", scopes=("openid", "other.read"), token_format="jwt")
    revoked = token_for(caller, home)
    caller.revoke(revoked)
    bound = Prover(caller).call("/token", grant_type="client_credentials", resource=RESOURCE)
    wrong = {
        "for Beacon": body["access_token"], "ID token": body["id_token"], "made up": "made-up", "empty": "",
        "for another API": granted(by_itself(own, scope="other.read"))["access_token"],
        "bound": granted(bound)["access_token"],
    }  # fmt: skip
    if api.registered.client.metadata.token_format == "opaque":
        wrong["revoked"] = revoked
    for name, token in wrong.items():
        with subtests.test(name):
            assert sample.get("/benefits", headers=with_token(token)).status_code == 401
    assert "error" not in challenge(sample.get("/benefits"))


def test_every_way_to_a_token_opens_it_and_scopes_hold(
    sample: FlaskClient, api: Party, caller: Party, browser: Browser, resident: Person
) -> None:
    home = signed_in(browser, resident)
    passed = granted(passed_on(caller, caller.tokens(home)["access_token"], scope=READ))["access_token"]
    direct, machine = token_for(caller, home), granted(by_itself(caller, scope=READ))["access_token"]
    told = [sample.get("/benefits", headers=with_token(token)).get_json() for token in (passed, direct, machine)]

    assert told[0]["resident"] == told[1]["resident"] != told[2]["resident"] == caller.id
    refusal = sample.post("/bank-account", headers=with_token(passed))
    assert (refusal.status_code, challenge(refusal)["error"]) == (403, "insufficient_scope")


@pytest.mark.settings(mfa="optional")
def test_what_the_token_says_of_the_sign_in_is_what_happened(
    sample: FlaskClient, api: Party, caller: Party, browser: Browser, resident: Person
) -> None:
    token = token_for(caller, signed_in(browser, resident, ("password",)))

    assert api.introspect(token)["acr"] == AAL1
