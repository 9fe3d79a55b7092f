"""Letters over real SMTP, to a server on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask import Flask

from idp.kernel.errors import Misconfigured
from idp.outbox.errors import NotDelivered
from idp.outbox.service import deliver_due
from idp.outbox.smtp import Server, compose, deliver
from tests.idp.outbox.post import rows, states, write
from tests.support.clock import START, Clock
from tests.support.postgres import free_port
from tests.support.smtp import MailServer, mail_server

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

LETTER = {"id": "row-id", "to": "ada@residents.example", "subject": "Hello", "text": "Hi\n", "html": "<p>Hi</p>\n"}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def mailing(make_app: Callable[..., Flask], server: MailServer) -> Iterator[Flask]:
    """The app with a mail server, its context open."""
    app = make_app(smtp_url=server.url, mail_from="no-reply@beacon.example", site_name="Beacon")
    with app.app_context():
        yield app


def test_a_letter_with_an_arabic_subject_arrives_whole(mailing: Flask, server: MailServer) -> None:
    write(locale="ar", about="رمز تسجيل الدخول", name="مريم")
    deliver_due(10)

    (message,) = server.letters
    assert message["Subject"].endswith(": رمز تسجيل الدخول")
    assert (message["To"], message["From"]) == ("ada@residents.example", "Beacon <no-reply@beacon.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(message["Date"]).timestamp() == START
    assert message["Message-ID"] == f"<{rows()[0].id}@beacon.example>"
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().splitlines() == ["918273 is your code, مريم."]
    assert "مريم" in html.get_content()
    assert states() == ["sent"]


def test_a_server_that_refuses_gets_the_letter_again_later(mailing: Flask, server: MailServer, clock: Clock) -> None:
    write()
    server.refusal = "451 try again later, ada@residents.example"
    deliver_due(10)

    assert (server.letters, states()) == ([], ["waiting"])
    assert rows()[0].error == "SMTPDataError 451"

    server.refusal = None
    clock.advance(3600)
    deliver_due(10)
    deliver_due(10)
    assert (len(server.letters), states()) == (1, ["sent"])


def test_a_server_that_is_away_gets_the_letter_when_it_is_back(make_app: Callable[..., Flask], clock: Clock) -> None:
    app = make_app(smtp_url=f"smtp://127.0.0.1:{free_port()}")
    with app.app_context():
        write()
        deliver_due(10)
        assert (states(), rows()[0].error) == (["waiting"], "ConnectionRefusedError")


def test_a_second_copy_of_a_letter_is_known_as_one(mailing: Flask, server: MailServer) -> None:
    deliver(LETTER)
    deliver(LETTER)

    first, second = server.letters
    assert first["Message-ID"] == second["Message-ID"] == "<row-id@beacon.example>"


def test_an_address_in_another_script_arrives(mailing: Flask, server: MailServer) -> None:
    deliver(LETTER | {"to": "josé@residents.example"})

    assert "josé@residents.example" in str(server.letters[0]["To"])


@pytest.mark.parametrize(
    "to",
    [
        "ada@residents.example\r\nBcc: mallory@evil.test",
        "ada@residents.example\nBcc: mallory@evil.test",
        "ada@residents.example,mallory@evil.test",
        "ada@residents.example;mallory@evil.test",
        "ada@residents.example mallory@evil.test",
        "ada@residents.example, <mallory@evil.test>",
        "Ada <ada@residents.example>",
        "ada",
        "@evil.test",
        "ada@",
        "",
    ],
)
def test_a_letter_never_goes_to_more_than_the_one_address(mailing: Flask, server: MailServer, to: str) -> None:
    try:
        deliver(LETTER | {"to": to})
    except NotDelivered:
        assert server.letters == []
    else:
        (message,) = server.letters
        assert message["Bcc"] is None
        assert len(message["To"].addresses) == 1
        assert message["To"].addresses[0].domain == to.rpartition("@")[2]


@pytest.mark.parametrize("subject", ["x\r\nBcc: mallory@evil.test", "x\nBcc: mallory@evil.test"])
def test_a_header_cannot_be_put_in_through_the_subject_even_past_the_writer(
    mailing: Flask, server: MailServer, subject: str
) -> None:
    with pytest.raises(NotDelivered):
        deliver(LETTER | {"subject": subject})
    assert server.letters == []


def test_the_body_cannot_end_the_letter_early(mailing: Flask, server: MailServer) -> None:
    deliver(LETTER | {"text": "one\n.\nMAIL FROM:<mallory@evil.test>\n"})

    (message,) = server.letters
    text = next(message.iter_parts())
    assert text.get_content().splitlines() == ["one", ".", "MAIL FROM:<mallory@evil.test>"]


def test_a_site_name_with_odd_marks_stays_a_name(make_app: Callable[..., Flask]) -> None:
    app = make_app(mail_from="no-reply@beacon.example", site_name='B, "eacon" <x@evil.test>')
    with app.app_context():
        message = compose(LETTER)

    assert [address.addr_spec for address in message["From"].addresses] == ["no-reply@beacon.example"]


def test_without_a_server_development_needs_none(app: Flask) -> None:
    deliver(LETTER)


def test_without_a_server_production_keeps_the_letter_waiting(production: Flask) -> None:
    write()
    deliver_due(1)

    assert (states(), rows()[0].error) == (["waiting"], "BEACON_SMTP_URL is not set")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 25, "", "", "none")),
        ("smtp://mail.example:587?starttls=1", Server("mail.example", 587, "", "", "starttls")),
        ("smtp://u%40x:p%3Aw@mail.example:2525/?starttls=1", Server("mail.example", 2525, "u@x", "p:w", "starttls")),
        ("smtps://u:p@mail.example", Server("mail.example", 465, "u", "p", "tls")),
        ("smtp://[::1]:2525", Server("::1", 2525, "", "", "none")),
    ],
)
def test_a_server_is_read_from_its_url(url: str, server: Server) -> None:
    assert Server.read(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "mail.example:25",
        "smtp://mail.example:port",
        "smtp://mail.example:99999",
        "smtp://mail.example/path",
        "smtp://mail.example?starttls=1&tls=no",
        "smtp://mail.example?starttls",
        "smtp://u:hush@[broken",
    ],
)
def test_a_wrong_url_stops_the_start_and_is_not_repeated(make_app: Callable[..., Any], url: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        make_app(smtp_url=url)
    assert "BEACON_SMTP_URL" in str(refused.value.sentence)
    assert "hush" not in str(refused.value.sentence)


@pytest.mark.parametrize("sender", ["nobody", "a@b, c@d", "x@y\r\nBcc: z@w", "@beacon.example"])
def test_a_sender_that_is_not_one_address_stops_the_start(make_app: Callable[..., Any], sender: str) -> None:
    with pytest.raises(Misconfigured):
        make_app(mail_from=sender)
