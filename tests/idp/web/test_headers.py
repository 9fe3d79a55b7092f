"""Every answer carries the security headers, and each page's policy names only what that page needs."""

from __future__ import annotations

import pytest


def policy_of(response) -> dict[str, str]:
    directives = response.headers["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


@pytest.mark.parametrize("path", ["/", "/help", "/no-such-page", "/fault", "/machine", "/healthz"])
def test_every_answer_is_dressed(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_a_page_may_load_only_our_own_files(client):
    policy = policy_of(client.get("/"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    for kind in ("style-src", "script-src", "img-src", "font-src", "connect-src", "form-action"):
        assert policy[kind] == "'self'"


def test_https_is_insisted_on_where_the_issuer_has_it(place):
    assert "max-age=" in place(issuer="https://id.example").get("/").headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://parks.example/callback?x=1", "https://parks.example"),
        ("http://localhost:8001/callback", "http://localhost:8001"),
        ("org.example.parks:/callback", "org.example.parks:"),
    ],
)
def test_a_form_may_lead_to_the_app_it_serves(client, uri, source):
    assert policy_of(client.get("/to-app", query_string={"uri": uri}))["form-action"] == f"'self' {source}"


@pytest.mark.parametrize("uri", ["", "/own", "https://evil.example; script-src *", "https://a.example,b"])
def test_no_uri_can_widen_the_policy(client, uri):
    policy = policy_of(client.get("/to-app", query_string={"uri": uri}))
    assert policy["form-action"] == "'self'"
    assert policy["script-src"] == "'self'"


def test_one_page_s_targets_do_not_stay_for_the_next(client):
    client.get("/to-app?uri=https://parks.example/")
    assert policy_of(client.get("/"))["form-action"] == "'self'"


def test_a_nonce_is_in_the_policy_of_its_page_and_new_each_time(client):
    first, second = client.get("/nonce"), client.get("/nonce")
    assert f"'nonce-{first.text}'" in policy_of(first)["script-src"]
    assert first.text != second.text


def test_files_may_be_kept_for_a_year_and_change_their_address_with_their_content(client):
    page = client.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    kept = client.get(address, headers={"Accept-Encoding": "identity"})
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(address, headers={"If-None-Match": kept.headers["ETag"]}).status_code == 304
    old = client.get("/static/0123456789abcdef/app.css")
    assert (old.status_code, old.headers["Cache-Control"]) == (200, "no-cache")
    assert client.get("/static/0123456789abcdef/other.css").status_code == 404


def test_files_are_sent_squeezed_to_browsers_that_can_open_them(client):
    squeezed = client.get("/static/x/app.css", headers={"Accept-Encoding": "gzip, br"})
    plain = client.get("/static/x/app.css", headers={"Accept-Encoding": "identity"})
    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert len(squeezed.data) < len(plain.data)


def test_an_operator_s_theme_and_logo_are_used(place, tmp_path):
    (tmp_path / "theme.css").write_text(":root { --mds-section-brand-primary-mid: #222 }")
    (tmp_path / "seal.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    client = place(theme_css=tmp_path / "theme.css", logo=tmp_path / "seal.svg")
    assert "--mds-section-brand-primary-mid: #222" in client.get("/static/x/app.css").text
    assert client.get("/static/x/logo.svg").content_type.startswith("image/svg+xml")
    assert "/logo.svg" in client.get("/").text
