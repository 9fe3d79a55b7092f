"""Every sample does its whole job against the running server, registered by the command that its README prints."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_certified_client import past_the_second_step
from tests.support.chromium import press, visit
from tests.support.person import PASSWORD, Person
from tests.support.postgres import free_port
from tests.support.samples import environment, load, register, served
from tests.support.server import Server

PATIENCE = 15

pytestmark = pytest.mark.only_on("sqlite")


# The single-page app and its backend


def test_a_page_shows_who_is_here_and_holds_no_token(live: Server, chrome: Browser):
    port, person = free_port(), Person(live, "ida@residents.example")
    app = load("spa_bff/bff.py").create_app(environment(live, spa(live, port), SPA_PORT=port))
    visits = app.extensions["visits"]
    with served(app, port), visit(chrome) as page:
        arrive(page, port, person)

        (held,) = visits._kept.values()
        seen = page.content() + page.evaluate("document.cookie + JSON.stringify({...localStorage, ...sessionStorage})")
        cookies = str(page.context.cookies())
        assert not any(held.token[name] in seen + cookies for name in ("access_token", "refresh_token", "id_token"))

        first = held.token["access_token"]
        held.token["expires_at"] = int(time.time())
        page.reload()
        expect(page.locator("#words")).to_contain_text("Hello, Marisol")
        assert held.token["access_token"] != first, "its time was over, so the backend renewed it"

        page.click("#sign-out")
        page.wait_for_url(f"http://localhost:{port}/?state=*")
        expect(page.locator("#words")).to_contain_text("not signed in")
        assert len(visits) == 0
        page.goto(f"{live.origin}/account")
        assert page.locator("main[data-page=sign-in]").count() == 1


def test_a_page_hears_of_a_sign_out_elsewhere_and_of_nobody_else_s(live: Server, chrome: Browser):
    port, person = free_port(), Person(live, "jo@residents.example")
    registered = spa(live, port)
    app = load("spa_bff/bff.py").create_app(environment(live, registered, SPA_PORT=port))
    visits = app.extensions["visits"]
    with served(app, port), visit(chrome) as page:
        arrive(page, port, person)
        (held,) = visits._kept.values()
        forged = logout_token(live.origin, registered["client_id"], held.proof["sid"])
        for token in (forged, held.token["id_token"], "", "a.b.c"):
            answer = requests.post(f"http://localhost:{port}/backchannel-logout", {"logout_token": token}, timeout=5)
            assert answer.status_code == 400 and len(visits) == 1
        assert requests.post(f"http://localhost:{port}/api/sign-out", timeout=5).status_code == 403

        live.beacon("resident", "sign-out", person.email, "--reason", "test")
        until(lambda: len(visits) == 0)

        page.reload()
        expect(page.locator("#words")).to_contain_text("not signed in")


def test_a_backend_takes_no_answer_that_it_did_not_ask_for(live: Server):
    port = free_port()
    client = load("spa_bff/bff.py").create_app(environment(live, spa(live, port), SPA_PORT=port)).test_client()
    assert client.get("/callback?code=a&state=b").status_code == 400
    for query in ({"code": "a", "state": "b"}, {"error": "access_denied", "state": "b"}):
        answer = client.get("/callback", query_string=query | {"iss": live.origin})
        assert answer.headers["Location"] == "/?again"
    assert client.get("/api/me", headers={"X-Own-Script": "1"}).status_code == 401


def spa(live: Server, port: int) -> dict[str, str]:
    """The app, registered for this port."""
    return register(live, "spa_bff", "8003", str(port))


def arrive(page: Page, port: int, person: Person) -> None:
    """Sign in from the app's page, and come back to it."""
    page.goto(f"http://localhost:{port}/")
    press(page, "#sign-in")
    page.fill("[name=email]", person.email)
    page.fill("[name=password]", PASSWORD)
    press(page, "#sign-in")
    past_the_second_step(page, person.seed)
    press(page, "#share")
    expect(page.locator("#words")).to_contain_text("Hello, Marisol")


def logout_token(issuer: str, client_id: str, sid: str) -> str:
    """A logout token in perfect order, signed by a stranger."""
    now = int(time.time())
    events: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}
    claims = {"iss": issuer, "aud": client_id, "iat": now, "exp": now + 120, "jti": "1", "sid": sid, "events": events}
    return jwt.encode({"alg": "ES256", "typ": "logout+jwt"}, claims, ECKey.generate_key("P-256"))


def until(holds: Callable[[], bool]) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# The app on the resident's own device


def test_an_app_on_the_device_signs_in_renews_and_signs_out(live: Server):
    module, person = load("native/native.py"), Person(live, "kim@residents.example")
    app = module.App(environment(live, register(live, "native")))

    said = app.sign_in(aside(lambda url: person.open(url).sign_in()))
    assert app.claims()["given_name"] == "Marisol"
    assert app.claims()["sub"] == said["sub"]
    before = dict(app.tokens)
    app.renew()
    assert app.claims()["sub"] == said["sub"]
    assert before["refresh_token"] != app.tokens["refresh_token"]

    thief = module.App({"BEACON_ISSUER": live.origin, "CLIENT_ID": app.client_id})
    thief.tokens = dict(app.tokens)
    for use in (thief.claims, thief.renew):
        with pytest.raises(module.Refused):
            use()
    app.claims()

    kept = dict(app.tokens)
    app.sign_out(person.open)
    assert person.at == "signed-out"
    app.tokens = kept
    for use in (app.claims, app.renew):
        with pytest.raises(module.Refused):
            use()


def test_an_app_on_the_device_hears_a_no_and_asks_again(live: Server):
    module, person = load("native/native.py"), Person(live, "lou@residents.example")
    app = module.App(environment(live, register(live, "native", "high", "baseline")))
    with pytest.raises(module.Refused, match="access_denied"):
        app.sign_in(aside(lambda url: person.open(url).press("cancel")))
    app.sign_in(aside(lambda url: person.open(url).sign_in()))
    assert app.tokens["token_type"] == "DPoP", "bound, though the profile does not demand it"


def aside(act: Callable[[str], object]) -> Callable[[str], None]:
    """Opens the browser as a desktop does: beside the app, which goes on."""
    return lambda url: threading.Thread(target=act, args=(url,), daemon=True).start()


# The kiosk


def test_a_kiosk_greets_its_visitor_and_forgets_them(live: Server, capsys: pytest.CaptureFixture[str]):
    module, person = load("kiosk/kiosk.py"), Person(live, "may@residents.example")
    kiosk = module.Kiosk(environment(live, register(live, "kiosk")))
    shown = kiosk.begin()
    module.show(shown)
    assert shown["user_code"] in capsys.readouterr().out

    person.open(shown["verification_uri"]).press("continue", user_code=shown["user_code"]).press("continue").sign_in()
    assert person.at == "device-done"
    tokens = kiosk.wait(shown, sleep=no_time)
    assert kiosk.claims(tokens)["given_name"] == "Marisol"
    kiosk.forget(tokens)
    with pytest.raises(requests.HTTPError, match="401"):
        kiosk.claims(tokens)

    refused = kiosk.begin()
    person.open(refused["verification_uri_complete"]).press("continue").press("deny")
    with pytest.raises(module.Refused, match="access_denied"):
        kiosk.wait(refused, sleep=no_time)


def test_a_kiosk_waits_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch):
    module, slept = load("kiosk/kiosk.py"), []
    errors = ["authorization_pending", "slow_down", "authorization_pending", "slow_down", "expired_token"]
    monkeypatch.setattr(module, "http", Told(errors))
    kiosk = module.Kiosk({"CLIENT_ID": "kiosk"})
    with pytest.raises(module.Refused, match="expired_token"):
        kiosk.wait({"device_code": "d", "interval": 5}, sleep=slept.append)
    assert slept == [5, 5, 10, 10, 15]


class Told:
    """A server that says these errors, one after another."""

    ok = False

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        self.json: Callable[[], dict[str, str]] = lambda: {"token_endpoint": "http://localhost/"}

    def get(self, _url: str, timeout: int) -> Told:
        return self

    def post(self, _url: str, _form: dict[str, str], timeout: int) -> Told:
        error = self.errors.pop(0)
        self.json = lambda: {"error": error}
        return self


def no_time(_seconds: float) -> None:
    """The resident was quick."""


# The service, and the API that it calls


def test_a_service_proves_itself_and_reads_from_another_agency_s_api(live: Server, tmp_path: Path):
    port, module = free_port(), load("service/nightly.py")
    api = register(live, "benefits_api", "8002", str(port))
    private, public = tmp_path / "service.key", tmp_path / "service.jwks"
    module.main(["key", str(private), str(public)])
    assert private.stat().st_mode & 0o077 == 0 and '"d"' not in public.read_text()
    registered = register(live, "service", "service.jwks", str(public))

    there = {"API_RESOURCE": f"http://localhost:{port}/"}
    sample = load("benefits_api/api.py").create_app(environment(live, api, **there))
    with served(sample, port):
        service = module.Service(environment(live, registered, SERVICE_KEY=private, **there))
        told = service.get("benefits")
        assert told["asked_by"] == told["resident"] == registered["client_id"]
        token = service._token
        service.get("benefits")
        assert service._token == token, "one token serves many calls"

        service._token = "over"
        assert service.get("benefits") == told, "a token that is refused is replaced, once"

        service.key = ECKey.generate_key("P-256", auto_kid=True)
        service._good_until = 0
        with pytest.raises(module.Refused, match="invalid_client"):
            service.get("benefits")
