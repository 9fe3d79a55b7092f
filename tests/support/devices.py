"""Kinds of browser, as their headers say it, and a file of places."""

from __future__ import annotations

from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

from tests.support.browser import Browser

PHONE = "Mozilla/5.0 (Android 14; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0"
LAPTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
AT_HOME, ELSEWHERE = "192.0.2.10", "198.51.100.7"


def as_kind(browser: Browser, header: str) -> Browser:
    """The same browser, which names itself so from now on."""
    browser.client.environ_base["HTTP_USER_AGENT"] = header
    return browser


def another(browser: Browser, header: str, address: str = ELSEWHERE) -> Browser:
    """A second browser of this kind, with no cookie of the first."""
    return as_kind(browser.another(address=address), header)


def make_places(path: Path) -> Path:
    """A file in which home is in Boston, and elsewhere in Paris."""
    writer = MMDBWriter(database_type="Test-City", languages=["en"])
    writer.insert_network(IPSet(["192.0.2.0/24"]), _entry("Boston", "Massachusetts", "United States"))
    writer.insert_network(IPSet(["198.51.100.0/24"]), _entry("Paris", None, "France"))
    writer.to_db_file(str(path))
    return path


def _entry(city: str, region: str | None, country: str) -> dict[str, object]:
    regions = {"subdivisions": [{"names": {"en": region}}]} if region else {}
    return {"city": {"names": {"en": city, "fr": city}}, **regions, "country": {"names": {"en": country}}}
