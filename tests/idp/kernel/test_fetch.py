"""The guarded fetcher: where it goes, and what it bears. The servers are real, on loopback."""

from __future__ import annotations

import gzip
import itertools
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app

from idp.kernel import fetch as fetcher
from idp.kernel.addresses import is_public
from idp.kernel.fetch import LARGEST, FetchRefused, demand_fetchable, fetch
from idp.kernel.settings import Settings
from idp.kernel.turns import COOL_OFF, MOST_SLOW, Busy, turn
from tests.support.clock import Clock
from tests.support.elsewhere import Elsewhere, certificate, elsewhere

PATIENCE = 0.3
PRIVATE_HOSTS = """
    127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 0 0.0.0.0 127.0.0.1.
    10.0.0.1 10.1 172.16.0.1 172.31.255.255 192.168.0.1 192.168.257 169.254.169.254 0xa9fea9fe 2852039166 100.64.0.1
    100.100.100.200 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.1.2.3 240.0.0.1
    255.255.255.255 168.63.129.16 localhost LOCALHOST localhost. a.localhost
    [::] [::1] [0:0:0:0:0:0:0:1] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:8.8.8.8] [fe80::1] [fec0::1]
    [fc00::1] [fd00:ec2::254] [ff02::1] [ff0e::1] [64:ff9b::7f00:1] [64:ff9b::808:808] [64:ff9b:1::1] [2002:7f00:1::]
    [2002:808:808::1] [2001:0:4136:e378:8000:63bf:3fff:fdd2] [2001:db8::1] [100::1] [4000::1]
""".split()


@contextmanager
def configured(**facts: Any) -> Iterator[Flask]:
    app = Flask(__name__)
    app.extensions["beacon.settings"] = Settings(env="development", **facts)
    with app.app_context():
        yield app


@pytest.fixture
def here() -> Iterator[Elsewhere]:
    """A plain server that the operator allowed."""
    with elsewhere() as server, configured(fetch_allow=("localhost",)):
        yield server


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "SECONDS", PATIENCE)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the resolver give these answers one after another. Returns the names it was asked for."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in found]
        return [(family, 1, 6, "", (one, port)) for family, one in zip(families, found, strict=True)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def refused(url: str, detail: str = "", **form: Any) -> None:
    with pytest.raises(FetchRefused) as caught:
        fetch(url, **form)
    assert detail in caught.value.detail


class TestWhere:
    def test_the_plain_way(self, here: Elsewhere) -> None:
        url = here.gives("/keys?set=1", {"keys": []}, Content_Type="Application/JSON; charset=utf-8")

        answer = fetch(f"{url}#part", accept="application/jwk-set+json")

        assert (answer.status, answer.content_type, answer.body) == (200, "application/json", b'{"keys": []}')
        asked = here.asked[0]
        assert (asked.method, asked.target, asked.body) == ("GET", "/keys?set=1", b"")
        assert asked.headers == {
            "host": f"localhost:{here.port}",
            "user-agent": "Beacon",
            "accept": "application/jwk-set+json",
            "accept-encoding": "identity",
            "connection": "close",
        }

    def test_a_form_is_posted(self, here: Elsewhere) -> None:
        url = here.gives("/out", b"", status="204 No Content", Content_Type="", Content_Length="")

        assert fetch(url, form={"logout_token": "a+b=c"}).status == 204
        assert (here.asked[0].method, here.asked[0].body) == ("POST", b"logout_token=a%2Bb%3Dc")
        assert here.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"

    def test_a_private_address_is_refused_in_every_notation(self, subtests: pytest.Subtests) -> None:
        with configured():
            for host in PRIVATE_HOSTS:
                with subtests.test(host), pytest.raises(FetchRefused):
                    demand_fetchable(f"https://{host}/")

    def test_so_is_a_name_that_resolves_to_one(
        self, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
    ) -> None:
        with configured():
            demand_fetchable("https://rebound.example/")
            for host in ("127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "169.254.169.254"):
                with subtests.test(host):
                    resolving(monkeypatch, ["93.184.215.14", host])
                    refused("https://rebound.example/", "no public address")
            resolving(monkeypatch, [])
            refused("https://nowhere.example/", "no public address")

    def test_what_is_no_plain_https_url_is_refused(self, subtests: pytest.Subtests) -> None:
        urls = (
            "", "sink.test", "//sink.test/", "http://sink.test/x", "file:///etc/hostname", "gopher://sink.test/",
            "ftp://sink.test/", "data:application/json,{}", "https://user@sink.test/", "https://u:p@sink.test/",
            "https://sink.test:0/", "https://sink.test:99999/", "https://sink.test:x/", "https:///x",
            "https://sink test/", "https://sink.test/\r\nX: y",
            "https://sink.test\\@other.test/", "https://sínk.test/", "https://%31/", "https://[::1/",
            "https://[fe80::1%25eth0]/", "https://[v1.x]/", "https://" + "a" * 2000, "https://ⅼocalhost/",
            "http://8.8.8.8/",
        )  # fmt: skip
        with configured():
            for url in urls:
                with subtests.test(url[:40]), pytest.raises(FetchRefused):
                    demand_fetchable(url)

    def test_public_addresses_are_fetchable(self) -> None:
        with configured():
            for url in ("https://keys.example/a?b=c", "https://8.8.8.8:8443/", "https://[2606:4700::1111]/"):
                demand_fetchable(url)
        assert is_public(ip_address("1.1.1.1"))

    @pytest.mark.parametrize("word", ["localhost", "LocalHost:{port}", "127.0.0.1", "127.0.0.0/8"])
    def test_the_operator_may_list_a_host_or_a_network(self, word: str) -> None:
        with elsewhere() as server:
            url = server.gives("/", {})
            with configured(fetch_allow=(word.format(port=server.port),)):
                assert fetch(url).status == 200
            with configured(fetch_allow=("other.example", "127.0.0.1:1", "10.0.0.0/8")):
                refused(url)
        assert len(server.asked) == 1

    def test_the_address_that_was_checked_is_called_and_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with elsewhere() as server, configured(fetch_allow=("127.0.0.1", "moving.example")):
            server.gives("/", {})
            asked = resolving(monkeypatch, ["127.0.0.1"], ["10.255.255.1"])

            assert fetch(f"http://moving.example:{server.port}/").status == 200
            assert asked == ["moving.example"]

    def test_the_next_address_is_tried_when_one_does_not_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with elsewhere() as server, configured(fetch_allow=("two.example",)):
            server.gives("/", {})
            resolving(monkeypatch, ["127.9.9.9", "127.0.0.1"])

            assert fetch(f"http://two.example:{server.port}/").status == 200

    def test_a_proxy_of_the_environment_is_not_used(self, here: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

        assert fetch(here.gives("/", {})).status == 200


class TestCertificates:
    def test_the_operators_authority_counts_for_the_name(self, tmp_path: Path) -> None:
        known, other = certificate(tmp_path, "localhost"), certificate(tmp_path, "other.example")
        with elsewhere(known) as server, configured(fetch_allow=("127.0.0.0/8",), fetch_ca_file=known.file):
            assert fetch(server.gives("/", {})).status == 200
            refused(f"https://127.0.0.1:{server.port}/", "SSLCertVerificationError")
        with elsewhere(other) as server, configured(fetch_allow=("localhost",), fetch_ca_file=other.file):
            refused(server.gives("/", {}), "SSLCertVerificationError")
        assert not server.asked

    def test_an_unknown_authority_does_not(self, tmp_path: Path) -> None:
        with elsewhere(certificate(tmp_path, "localhost")) as server, configured(fetch_allow=("localhost",)):
            refused(server.gives("/", {}), "SSLCertVerificationError")
        with configured(fetch_allow=("localhost",), fetch_ca_file=tmp_path / "missing.pem"), elsewhere() as plain:
            refused(plain.gives("/", {}).replace("http:", "https:"), "FileNotFoundError")

    def test_an_address_can_have_a_certificate(self, tmp_path: Path) -> None:
        known = certificate(tmp_path, "127.0.0.1")
        with (
            elsewhere(known, "127.0.0.1") as server,
            configured(fetch_allow=("127.0.0.1",), fetch_ca_file=known.file),
        ):
            assert fetch(server.gives("/", {})).status == 200


class TestWhatComesBack:
    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
    def test_a_redirect_is_not_followed(self, here: Elsewhere, status: str) -> None:
        here.gives("/next", {})

        refused(here.gives("/", b"", status=status, Location=f"{here.origin}/next"), "redirect")
        assert len(here.asked) == 1

    def test_another_status_is_the_callers_to_judge(self, here: Elsewhere) -> None:
        assert fetch(here.gives("/", b"no", status="503 Busy")).status == 503

    def test_a_large_body_is_refused_however_it_is_framed(self, here: Elsewhere, subtests: pytest.Subtests) -> None:
        assert len(fetch(here.gives("/fits", b"x" * LARGEST)).body) == LARGEST
        tiny = b"1\r\nx\r\n" * LARGEST
        for name, answer in {
            "length": here.gives("/1", b"x" * (LARGEST + 1)),
            "claimed": here.gives("/2", b"x", Content_Length=str(10**8)),
            "until the end": here.gives("/3", b"x" * (LARGEST + 1), Content_Length=""),
            "chunked": here.gives("/4", b"%x\r\n" % (10**8), Content_Length="", Transfer_Encoding="chunked"),
            "tiny chunks": here.gives("/5", tiny + b"0\r\n\r\n", Content_Length="", Transfer_Encoding="chunked"),
            "headers": here.gives("/6", b"", X="y" * 60_000, Y="y" * 60_000, Z="y" * 60_000),
            "interim": here.gives("/7", b"HTTP/1.1 100 Continue\r\n\r\n" * 9000, status="100 Continue"),
        }.items():
            with subtests.test(name):
                refused(answer)

    def test_a_body_cut_short_is_refused(self, here: Elsewhere) -> None:
        refused(here.gives("/", b"{}", Content_Length="3"), "cut short")
        refused(here.gives("/", b"5\r\n{}", Content_Length="", Transfer_Encoding="chunked"), "IncompleteRead")

    def test_a_packed_body_is_refused(self, here: Elsewhere) -> None:
        for encoding in ("gzip", "deflate", "br", "GZIP", "gzip, gzip", "unknown"):
            refused(here.gives("/", gzip.compress(b"0" * 10**6), Content_Encoding=encoding), "packed")
        assert fetch(here.gives("/", b"{}", Content_Encoding="identity")).status == 200

    @pytest.mark.parametrize(
        "answer", [b"", b"hello\r\n\r\n", b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 99999 OK\r\n\r\n"]
    )
    def test_what_is_no_http_is_refused(self, here: Elsewhere, answer: bytes) -> None:
        here.answers["/"] = answer

        refused(here.origin + "/")

    def test_nobody_listening_is_refused(self) -> None:
        with elsewhere() as server:
            url = server.origin
        with configured(fetch_allow=("localhost",)):
            refused(url, "ConnectionError")


HEAD = b"HTTP/1.1 200 OK\r\n"


class TestTime:
    @pytest.mark.parametrize(
        ("first", "again"),
        [
            (b"", b""),
            (HEAD, b"X: y\r\n"),
            (HEAD + b"X: ", b"y"),
            (HEAD + b"Content-Length: 9999\r\n\r\n", b"x"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ],
        ids=["silence", "headers", "one header", "body", "chunks", "interim answers"],
    )
    def test_a_slow_answer_ends_with_the_deadline(
        self, here: Elsewhere, hurried: None, first: bytes, again: bytes
    ) -> None:
        def drip(line: socket.socket) -> None:
            line.settimeout(0.03)
            line.sendall(first)
            for _ in itertools.repeat(None):
                try:
                    if not line.recv(1):
                        return
                except TimeoutError:
                    line.sendall(again)

        took = timed(lambda: refused(here.does("/", drip)))

        assert PATIENCE * 0.5 < took < PATIENCE + 1

    def test_a_slow_handshake_ends_with_it(self, hurried: None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door, configured(fetch_allow=("127.0.0.1",)):
            took = timed(lambda: refused(f"https://127.0.0.1:{door.getsockname()[1]}/", "Timeout"))

        assert took < PATIENCE + 1

    def test_a_slow_resolver_ends_with_it(self, hurried: None, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(10) and [])
        with configured():
            took = timed(lambda: refused("https://slow.example/", "Timeout"))
        over.set()

        assert took < PATIENCE + 1


class TestTurns:
    """While a request waits. The worker's deliveries and an operator's commands are not held to turns."""

    def test_two_hosts_are_called_at_once_and_none_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        begun, over = threading.Semaphore(0), threading.Event()

        def hang(line: socket.socket) -> None:
            begun.release()
            over.wait(10)
            line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        one, two, three = names = ("one.example", "two.example", "three.example")
        resolving(monkeypatch, ["127.0.0.1"])
        with elsewhere() as server, configured(fetch_allow=(*names, one + ".")) as app, ThreadPoolExecutor(2) as pool:
            server.gives("/", {})
            server.does("/slow", hang)

            def status(host: str, path: str = "/") -> int:
                with app.test_request_context():
                    return fetch(f"http://{host}:{server.port}{path}").status

            def busy(host: str) -> None:
                with app.test_request_context():
                    refused(f"http://{host}:{server.port}/", "Busy")

            try:
                slow = [pool.submit(status, one, "/slow")]
                assert begun.acquire(timeout=10)
                busy(one)
                busy(one + ".")
                assert status(two) == 200
                slow.append(pool.submit(status, two, "/slow"))
                assert begun.acquire(timeout=10)
                busy(three)
                assert fetch(f"http://{one}:{server.port}/").status == 200, "nobody waits for this one"
            finally:
                over.set()
            assert [answer.result(10) for answer in slow] == [204, 204]
            assert [status(name) for name in names] == [200, 200, 200]

    def test_a_host_that_was_waited_for_in_vain_is_left_alone(self, hurried: None, clock: Clock) -> None:
        over = threading.Event()
        with elsewhere() as server, configured(fetch_allow=("localhost", "127.0.0.1")) as app:
            silent = server.does("/", lambda _line: over.wait(10) and None)
            with app.test_request_context():
                refused(silent, "Timeout")
                refused(silent, "Busy")
                refused(server.gives("/other", {}), "Busy")
                assert fetch(f"http://127.0.0.1:{server.port}/other").status == 200
                clock.advance(COOL_OFF)
                assert fetch(server.gives("/", {})).status == 200
            over.set()

    def test_only_who_lets_a_request_wait_cools_off(self, here: Elsewhere, hurried: None) -> None:
        over = threading.Event()
        for _ in range(2):
            refused(here.does("/", lambda _line: over.wait(10) and None), "Timeout")
        over.set()
        with current_app.test_request_context():
            refused(here.gives("/", b"", status="302 Found"), "redirect")
            assert fetch(here.gives("/", {})).status == 200

    def test_an_address_that_takes_no_connection_in_time_counts_as_slow(self, hurried: None) -> None:
        with ExitStack() as crowd, configured(fetch_allow=("127.0.0.1",)):
            door = crowd.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            for _ in range(3):
                line = crowd.enter_context(socket.socket())
                line.setblocking(False)
                line.connect_ex(door.getsockname())
            refused(f"http://127.0.0.1:{door.getsockname()[1]}/", "Timeout")

    def test_the_slow_are_remembered_up_to_a_number(self) -> None:
        with configured() as app, app.test_request_context():
            for number in range(MOST_SLOW + 1):
                with suppress(TimeoutError), turn(f"{number}.example"):
                    raise TimeoutError
            with turn("0.example"):
                pass
            with pytest.raises(Busy), turn("1.example"):
                pass


def test_our_own_address_is_never_called(subtests: pytest.Subtests) -> None:
    ours = {"issuer": "https://id.example", "mtls_origin": "https://mtls.example:8443"}
    own = ("https://id.example/x", "https://ID.example:443/", "https://id.example./", "https://mtls.example:8443/token")
    with configured(**ours, fetch_allow=("id.example", "mtls.example")):
        for url in own:
            with subtests.test(url), pytest.raises(FetchRefused, match="our own address"):
                demand_fetchable(url)
        for url in ("https://id.example:8443/", "https://mtls.example/", "https://app.id.example/"):
            demand_fetchable(url)
    with configured(issuer="http://localhost:8000", fetch_allow=("localhost", "127.0.0.1")):
        with pytest.raises(FetchRefused, match="our own address"):
            demand_fetchable("http://127.0.0.1:8000/")
        demand_fetchable("http://localhost:8001/")


def test_the_log_names_no_address(here: Elsewhere, capsys: pytest.CaptureFixture[str], caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    refused(here.gives("/secret-path?secret=query", b"", status="302 Found"))

    said = capsys.readouterr()
    assert "secret" not in said.out + said.err + caplog.text


def timed(act: Callable[[], None]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began
