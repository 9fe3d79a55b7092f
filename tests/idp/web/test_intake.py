"""Bytes that are not text are refused with a page, wherever they stand; nothing of the sort is a fault of ours."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FORM = "application/x-www-form-urlencoded"
NOT_TEXT = ["%00", "a%00b", "%ff", "%C3%28", "%ED%A0%80"]


@pytest.mark.parametrize("bad", NOT_TEXT)
def test_a_query_must_be_text(client, bad):
    assert client.get(f"/help?a={bad}").status_code == 400
    assert client.get(f"/help?{bad}=a").status_code == 400


@pytest.mark.parametrize("bad", NOT_TEXT)
def test_a_form_must_be_text(client, bad):
    assert client.post("/form", data=f"name={bad}", content_type=FORM).status_code == 400
    assert client.post("/machine", data=f"{bad}=name", content_type=FORM).status_code == 400


def test_a_form_in_parts_must_hold_no_nul(client):
    assert client.post("/machine", data={"name": "a\0b", "file": (__file__, "x")}).status_code == 400
    assert client.post("/machine", data={"name": "a b", "file": (__file__, "x")}).status_code == 404


@pytest.mark.parametrize("path", ["/help\xff", "/help\0", "/\xc3("])
def test_a_path_must_be_text(client, path):
    assert client.get("/", environ_overrides={"PATH_INFO": path}).status_code == 400


def test_text_of_any_language_is_fine(client):
    assert client.get("/help?a=%D9%85%D8%B1%D8%AD%D8%A8%D8%A7+%F0%9F%8C%8A").status_code == 200


def test_what_is_too_large_is_refused(client):
    response = client.post("/form", data={"name": "a" * 1_000_000})
    assert response.status_code == 413
    assert 'data-error="too_large"' in response.text


@pytest.mark.parametrize("cookie", ["a" * 60_000, "beacon-browser=" + "b" * 20_000, "beacon-language=\xff", "=;=,"])
def test_no_cookie_is_a_fault_of_ours(client, cookie):
    assert client.get("/help", headers={"Cookie": cookie}).status_code == 200


def test_a_forged_browser_cookie_is_another_browser(place):
    client = place()
    mine = client.get("/browser").text
    assert client.get("/browser").text == mine
    client.set_cookie("beacon-browser", client.get_cookie("beacon-browser").value[:-2] + "xx")
    assert client.get("/browser").text != mine


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.binary(max_size=40), language=st.text(max_size=20))
def test_nothing_in_a_query_or_a_language_header_is_a_fault_of_ours(client, query, language):
    overrides = {
        "QUERY_STRING": query.decode("latin-1"),
        "HTTP_ACCEPT_LANGUAGE": language.encode("utf-8", "replace").decode("latin-1"),
    }
    assert client.get("/", environ_overrides=overrides).status_code < 500
