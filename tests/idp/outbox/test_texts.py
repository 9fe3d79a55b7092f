"""Texts and calls: written short, queued sealed, brought by Apprise over real HTTP, and never logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from idp.doctor import examine
from idp.kernel.errors import Misconfigured
from idp.kernel.settings import Settings
from idp.outbox.service import deliver_due
from idp.outbox.texts import channels, queue_text
from tests.idp.outbox.post import rows, states
from tests.support.browser import Browser
from tests.support.clock import START, Clock
from tests.support.leaks import Marked
from tests.support.texts import NUMBER, Carrier, carrying, texts

pytestmark = pytest.mark.only_on("sqlite")
CODE = "918273"
VERSIONS: dict[str, Any] = {"database": "head", "wanted": "head"}


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    with carrying() as carrier:
        yield carrier


def write(channel: Any = "text", **facts: Any) -> None:
    words: dict[str, Any] = {"locale": "en", "code": CODE, "purpose": "sign_in_phone", "minutes": 10} | facts
    queue_text("accounts/code", to=NUMBER, channel=channel, **words)


def production(**facts: Any) -> Settings:
    secrets: dict[str, Any] = {"secret_key": "x" * 40, "key_file": "x.keys"}
    return Settings(issuer="https://beacon.example", **secrets, **facts)


def test_a_code_comes_first_and_the_last_line_binds_it_to_our_site(app: Flask) -> None:
    write()

    (text,) = texts()
    lines = text.text.splitlines()
    assert text.text.startswith(CODE)
    assert lines[-2:] == ["", f"@localhost #{CODE}"]
    assert len(text.text) <= 160


def test_a_call_reads_the_digits_one_by_one_and_twice(app: Flask) -> None:
    write("voice")

    assert texts()[0].text.count("9, 1, 8, 2, 7, 3") == 2
    assert "#" not in texts()[0].text


def test_a_text_is_written_in_the_language_of_its_receiver(app: Flask) -> None:
    write(locale="es")

    assert texts()[0].text.startswith(CODE)


def test_the_outbox_does_not_show_what_it_holds(app: Flask) -> None:
    write()

    assert NUMBER.encode() not in rows()[0].payload and CODE.encode() not in rows()[0].payload


@pytest.mark.parametrize(("setting", "channel"), [("sms_url", "text"), ("voice_url", "voice")])
def test_the_carrier_gets_number_and_words_and_the_log_neither(
    carrier: Carrier, make_app: Callable[..., Flask], clock: Clock, marked: Marked, setting: str, channel: str
) -> None:
    marked.add(NUMBER, NUMBER[1:], CODE)
    with make_app(**{setting: carrier.url}).app_context(), marked.watching_logs():
        write(channel)
        assert deliver_due(10) == 1

        assert states() == ["sent"]
        assert [(said["to"], said["message"]) for said in carrier.got] == [(NUMBER, texts()[0].text)]
    assert not [line for line in marked.lines if marked.found_in(line)]


def test_a_carrier_that_fails_is_tried_again_and_not_with_a_dead_code(
    carrier: Carrier, make_app: Callable[..., Flask], clock: Clock, marked: Marked
) -> None:
    marked.add(NUMBER, NUMBER[1:], CODE)
    carrier.status = 500
    with make_app(sms_url=carrier.url).app_context(), marked.watching_logs():
        write(until=START + 60)
        deliver_due(10)
        assert (states(), rows()[0].error) == (["waiting"], "the gateway refused")

        clock.advance(61)
        carrier.status = 200
        deliver_due(10)
        assert (states(), rows()[0].error) == (["failed"], "its code has expired")
    assert len(carrier.got) == 1
    assert not [line for line in marked.lines if marked.found_in(line)]


def test_development_shows_texts_and_calls_beside_letters(app: Flask, browser: Browser) -> None:
    write()
    write("voice", code="111222")
    deliver_due(10)

    articles = browser.get("/dev/outbox").page.find_all("article")
    assert [article["data-kind"] for article in articles] == ["voice", "text"]
    assert [code.get_text() for code in articles[1].find_all("code")] == [CODE]
    assert NUMBER in articles[1].get_text()


@pytest.mark.parametrize(
    ("facts", "ways"),
    [
        ({}, ()),
        ({"sms_url": "json://sms.example/{to}"}, ("text",)),
        ({"voice_url": "json://voice.example/{to}"}, ()),
        ({"sms_url": "json://sms.example/{to}", "voice_url": "json://voice.example/{to}"}, ("text", "voice")),
        ({"env": "development"}, ("text", "voice")),
    ],
)
def test_what_an_installation_offers(facts: dict[str, Any], ways: tuple[str, ...]) -> None:
    assert channels(production(**facts)) == ways


def test_an_address_without_a_place_for_the_number_stops_the_start(make_app: Callable[..., Flask]) -> None:
    with pytest.raises(Misconfigured, match=r"BEACON_SMS_URL must have \{to\}") as refusal:
        make_app(sms_url="json://user:secret@sms.example/")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (None, (True, "texts wait on the development outbox page")),
        ("json://sms.example/{to}", (True, "the gateway is known to Apprise")),
        ("nonsense://{to}", (False, "Apprise does not know this address: check BEACON_SMS_URL")),
    ],
)
def test_the_doctor_looks_at_the_gateway(
    make_app: Callable[..., Flask], url: str | None, found: tuple[bool, str]
) -> None:
    with make_app(sms_url=url).app_context():
        assert [(each.good, each.says) for each in examine(VERSIONS) if each.what == "texts"] == [found]
