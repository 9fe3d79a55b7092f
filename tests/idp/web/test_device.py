"""Which browser this is and where: coarse, and nothing that a stranger made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from idp.app import create_app
from idp.kernel.errors import Misconfigured
from idp.kernel.settings import Settings
from idp.web.device import LONGEST, device, in_words
from idp.web.places import country, place
from tests.support.devices import AT_HOME, ELSEWHERE, LAPTOP, PHONE, make_places

pytestmark = pytest.mark.only_on("sqlite")
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 "
    "Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (PHONE, "Firefox on Android"),
        (LAPTOP, "Chrome on Windows"),
        (LAPTOP + " Edg/120.0", "Edge on Windows"),
        (IPHONE, "Safari on iOS"),
        ("", ""),
        ("curl/8.5", ""),
        ("Call 555-0100 at once/1.0", ""),
        ("<b>Firefox</b>/1.0 bot", ""),
        (" " * 5000 + PHONE, ""),
    ],
)
def test_a_browser_is_known_by_its_family_or_not_at_all(app: Flask, header: str, expected: str) -> None:
    with app.test_request_context("/", headers={"User-Agent": header}):
        assert device() == expected and len(header[:LONGEST]) <= LONGEST


def test_versions_and_models_are_not_told_apart(app: Flask) -> None:
    with app.test_request_context("/", headers={"User-Agent": PHONE.replace("121.0", "140.0")}):
        assert device() == "Firefox on Android"


def test_it_is_said_in_the_readers_language(app: Flask) -> None:
    with app.test_request_context("/"), force_locale("en"):
        assert in_words("Firefox on Android") == "Firefox on Android"
        assert in_words("Firefox") == "Firefox"
        assert in_words("") == in_words(None) == "Unknown browser"


def test_without_a_file_nobody_is_anywhere(app: Flask) -> None:
    assert place(AT_HOME) == "" and country("") == country(None) == ""


def test_a_place_is_city_region_and_country_as_far_as_they_are_known(settings: Settings, tmp_path: Path) -> None:
    app = create_app(settings.model_copy(update={"places_file": make_places(tmp_path / "places.mmdb")}))
    with app.app_context():
        assert place(AT_HOME) == "Boston, Massachusetts, United States"
        assert place(ELSEWHERE) == "Paris, France"
        assert place("203.0.113.9") == place("2001:db8::1") == ""
        assert (country(place(AT_HOME)), country(place(ELSEWHERE))) == ("United States", "France")


def test_a_file_that_cannot_be_read_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "broken.mmdb").write_bytes(b"nothing")
    for name in ("broken.mmdb", "missing.mmdb"):
        with pytest.raises(Misconfigured, match="BEACON_PLACES_FILE"):
            create_app(settings.model_copy(update={"places_file": tmp_path / name}))
