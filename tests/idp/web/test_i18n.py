"""Which language a reader gets, and how it is said to the browser."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import g

from idp.kernel.clock import DAY
from idp.web import i18n, words
from idp.web.i18n import LOCALES, NAMES, RELEASED, match


def language_of(response) -> tuple[str, str]:
    return re.search(r'<html lang="([^"]+)" dir="(\w+)"', response.text).groups()


def test_english_is_what_remains(client):
    assert language_of(client.get("/")) == ("en", "ltr")
    assert language_of(client.get("/", headers={"Accept-Language": "de, fr;q=0.5"})) == ("en", "ltr")


def test_the_browser_s_wish_is_heard(client):
    assert language_of(client.get("/", headers={"Accept-Language": "de, ar-EG;q=0.8, es;q=0.5"})) == ("ar", "rtl")
    assert language_of(client.get("/", headers={"Accept-Language": "es;q=0, en;q=0.1"})) == ("en", "ltr")


def test_a_choice_is_remembered(client):
    arabic = {"Accept-Language": "ar"}
    assert language_of(client.get("/?lang=es", headers=arabic)) == ("es", "ltr")
    assert language_of(client.get("/help", headers=arabic)) == ("es", "ltr")
    client.delete_cookie("beacon-browser")
    assert language_of(client.get("/help", headers=arabic)) == ("es", "ltr"), "the year-long cookie is left"


def test_an_unknown_choice_changes_nothing(client):
    response = client.get("/?lang=tlh")
    assert language_of(response) == ("en", "ltr")
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("asked", "account", "cookie", "chosen", "expected"),
    [
        ("es", "ar", "en", None, "es"),
        ("fr es", "ar", "en", None, "es"),
        ("fr", "ar", "es", None, "ar"),
        (None, "ar", "es", None, "ar"),
        (None, None, "es", None, "es"),
        ("es", "es", "es", "ar", "ar"),
    ],
)
def test_nearer_wishes_win(client, asked, account, cookie, chosen, expected):
    query = {"lang": chosen} if chosen else {}
    with client.application.test_request_context(
        "/", query_string=query, headers={"Cookie": f"beacon-language={cookie}"}
    ):
        if asked:
            g.asked_locales = asked
        if account:
            g.account_locale = account
        assert i18n.locale() == expected


def test_a_language_learnt_later_is_used_from_then_on(client):
    with client.application.test_request_context("/"):
        assert i18n.locale() == "en"
        g.account_locale = "es"
        i18n.choose_again()
        assert i18n.locale() == "es"


def test_outside_a_request_it_is_english(client):
    with client.application.app_context():
        assert i18n.locale() == "en"


@pytest.mark.parametrize(
    ("tag", "code"), [("es-419", "es"), ("AR_eg", "ar"), ("en-GB", "en"), ("", None), ("x-y", None)]
)
def test_a_tag_finds_its_language(tag, code):
    assert match(tag) == code


def test_every_language_names_itself():
    assert set(NAMES) == set(LOCALES)
    assert set(RELEASED) <= set(LOCALES)


def test_the_switcher_keeps_the_page_and_its_query(client):
    page = client.get("/help?from=a%26b&lang=es").text
    links = dict(re.findall(r'<a href="([^"]+)" lang="(\w+)"', page))
    assert links == {
        "/help?from=a%26b&amp;lang=en": "en",
        "/help?from=a%26b&amp;lang=es": "es",
        "/help?from=a%26b&amp;lang=ar": "ar",
    }
    assert 'lang="ar" hreflang="ar" dir="rtl"' in page


def test_the_switcher_of_a_page_that_cannot_be_looked_at_again_leads_home(client):
    assert 'href="/?lang=es"' in client.post("/post-only?code=1").text


def test_dates_look_as_they_do_at_home(place):
    client = place(timezone="America/New_York")
    with client.application.test_request_context("/?lang=en"):
        assert i18n.when(0).startswith("December 31, 1969")
        assert "7:00" in i18n.when(0)
        assert i18n.day(DAY) == "January 1, 1970"
        assert i18n.day(date(1985, 3, 27)) == "March 27, 1985"
        assert i18n.date_order() == ("month", "day", "year")
    with client.application.test_request_context("/?lang=es"):
        assert i18n.day(DAY) == "1 de enero de 1970"
        assert i18n.date_order() == ("day", "month", "year")


def test_words_are_compiled_where_the_compiled_file_is_missing_or_old(tmp_path, monkeypatch):
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    assert words.load("es").gettext("Help") == "Help"
    po = words.po_file("es")
    po.parent.mkdir(parents=True)
    po.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Help"\nmsgstr "Ayuda"\n')
    assert words.load("es").gettext("Help") == "Ayuda"
    po.with_suffix(".mo").write_bytes(words.compiled(po).replace(b"Ayuda", b"AYUDA"))
    assert words.load("es").gettext("Help") == "AYUDA"
    po.touch()
    assert words.load("es").gettext("Help") in {"Ayuda", "AYUDA"}
