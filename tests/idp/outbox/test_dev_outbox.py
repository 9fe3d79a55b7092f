"""The development outbox: letters to read without a mail server, and no such page in production."""

from __future__ import annotations

from typing import Any

from bs4 import Tag
from flask import Flask

from idp.outbox.service import deliver_due
from tests.idp.outbox.post import write
from tests.support.browser import Browser


def text_of(part: Tag, name: str) -> str:
    """The text of the first ``name`` (a CSS selector) in a part of the page."""
    found = part.select_one(name)
    assert found is not None
    return found.get_text()


def test_the_page_shows_letters_newest_first_with_their_codes(app: Flask, browser: Browser) -> None:
    write(about="older", code="111111")
    write("bob@residents.example", about="newer", code="222222")

    browser.get("/dev/outbox")

    assert (browser.status, browser.data_page) == (200, "dev-outbox")
    articles = browser.page.find_all("article")
    assert [text_of(article, "h2") for article in articles] == ["January 15, 2027: newer", "January 15, 2027: older"]
    assert [text_of(article, "code") for article in articles] == ["222222", "111111"]
    assert "bob@residents.example" in articles[0].get_text()
    assert "222222 is your code, Ada." in text_of(articles[0], ".letter")
    assert browser.headers["Refresh"] == "10"


def test_a_delivered_letter_stays_to_be_read(app: Flask, browser: Browser) -> None:
    write()
    deliver_due(1)

    assert "918273" in browser.get("/dev/outbox").text


def test_an_empty_outbox_says_so(app: Flask, browser: Browser) -> None:
    assert "No letters yet." in browser.get("/dev/outbox").text


def test_only_six_digits_count_as_a_code(app: Flask, browser: Browser) -> None:
    write(code="1234567", name="from room 12345")

    assert browser.get("/dev/outbox").page.find("code") is None


def test_links_can_be_followed_and_names_are_only_text(app: Flask, browser: Browser) -> None:
    write(name="<script>alert(1)</script> http://localhost:8000/sign-up?x=1&y=2")

    page = browser.get("/dev/outbox").page
    (link,) = page.select(".letter a")
    assert link["href"] == "http://localhost:8000/sign-up?x=1&y=2"
    assert "<script>alert(1)</script>" in text_of(page, ".letter")


def test_looking_changes_nothing_and_nothing_can_be_posted(app: Flask, browser: Browser) -> None:
    write()
    browser.get("/dev/outbox")

    assert "waiting" in browser.get("/dev/outbox").text
    assert browser.post("/dev/outbox").status in {400, 405}


def test_production_has_no_such_page(production: Flask) -> None:
    write()

    answer: Any = production.test_client().get("/dev/outbox", base_url="https://beacon.example")

    assert answer.status_code == 404
    assert b"918273" not in answer.data
    assert not any(rule.rule.startswith("/dev/") for rule in production.url_map.iter_rules())
