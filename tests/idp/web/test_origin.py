"""Where a request comes from: forwarded headers count only behind a trusted proxy. Where we are: the issuer says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.origin import _address

PROXIES = "10.0.0.0/8 ::1/128"


def seen(client, peer: str, forwarded: str | None = None) -> list[str]:
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return client.get("/where", environ_base={"REMOTE_ADDR": peer}, headers=headers).json


def test_a_stranger_cannot_claim_another_address(place):
    assert seen(place(trusted_proxies=PROXIES), "203.0.113.9", "192.0.2.1")[0] == "203.0.113.9"
    assert seen(place(), "10.0.0.1", "192.0.2.1")[0] == "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "client_address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("8.8.8.8, 192.0.2.1", "192.0.2.1"),
        ("8.8.8.8, 192.0.2.1, 10.9.9.9", "192.0.2.1"),
        ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
        ("2001:db8::5", "2001:db8::5"),
        ("[2001:db8::5]:4711", "2001:db8::5"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("192.0.2.1, <script>", "10.0.0.1"),
    ],
)
def test_behind_a_proxy_the_right_most_stranger_is_the_client(place, forwarded, client_address):
    assert seen(place(trusted_proxies=PROXIES), "10.0.0.1", forwarded)[0] == client_address


def test_neighbours_share_a_network(place):
    client = place()
    assert seen(client, "192.0.2.77")[1] == "192.0.2.0/24"
    assert seen(client, "2001:db8:1:2:3:4:5:6")[1] == "2001:db8:1:2::/64"


def test_a_peer_without_an_address_is_still_answered(place):
    assert seen(place(), "")[0] == "0.0.0.0"  # noqa: S104 - not a listening address


@given(st.text())
def test_any_hop_is_an_address_or_nothing(text):
    found = _address(text)
    assert found is None or found.version in {4, 6}


def test_links_come_from_the_issuer_whatever_the_host_header_says(place):
    client = place(issuer="https://id.example")
    response = client.get("/post-only/../to-app?uri=x", headers={"Host": "evil.example"})
    assert "evil.example" not in response.text
    assert "https://id.example" in client.get("/help", headers={"Host": "evil.example"}).text
    assert "evil.example" not in client.get("/help", headers={"Host": "evil.example"}).text


def test_metrics_are_for_their_networks_only(place):
    near, far = {"REMOTE_ADDR": "127.0.0.1"}, {"REMOTE_ADDR": "203.0.113.9"}
    client = place()
    assert b"beacon_requests_total" in client.get("/metrics", environ_base=near).data
    assert client.get("/metrics", environ_base=far).status_code == 404


def test_metrics_stay_closed_to_what_an_untrusted_proxy_brings(place):
    near, headers = {"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "127.0.0.1"}
    assert place().get("/metrics", environ_base=near, headers=headers).status_code == 404
    trusting = place(trusted_proxies="127.0.0.0/8")
    assert trusting.get("/metrics", environ_base=near, headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 404
    assert trusting.get("/metrics", environ_base=near, headers=headers).status_code == 200
