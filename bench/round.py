"""Server CPU of a signed-on resident's round: authorize, token, userinfo. ``make bench`` runs it.

A real server and a private PostgreSQL do the work; what is counted is their processor time, so that neither the
client nor waiting matters. Statements are counted beside it, in an app of the same code.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import requests
from bs4 import BeautifulSoup

from bench.processor import seconds_used
from idp.app import create_app
from idp.kernel import clock
from idp.kernel.db import db
from idp.kernel.settings import Settings
from tests import factories
from tests.support.agency import Agency
from tests.support.browser import Browser, form_data
from tests.support.databases import PostgresDatabase
from tests.support.server import Server, running
from tests.support.statements import recorded

SCOPE = "openid profile email"
CALLBACK = "https://app.agency.example/callback"
EMAIL, PASSWORD = "bench@residents.example", "copper-harbor-lantern-62"
BATCH = 100
"""Codes live for a minute, so they are drawn and redeemed in batches."""


class Resident:
    """A signed-on resident's browser and the app they visit, over HTTP."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http = requests.Session()
        self.app = server.beacon_json(
            *("client", "add", "--name", "Bench", "--redirect-uri", CALLBACK, "--scope", SCOPE, "--reason", "bench")
        )
        self.seed = server.beacon_json(
            *("resident", "add", "--email", EMAIL, "--password-stdin", "--verified", "--totp"),
            *("--given-name", "Bench", "--reason", "bench"),
            typed=PASSWORD + "\n",
        )["totp_secret"]
        self.verifier = secrets.token_urlsafe(32)

    def sign_in(self) -> None:
        """Sign in and agree once; after that the session and the decision are remembered."""
        page = self.http.get(self.authorization_url())
        page = self._submit(page, {"email": EMAIL, "password": PASSWORD})
        page = self._submit(page, {"code": pyotp.TOTP(self.seed).at(clock.now())})
        self._submit(page, {"decision": "share"}, follow=False)

    def authorize(self) -> str:
        """One authorization request that needs no page; returns the code."""
        answer = self.http.get(self.authorization_url(), allow_redirects=False)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def redeem(self, code: str) -> str:
        """One call of the token endpoint; returns the access token."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
        }
        answer = self.http.post(
            f"{self.server.origin}/token", data=form, auth=(self.app["client_id"], self.app["client_secret"])
        )
        return str(answer.json()["access_token"])

    def userinfo(self, token: str) -> None:
        """One call of the userinfo endpoint."""
        answer = self.http.get(f"{self.server.origin}/userinfo", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["sub"]

    def authorization_url(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        request = {
            "response_type": "code",
            "client_id": self.app["client_id"],
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": secrets.token_urlsafe(8),
            "nonce": secrets.token_urlsafe(8),
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.server.origin}/authorize?{urlencode(request)}"

    def _submit(self, page: requests.Response, fields: dict[str, str], *, follow: bool = True) -> requests.Response:
        form = BeautifulSoup(page.text, "html.parser").select_one("main form")
        assert form is not None, page.text
        data = form_data(form).to_dict() | fields
        url = str(form.get("action") or page.url)
        url = self.server.origin + url if url.startswith("/") else url
        return self.http.post(url, data=data, headers={"Referer": page.url}, allow_redirects=follow)


def statements(url: str, folder: Path) -> dict[str, int]:
    """How many statements each step of the round sends, with a live session and a remembered decision."""
    app = create_app(Settings(env="development", database_url=url, instance=folder))
    with app.app_context():
        agency = Agency(app, factories.make_client(scopes=SCOPE.split()))
        browser = Browser(app)
        agency.sign_in(browser, factories.make_account(totp=True), SCOPE)
        counts: dict[str, int] = {}

        def counted(name: str, step: Callable[[], Any]) -> Any:
            with recorded(db.engine) as sent:
                result = step()
            counts[name] = len(sent)
            return result

        counted("authorize", lambda: agency.authorize(browser, SCOPE))
        answer = counted("token", lambda: agency.redeem(agency.code(browser)))
        counted("userinfo", lambda: agency.userinfo(answer.get_json()["access_token"]))
        engine = db.engine
    engine.dispose()
    return counts


def measure(resident: Resident, rounds: int, roots: dict[str, int]) -> dict[str, dict[str, float]]:
    """Milliseconds of processor time per call, for each step and each process tree in ``roots``."""
    spent: dict[str, dict[str, float]] = {
        step: dict.fromkeys(roots, 0.0) for step in ("authorize", "token", "userinfo")
    }

    def timed(step: str, calls: Callable[[], list[Any]]) -> list[Any]:
        before = {name: seconds_used(pid) for name, pid in roots.items()}
        results = calls()
        for name, pid in roots.items():
            spent[step][name] += (seconds_used(pid) - before[name]) * 1000 / rounds
        return results

    for start in range(0, rounds, BATCH):
        size = min(BATCH, rounds - start)
        codes = timed("authorize", lambda size=size: [resident.authorize() for _ in range(size)])
        tokens = timed("token", lambda codes=codes: [resident.redeem(code) for code in codes])
        timed("userinfo", lambda tokens=tokens: [resident.userinfo(token) for token in tokens])
    return spent


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="beacon-bench-") as name:
        folder = Path(name)
        database = PostgresDatabase(folder)
        try:
            url = database.separate(folder)
            with running(url, database.key_file, worker=False, limits_exempt="127.0.0.0/8") as server:
                resident = Resident(server)
                resident.sign_in()
                measure(resident, BATCH, {})
                roots = {"server": server.processes[0].pid, "database": database.pid}
                spent = measure(resident, rounds, roots)
            report(spent, statements(url, folder), rounds)
        finally:
            database.close()


def report(spent: dict[str, dict[str, float]], counts: dict[str, int], rounds: int) -> None:
    """One line a step, and the whole round."""
    print(f"CPU in milliseconds per call, {rounds} rounds, one server process, PostgreSQL\n")
    print(f"{'':10} {'server':>8} {'database':>9} {'together':>9} {'statements':>11}")
    for step, by in spent.items():
        line = f"{by['server']:8.2f} {by['database']:9.2f} {by['server'] + by['database']:9.2f}"
        print(f"{step:10} {line} {counts[step]:11}")
    whole = [sum(by[name] for by in spent.values()) for name in ("server", "database")]
    print(f"{'round':10} {whole[0]:8.2f} {whole[1]:9.2f} {sum(whole):9.2f} {sum(counts.values()):11}")


if __name__ == "__main__":
    main()
