"""What looks over every page sees what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.town import Town
from tests.journeys.walker import Walker

PAGE = '<!doctype html><html lang="es" dir="ltr"><title>Ayuda</title><main data-page="x"><h1>Ayuda</h1>{}</main>'
POLICY = "form-action 'none'"


@pytest.fixture
def shown(town: Town, walk) -> Callable[..., Walker]:
    """A browser at a page of ours that says what a test wants."""

    def show(page: str, policy: str = "") -> Walker:
        me: Walker = walk(town, language="es")
        answer = {"body": page, "content_type": "text/html", "headers": {"Content-Security-Policy": policy}}
        me.page.route(f"{me.origin}/x", lambda route: route.fulfill(**answer))  # type: ignore[arg-type]
        return me

    return show


def test_a_good_page_passes(shown):
    shown(PAGE.format("<p>Todo bien.</p>")).open("/x", at="x")


@pytest.mark.parametrize(
    ("page", "finding"),
    [
        (PAGE.format("<p>Skip to the main part</p>"), "English left"),
        (PAGE.format("<p><span>Sign out</span></p>"), "English left"),
        (PAGE.format('<div style="width: 20rem; margin: 0 2rem">ancho</div>'), "at 320"),
        (PAGE.format("<input>"), "axe on"),
        (PAGE.replace('"es"', '"en"').format(""), "x in es"),
        (PAGE.format("<h1>Otra</h1>"), "x in es"),
        (PAGE.format("<script>missing()</script>"), "missing is not defined"),
    ],
    ids=["English sentence", "English word", "too wide", "no label", "wrong language", "two headings", "script error"],
)
def test_a_fault_is_found(shown, page, finding):
    me = shown(page)
    with pytest.raises(AssertionError, match=finding):
        me.open("/x", at="x")
    me.complaints.clear()


def test_a_form_that_the_policy_stops_is_a_complaint(shown):
    me = shown(PAGE.format('<form action="/elsewhere"><button>Ir</button></form>'), POLICY).open("/x", at="x")
    with me.page.expect_event("console"):
        me.page.evaluate("document.forms[0].requestSubmit()")
    assert "form-action" in me.complaints.pop()
