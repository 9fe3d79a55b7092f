"""Letters: in the reader's language, one line of subject, sealed until they are delivered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from babel import UnknownLocaleError
from flask import Flask
from jinja2 import TemplateNotFound
from sqlalchemy import select

from idp.kernel import db
from idp.kernel.crypto import open_for_system
from idp.kernel.errors import Misconfigured
from idp.outbox.models import Message
from idp.outbox.service import newest, queue_letter
from tests.idp.outbox.post import rows, write
from tests.support.clock import Clock

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes


def test_a_letter_is_written_from_its_three_templates(app: Flask) -> None:
    write(account_id="ada")

    (letter,) = newest(10)
    assert (letter.to, letter.subject) == ("ada@residents.example", "January 15, 2027: a code")
    assert letter.text == "918273 is your code, Ada.\n"
    assert "<p>918273 for Ada</p>" in letter.html
    assert (rows()[0].account_id, rows()[0].kind, letter.state) == ("ada", "mail", "waiting")


def test_a_letter_speaks_its_receivers_language_whoever_caused_it(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        write(locale="ar")
        write(locale="en")
    write(locale="es")

    spanish, english, arabic = newest(3)
    assert arabic.subject == "15 يناير 2027: a code" and "lang='ar'" in arabic.html
    assert english.subject == "January 15, 2027: a code" and "lang='en'" in english.html
    assert spanish.subject == "15 de enero de 2027: a code" and "lang='es'" in spanish.html


@pytest.mark.parametrize("locale", ["pt_BR", "pt-BR", "zh_Hans", "zh-Hant", "ht", "km"])
def test_every_language_code_of_beacon_is_understood(app: Flask, locale: str) -> None:
    write(locale=locale)

    assert len(newest(9)) == 1


def test_names_are_text_and_never_markup_or_templates(app: Flask) -> None:
    write(name="<b>{{ 7 * 7 }}</b> %(x)s", about="{{ 7 * 7 }}")

    (letter,) = newest(1)
    assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt; %(x)s" in letter.html
    assert "<b>{{ 7 * 7 }}</b> %(x)s" in letter.text
    assert letter.subject == "January 15, 2027: {{ 7 * 7 }}"


@pytest.mark.parametrize(
    "about",
    [
        "x\r\nBcc: mallory@evil.test",
        "x\nBcc: y",
        "x\rBcc: y",
        "x\u2028Bcc: y",
        "x\x0bBcc: y",
        "x\x85y",
        "x\0y",
        "\x1b[1m",
    ],
)
def test_the_subject_is_one_line_whatever_is_put_in(app: Flask, about: str) -> None:
    write(about=about)

    subject = newest(1)[0].subject
    assert subject.isprintable()
    assert len(subject.splitlines()) == 1


def test_a_letter_exists_only_if_its_deed_happened(app: Flask) -> None:
    def stumble() -> None:
        with db.transaction():
            write()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    assert rows() == []

    with db.transaction():
        write()
    assert len(rows()) == 1


def test_a_letter_without_templates_is_a_mistake_and_not_queued(app: Flask) -> None:
    with pytest.raises(TemplateNotFound):
        queue_letter("test/none", to="ada@residents.example", locale="en")
    assert rows() == []


def test_the_database_holds_neither_address_nor_code_nor_words(app: Flask) -> None:
    write(name="Ada Lovelace")

    dump = b"".join(str(value).encode() if not isinstance(value, bytes) else value for value in tuple(rows()[0]))
    for secret in (b"918273", b"ada@residents.example", b"Lovelace", b"is your code"):
        assert secret not in dump
    payload = rows()[0].payload
    assert json.loads(open_for_system(payload, f"outbox\0{rows()[0].id}"))["to"] == "ada@residents.example"


def test_a_sealed_letter_opens_only_in_its_own_row(app: Flask) -> None:
    write()
    write()
    first, second = db.execute(select(Message.id, Message.payload).order_by(Message.id)).all()

    with pytest.raises(Misconfigured):
        open_for_system(first.payload, f"outbox\0{second.id}")


def test_letters_are_shown_newest_first_even_within_one_second(app: Flask, clock: Clock) -> None:
    for number in range(12):
        write(about=str(number))
    clock.advance(1)
    write(about="last")

    assert [letter.subject.split()[-1] for letter in newest(4)] == ["last", "11", "10", "9"]


def test_where_no_language_was_chosen_a_letter_is_english(app: Flask) -> None:
    write(locale="en")
    write(locale="")
    assert len({letter.text for letter in newest(2)}) == 1


@pytest.mark.parametrize("locale", ["not a locale", "xx_YY_ZZ", "../../etc"])
def test_a_locale_that_is_none_is_a_mistake(app: Flask, locale: Any) -> None:
    with pytest.raises((UnknownLocaleError, ValueError)):
        write(locale=locale)
    assert rows() == []
