"""Pictures of apps: fetched by the worker, drawn anew, served by us."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from idp.clients import logos
from idp.clients import service as clients
from idp.clients.cli import client as command
from idp.clients.errors import BadMetadata
from idp.kernel.contracts import Courier
from idp.kernel.fetch import FetchRefused
from idp.outbox import service as outbox
from tests.factories import make_client
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.elsewhere import elsewhere

pytestmark = [pytest.mark.only_on("sqlite"), pytest.mark.settings(fetch_allow=("localhost",))]


def picture(kind: str = "PNG", size: tuple[int, int] = (600, 300)) -> bytes:
    file, notes = io.BytesIO(), PngInfo()
    notes.add_text("Comment", "hidden words")
    Image.new("RGB", size, "navy").save(file, kind, pnginfo=notes)
    return file.getvalue()


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png), formats=("PNG",))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_drawn_anew_and_small(kind: str) -> None:
    png = logos.drawn(picture(kind))

    assert opened(png).size == (256, 128) and opened(png).info == {} and b"hidden words" not in png


def test_what_is_not_a_good_picture_is_refused(subtests: pytest.Subtests) -> None:
    bomb = bytearray(picture())
    bomb[16:24] = struct.pack(">II", 60_000, 60_000)
    wrong = {
        "nothing": b"",
        "text": b"GIF89a",
        "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "GIF": picture("GIF", (10, 10)),
        "cut short": picture()[:200],
        "a bomb": bytes(bomb),
        "too many dots": picture(size=(3000, 3000)),
        "too large": picture() + b"x" * logos.LARGEST_FILE,
    }
    for name, file in wrong.items():
        with subtests.test(name), pytest.raises(BadMetadata):
            logos.drawn(file)


def test_the_worker_fetches_it_and_pages_show_it(app: Flask, browser: Browser) -> None:
    with elsewhere() as server:
        uri = server.gives("/logo.png", picture(), Content_Type="image/png")
        made = make_client(logo_uri=uri)
        assert clients.demand(made.id).logo is None and server.asked == []
        outbox.deliver_due(10)

    address = f"/apps/{made.id}/logo.png"
    answer = browser.client.get(address)
    assert opened(answer.data).size == (256, 128) and answer.content_type == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "immutable" in answer.headers["Cache-Control"]
    ask = {"client_id": made.id, "redirect_uri": made.redirect_uri, "response_type": "code", "scope": "openid"}
    pkce = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
    page = browser.get("/authorize", query_string=ask | pkce, follow=True)
    assert address in page.body and uri not in page.body


def test_another_address_means_another_picture(app: Flask) -> None:
    with elsewhere() as server:
        first, second = (server.gives(f"/{n}", picture(), Content_Type="image/png") for n in (1, 2))
        made = make_client(logo_uri=first)
        clients.change(made.id, logo_uri=second)
        outbox.deliver_due(10)
        assert [one.target for one in server.asked] == ["/2"]
        assert logos.of(made.id)

        clients.change(made.id, logo_uri=None)
        assert logos.of(made.id) is None


def test_a_host_that_never_answers_holds_up_no_letter(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pictures an app wants, one is waited for; and every letter goes first."""
    tried, delivered = [], []

    def tarpit(uri: str, **_how: Any) -> None:
        tried.append(uri)
        clock.advance(5)
        raise FetchRefused(detail="TimeoutError")

    monkeypatch.setattr(logos, "fetch", tarpit)
    monkeypatch.setitem(app.extensions["beacon.registry"].couriers, outbox.MAIL, Courier(outbox.MAIL, delivered.append))
    made = [make_client(name=f"App {number}", logo_uri="https://slow.example/0") for number in range(5)]
    for number in range(1, 9):
        clients.change(made[0].id, logo_uri=f"https://slow.example/{number}")
    assert [one.kind for one in outbox.deliveries(made[0].id)] == ["logo"]
    clock.advance(60)
    outbox.queue_letter("signin/address_in_use", to="ana@residents.example", locale="en", link="https://x.example")

    outbox.deliver_due(10)
    assert len(delivered) == 1 and len(tried) == 2, "the letter first, then pictures for as long as a turn lasts"
    assert [one.error for one in (outbox.deliveries(one.id)[0] for one in made) if one.attempts] == ["TimeoutError"] * 2


def test_an_operator_gives_a_file(app: Flask, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(picture())
    bad.write_bytes(b"nope")
    made = make_client()

    def run(path: object) -> int:
        return CliRunner().invoke(command, ["set", made.id, "--logo", str(path), "--reason", "x"]).exit_code

    assert run(bad) == 1 and logos.of(made.id) is None
    assert run(good) == 0 and logos.of(made.id)
    assert run("") == 0 and logos.of(made.id) is None
