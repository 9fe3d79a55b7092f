"""A path given from outside leads to our own pages or nowhere."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.redirects import own_path


@pytest.mark.parametrize("path", ["/", "/account", "/account/services?page=2", "/consent/a-b_c", "/a//b"])
def test_own_paths_are_kept(path):
    assert own_path(path) == path


def test_a_fragment_is_dropped():
    assert own_path("/help#real") == "/help"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "account",
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "/caf\u00e9",
        "/" + "a" * 2000,
        "/\0",
    ],
)
def test_everything_else_is_refused(text):
    assert own_path(text) is None


@given(st.text(alphabet="/\\.:@?#ae \t\n%2f"))
def test_whatever_is_let_through_stays_here(text):
    path = own_path(text)
    assert path is None or urlsplit(urljoin("https://id.example/sign-in", path)).netloc == "id.example"
