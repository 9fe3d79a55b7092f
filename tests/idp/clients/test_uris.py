"""The matcher of redirect URIs, whatever is put before it (attacks 001 to 009)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from idp.clients.errors import BadRedirectUri
from idp.clients.uris import demand_redirect_uri, is_registered

WEB = "https://app.agency.example/callback?tenant=1"
LOOPBACK = "http://127.0.0.1:8080/cb"
PRIVATE = "gov.example.app:/cb"
ODD = st.text(alphabet="abz019./:@#?&%\\;[]*\t\n é-", max_size=8)


@given(st.sampled_from([WEB, LOOPBACK, PRIVATE]), ODD, st.integers(0, 60))
def test_no_addition_anywhere_still_matches_a_web_app(registered: str, extra: str, place: int) -> None:
    asked = registered[:place] + extra + registered[place:]

    assert is_registered(asked, [registered], native=False) is (asked == registered)


@given(st.text(), st.lists(st.sampled_from([WEB, LOOPBACK, PRIVATE]), unique=True), st.booleans())
def test_any_text_matches_only_what_is_registered(asked: str, registered: list[str], native: bool) -> None:
    assert is_registered(asked, registered, native=native) is (asked in registered)


@given(st.integers(0, 70_000), st.sampled_from(["", "/", "/cb", "/cb/", "/cb?x=1"]))
def test_only_the_port_of_a_loopback_address_may_differ_and_only_for_a_native_app(port: int, path: str) -> None:
    asked = f"http://127.0.0.1:{port}{path}"

    assert is_registered(asked, [LOOPBACK], native=True) is (path == "/cb" and port <= 65535)
    assert is_registered(asked, [LOOPBACK], native=False) is (asked == LOOPBACK)
    assert not is_registered(asked.replace("127.0.0.1", "localhost"), [LOOPBACK], native=True)


@given(st.text(max_size=30) | st.builds("https://a.example{}/{}".format, ODD, ODD), st.booleans())
def test_what_may_be_registered_matches_itself_and_leads_to_one_host(uri: str, native: bool) -> None:
    try:
        demand_redirect_uri(uri, native=native)
    except BadRedirectUri:
        return

    assert is_registered(uri, [uri], native=native)
    assert "#" not in uri and "\\" not in uri and not any(character.isspace() for character in uri)
    assert "@" not in uri.partition("//")[2].partition("/")[0]
