"""Whatever is sent to a protocol endpoint, the answer is a clear 4xx, and the server still does its work afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.support.browser import Browser
from tests.support.party import Party, granted, visitor

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

MEGABYTE = "x" * 1_000_000
POSTED = (
    "/token",
    "/par",
    "/device-authorization",
    "/revoke",
    "/introspect",
    "/userinfo",
    "/authorize",
    "/end-session",
)
LOOKED_AT = ("/authorize", "/end-session", "/userinfo")
FORM = "application/x-www-form-urlencoded"

NOT_TEXT = (b"%FF", b"%C0%AF", b"%ED%A0%80", b"a%00b", b"%00", b"%E5", b"\xff\xfe")
NAMES = (
    "client_id redirect_uri response_type response_mode scope state nonce code_challenge code_challenge_method prompt "
    "max_age acr_values login_hint ui_locales id_token_hint display claims request request_uri registration "
    "grant_type code code_verifier refresh_token token token_type_hint client_secret client_assertion "
    "client_assertion_type post_logout_redirect_uri access_token logout_hint"
).split()


@pytest.fixture
def unharmed(at_home: Browser, party: Party) -> Iterator[Browser]:
    """The browser at home; after the test the whole way must still work, for the same resident."""
    subject = party.read(party.tokens(at_home)["id_token"])["sub"]
    yield at_home
    after = party.tokens(at_home)
    assert party.read(after["id_token"])["sub"] == subject
    assert granted(party.userinfo(after["access_token"]))["sub"] == subject


def clear(answer: TestResponse) -> None:
    """Check for a clear no: 4xx with a JSON error or a page of ours, and no way out of the house."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.get_data(as_text=True)[:300]}"
    assert "Location" not in answer.headers
    if answer.mimetype == "application/json":
        assert answer.get_json()["error"]
    else:
        assert answer.mimetype == "text/html" and 'data-error="' in answer.get_data(as_text=True)
    assert len(answer.data) < 100_000


def harmless(answer: TestResponse) -> None:
    """Check that nothing broke."""
    assert answer.status_code < 500, f"{answer.status_code} {answer.get_data(as_text=True)[:300]}"


def test_a_parameter_of_a_megabyte(unharmed: Browser, party: Party, subtests: pytest.Subtests) -> None:
    for path in POSTED:
        with subtests.test(path):
            clear(party.call(path, {}, client_id=MEGABYTE))
            clear(party.call(path, {}, **{MEGABYTE: "x"}))
    for path in LOOKED_AT:
        with subtests.test(f"GET {path}"):
            harmless(unharmed.client.get(path, query_string={"state": MEGABYTE}))


def test_bytes_that_are_no_text(unharmed: Browser, party: Party, subtests: pytest.Subtests) -> None:
    good = urlencode(party.request()).encode()
    for raw in NOT_TEXT:
        for path in POSTED:
            with subtests.test(f"{path} {raw!r}"):
                clear(visitor(party.app).post(path, data=good + b"&extra=" + raw, content_type=FORM))
                clear(visitor(party.app).post(path, data=raw + b"=x&" + good, content_type=FORM))
        for path in LOOKED_AT if raw.isascii() else ():
            with subtests.test(f"GET {path} {raw!r}"):
                clear(visitor(party.app).get(f"{path}?extra={raw.decode()}"))


def test_a_body_that_is_no_form(unharmed: Browser, party: Party, subtests: pytest.Subtests) -> None:
    form = party.request() | {"grant_type": "authorization_code", "code": "x", "token": "x"}
    encoded = urlencode(form).encode()
    bodies: dict[str, dict[str, Any]] = {
        "json": {"json": form},
        "multipart": {"data": form, "content_type": "multipart/form-data"},
        "text": {"data": encoded, "content_type": "text/plain"},
        "no type": {"data": encoded, "content_type": ""},
        "utf-16": {"data": urlencode(form).encode("utf-16"), "content_type": f"{FORM}; charset=utf-16"},
        "gzip": {"data": encoded, "content_type": FORM, "headers": {"Content-Encoding": "gzip"}},
        "broken multipart": {"data": b"--x\r\nx", "content_type": "multipart/form-data; boundary=x"},
        "empty": {"data": b"", "content_type": FORM},
    }
    for name, body in bodies.items():
        for path in ("/token", "/par", "/revoke", "/introspect", "/userinfo", "/authorize"):
            with subtests.test(f"{path} {name}"):
                answer = visitor(party.app).post(path, **body)
                if (path, name) == ("/authorize", "empty"):
                    answer = visitor(party.app).get(answer.headers["Location"])
                clear(answer)


def test_a_method_that_is_not_served(unharmed: Browser, party: Party, subtests: pytest.Subtests) -> None:
    for path in ("/token", "/par", "/revoke", "/introspect"):
        for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"):
            with subtests.test(f"{method} {path}"):
                answer = visitor(party.app).open(path, method=method, headers=party.credentials()[0])
                assert answer.status_code == 405 and "POST" in answer.headers["Allow"]
    for path in ("/authorize", "/userinfo", "/end-session", "/.well-known/jwks.json"):
        with subtests.test(path):
            assert visitor(party.app).put(path).status_code == 405


def test_parameters_in_the_query_of_a_machine_endpoint(unharmed: Browser, party: Party) -> None:
    code = party.code(unharmed)
    form = {"grant_type": "authorization_code", "redirect_uri": party.registered.redirect_uri}
    answer = party.call(f"/token?code={code}", grant_type=form["grant_type"], redirect_uri=form["redirect_uri"])
    clear(answer)

    for path in ("/par", "/revoke", "/introspect"):
        clear(party.call(f"{path}?token=x"))


def test_every_known_parameter_twice(unharmed: Browser, party: Party, subtests: pytest.Subtests) -> None:
    for name in NAMES:
        with subtests.test(name):
            for path in ("/token", "/revoke", "/introspect"):
                clear(party.call(path, **{"token": "x", "grant_type": "refresh_token"} | {name: ["a", "b"]}))
            harmless(unharmed.client.get("/authorize", query_string=party.request(**{name: ["a", "b"]})))
            clear(visitor(party.app).get("/end-session", query_string={name: ["a", "b"]}))


def test_names_in_brackets_are_other_names(unharmed: Browser, party: Party) -> None:
    clear(visitor(party.app).get("/authorize", query_string={f"{name}[]": v for name, v in party.request().items()}))
    clear(party.call("/token", **{"grant_type[]": "authorization_code", "code[0]": "x"}))


def test_hundreds_of_parameters(unharmed: Browser, party: Party) -> None:
    many = {f"p{number}": "x" for number in range(3000)}

    clear(party.call("/token", **many))
    harmless(visitor(party.app).get("/authorize", query_string=party.request() | many))


def test_a_heap_of_cookies(unharmed: Browser, party: Party) -> None:
    for cookie in (
        "=__Host-beacon-session=x",
        "beacon-session=" + "x" * 16_000,
        "; ".join(f"c{n}=x" for n in range(200)),
    ):
        answer = visitor(party.app).get("/authorize", query_string=party.request(), headers={"Cookie": cookie})
        assert answer.status_code == 303 and "/sign-in/" in answer.headers["Location"]


TEXT = st.text(max_size=40) | st.sampled_from(
    [
        "",
        " ",
        "none",
        "S256",
        "code",
        "query",
        "form_post",
        "login",
        "openid",
        "0",
        "-1",
        "%",
        "%00",
        "é" * 9,
        "a\tb",
        "\x7f",
    ]
)
PARAMETERS = st.dictionaries(
    st.sampled_from(NAMES) | st.text(min_size=1, max_size=8), st.lists(TEXT, min_size=1, max_size=2)
)
CALM = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@CALM
@given(changes=PARAMETERS, method=st.sampled_from(["GET", "POST"]))
def test_any_authorization_request(unharmed: Browser, party: Party, changes: dict[str, list[str]], method: str) -> None:
    raw = urlencode(party.request() | changes, doseq=True, errors="surrogatepass")
    if method == "GET":
        answer = unharmed.client.get(f"/authorize?{raw}")
    else:
        answer = unharmed.client.post("/authorize", data=raw, content_type=FORM)

    harmless(answer)
    location = answer.headers.get("Location", "/")
    assert location.startswith(("/", party.registered.redirect_uri + "?"))


@CALM
@given(changes=PARAMETERS, path=st.sampled_from(["/token", "/revoke", "/introspect"]))
def test_any_request_to_a_machine_endpoint(
    unharmed: Browser, party: Party, changes: dict[str, list[str]], path: str
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "a.b", "token": "x"} | changes
    raw = urlencode(form, doseq=True, errors="surrogatepass")
    answer = visitor(party.app).post(path, data=raw, content_type=FORM, headers=party.credentials()[0])

    harmless(answer)
    assert answer.mimetype == "application/json" or (path == "/revoke" and answer.status_code == 200)


@CALM
@given(changes=PARAMETERS)
def test_any_sign_out_request(unharmed: Browser, party: Party, changes: dict[str, list[str]]) -> None:
    raw = urlencode(changes, doseq=True, errors="surrogatepass")
    answer = unharmed.client.get(f"/end-session?{raw}")

    harmless(answer)
    assert answer.headers.get("Location", "/").startswith("/")


@CALM
@given(header=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80))
def test_any_authorization_header(unharmed: Browser, party: Party, header: str) -> None:
    for scheme in ("", "Basic ", "Bearer "):
        value = {"Authorization": scheme + header}
        harmless(visitor(party.app).get("/userinfo", headers=value))
        harmless(visitor(party.app).post("/token", data={"grant_type": "refresh_token"}, headers=value))
