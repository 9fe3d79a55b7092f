"""Every refusal ends on a page with a code, plain words and a way on; machines get JSON; nobody gets a value."""

from __future__ import annotations

import re

import pytest
from structlog.testing import capture_logs


def code_of(response) -> str:
    return re.search(r'data-error="(\w+)"', response.text)[1]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/no-such-page", 404, "not_found"), ("/gone-app", 404, "not_found"), ("/too-many", 429, "too_many")],
)
def test_an_error_page_names_its_code_and_its_request(client, path, status, code):
    response = client.get(path)
    assert (response.status_code, code_of(response)) == (status, code)
    assert response.headers["X-Request-ID"] in response.text


def test_a_dead_end_names_the_app_and_leads_back_to_it(client):
    page = client.get("/gone-app").text
    assert "That is over." in page
    assert 'href="https://parks.example/start"' in page
    assert "Go back to Parks &amp; Trails" in page


def test_too_many_tries_say_how_long_to_wait(client):
    response = client.get("/too-many")
    assert response.headers["Retry-After"] == "181"
    assert "Please wait 4 minutes" in response.text


def test_a_wrong_method_is_a_page_that_says_which_would_do(client):
    response = client.delete("/help")
    assert (response.status_code, code_of(response)) == (405, "method_not_allowed")
    assert "GET" in response.headers["Allow"]


def test_a_fault_of_ours_shows_and_logs_no_value(client):
    with capture_logs() as lines:
        response = client.get("/fault")
    assert (response.status_code, code_of(response)) == (500, "fault")
    logged = str(lines)
    assert "ValueError at" in logged
    assert "nobody may read" not in response.text + logged


def test_a_machine_gets_json_and_never_a_page(client):
    response = client.get("/machine")
    assert (response.status_code, response.json) == (404, {"error": "not_found"})
    assert client.put("/machine").status_code == 405


def test_a_form_without_its_token_is_refused_and_explained(client):
    response = client.post("/form", data={"name": "Ana", "secret": "tell nobody"})
    assert (response.status_code, code_of(response)) == (400, "csrf")
    assert 'href="/form"' in response.text
    assert "tell nobody" not in response.text


def test_a_form_with_its_token_goes_through(client):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/accessibility").text)[1]
    sent = client.post("/form", data={"name": "  Ana ", "secret": " x ", "csrf_token": token})
    assert sent.json == {"name": "Ana", "secret": " x ", "errors": {}}


def test_a_token_of_another_browser_is_refused(place):
    one, other = place(), place()
    token = re.search(r'name="csrf_token" value="([^"]+)"', one.get("/accessibility").text)[1]
    assert code_of(other.post("/form", data={"name": "Ana", "csrf_token": token})) == "csrf"


def test_a_machine_needs_no_form_token(client):
    assert client.post("/machine").json == {"error": "not_found"}


def test_the_way_back_from_a_page_that_only_takes_posts_is_the_home_page(client):
    response = client.post("/post-only")
    assert code_of(response) == "csrf"
    assert 'class="button primary" href="/"' in response.text


def test_health_needs_nothing_and_readiness_names_what_fails(place, tmp_path):
    assert place().get("/healthz").json == {"status": "ok"}
    assert place().get("/readyz").json == {"status": "ok", "parts": {"database": "ok"}}
    lost = place(database_url=f"sqlite:///{tmp_path}").get("/readyz")
    assert lost.status_code == 503
    assert lost.json["parts"]["database"] == "failing"


def test_log_lines_name_the_route_and_not_the_address(client):
    with capture_logs() as lines:
        client.get("/static/secret-looking-id/app.css")
        client.get("/form?email=ana@example.com")
    logged = str(lines)
    assert "/static/<version>/<name>" in logged
    assert "secret-looking-id" not in logged
    assert "ana@example.com" not in logged
