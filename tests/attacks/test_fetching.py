"""Attacks by addresses that Beacon is asked to fetch: 105 to 107 and 112, as far as the fetcher goes.

What the fetcher itself refuses is in ``tests/idp/kernel/test_fetch.py``.
"""

from __future__ import annotations

import contextvars
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import ECKey

from idp.clients.errors import BadMetadata
from idp.kernel import fetch as fetcher
from idp.serve import THREADS
from tests.factories import App
from tests.support.elsewhere import elsewhere
from tests.support.party import Party, asserted, refused, visitor

pytestmark = [pytest.mark.only_on("sqlite"), pytest.mark.settings(limits_exempt="127.0.0.0/8")]
EC = ECKey.generate_key("P-256", {"kid": "own"})
PRIVATE_OR_STRANGE = (
    "http://sink.test/x", "http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/",
    "http://10.0.0.1/", "https://127.0.0.1:1/", "https://localhost/", "https://[::1]/", "https://169.254.169.254/",
    "https://10.0.0.1/", "https://2130706433/", "https://127.1/", "https://[::ffff:127.0.0.1]/", "file:///etc/hostname",
    "gopher://sink.test/", "ftp://sink.test/", "data:application/json,{}", "//sink.test/", "sink.test", "",
    "https://user:secret@sink.test/", "https://sink.test\\@10.0.0.1/", "https://sink.test/\r\nHost: 10.0.0.1",
)  # fmt: skip
SLOW = ("one.example", "two.example", "three.example", "four.example")
FETCHED: dict[str, Callable[[str], Any]] = {
    "jwks_uri": str,
    "sector_identifier_uri": str,
    "backchannel_logout_uri": str,
    "request_uris": lambda uri: (uri, f"{uri}#fragment"),
}


def keyed(app: Flask, make_client: Callable[..., App], uri: str) -> Party:
    return Party(app, make_client(auth_method="private_key_jwt", jwks_uri=uri), EC)


@pytest.mark.parametrize("member", FETCHED)
def test_no_private_address_can_be_registered(
    make_client: Callable[..., App], subtests: pytest.Subtests, member: str
) -> None:
    """Attacks 105, 106 and 107: one rule for every address that is fetched."""
    for uri in PRIVATE_OR_STRANGE:
        with subtests.test(uri), pytest.raises(BadMetadata):
            make_client(**{member: FETCHED[member](uri)})


def test_a_name_that_turns_out_private_is_not_called(
    app: Flask, make_client: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 106: registered while its name was harmless."""
    with elsewhere() as inside:
        inside.gives("/keys", {"keys": [EC.as_dict(private=False)]})
        party = keyed(app, make_client, f"https://sink.test:{inside.port}/keys")
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", inside.port))])

        refused(party.redeem("x"), "invalid_client")
        assert not inside.asked


@pytest.mark.settings(fetch_allow=("localhost",))
def test_a_hundred_unknown_keys_are_one_fetch(app: Flask, make_client: Callable[..., App]) -> None:
    """Attack 106: and nothing of what is there is told."""
    with elsewhere() as server:
        party = keyed(app, make_client, server.gives("/keys", {"internal": "secret", "keys": [{"kty": "oct"}]}))
        answers = [
            party.redeem("x", {}, **asserted(party.assertion({"kid": f"unknown-{number}"}))) for number in range(100)
        ]

        assert len(server.asked) == 1
        assert {answer.get_data() for answer in answers} == {answers[0].get_data()}
        assert b"secret" not in refused(answers[0], "invalid_client").get_data()


@pytest.mark.settings(fetch_allow=("localhost",))
def test_open_closed_and_silent_ports_are_answered_alike(
    app: Flask, make_client: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attacks 105 and 106: what is there cannot be told from the answer."""
    monkeypatch.setattr(fetcher, "SECONDS", 0.2)
    with elsewhere() as opened, elsewhere() as closed, socket.create_server(("127.0.0.1", 0)) as silent:
        said = opened.gives("/keys", b"not for you")
        addresses = (said, f"http://localhost:{silent.getsockname()[1]}/keys")
        parties = [keyed(app, make_client, uri) for uri in (*addresses, f"{closed.origin}/keys")]
        answers = [party.redeem("x") for party in parties]

    assert len({(answer.status_code, answer.get_data()) for answer in answers}) == 1


@pytest.mark.settings(fetch_allow=SLOW)
def test_a_crowd_of_slow_fetches_takes_half_of_the_threads_at_most(
    app: Flask, make_client: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 112: anybody may send an app's own request_uri, as often as they like."""
    monkeypatch.setattr(fetcher, "SECONDS", 2.0)
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, port, **_: [(2, 1, 6, "", ("127.0.0.1", port))])
    with socket.create_server(("127.0.0.1", 0)) as tarpit, ThreadPoolExecutor(THREADS) as pool:
        uris = [f"https://{host}:{tarpit.getsockname()[1]}/r.jwt" for host in SLOW]
        parties = [Party(app, make_client(request_uris=(uri,))) for uri in uris]
        asks = [party.request(request_uri=uri) for party, uri in zip(parties, uris, strict=True)]
        crowd = [pool.submit(visitor(app).get, "/authorize", query_string=ask) for ask in asks * 8]
        assert pool.submit(visitor(app).get, "/healthz").result(8).status_code == 200
        assert not all(answer.done() for answer in crowd)
        assert all("error=invalid_request_uri" in answer.result(10).headers["Location"] for answer in crowd)


@pytest.mark.settings(fetch_allow=("localhost",))
def test_others_are_served_while_a_fetch_hangs(
    app: Flask, make_client: Callable[..., App], party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 112: nothing is held meanwhile, neither the database nor another request."""
    monkeypatch.setattr(fetcher, "SECONDS", 10.0)
    begun, over = Event(), Event()

    def hang(_line: socket.socket) -> None:
        begun.set()
        over.wait(10)

    with elsewhere() as server, ThreadPoolExecutor(1) as pool:
        slow = keyed(app, make_client, server.does("/keys", hang))
        waiting = pool.submit(contextvars.Context().run, slow.redeem, "x")
        assert begun.wait(10)
        assert visitor(app).get("/readyz").status_code == 200
        refused(party.redeem("made-up"), "invalid_grant")
        assert not waiting.done()
        over.set()
        refused(waiting.result(10), "invalid_client")
