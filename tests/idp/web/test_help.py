"""The help page, which letters, error pages and dead ends send residents to."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

pytestmark = pytest.mark.only_on("sqlite")


def test_each_topic_that_help_lists_is_there_and_in_that_order(client):
    page = BeautifulSoup(client.get("/help").text, "html.parser")
    listed = {link["href"].removeprefix("#"): link.text for link in page.select("main nav a")}
    assert list(listed.items()) == [(heading["id"], heading.text) for heading in page.select("main h2")]
    assert {"passkey", "app", "recovery", "not-me", "freeze", "trouble", "shared", "real"} <= set(listed)


def test_help_leads_to_recovery_without_signing_in(client):
    page = BeautifulSoup(client.get("/help").text, "html.parser")
    assert page.select_one("#recovery ~ p a[href='/recover']")
