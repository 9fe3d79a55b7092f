"""Takes the pictures of the README again: ``python -m tests.journeys.pictures``.

They go to ``docs/pictures``, as PNG with few colours where Pillow is installed. Look at each before keeping it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.journeys.town import Town, town_on
from tests.journeys.walker import LOCALES, Walker
from tests.support.chromium import NARROW, WIDE, chromium, visit
from tests.support.databases import SqliteDatabase
from tests.support.source import ROOT

try:
    from PIL import Image
except ImportError:
    Image = None  # type: ignore[assignment]

FOLDER = ROOT / "docs" / "pictures"
COLOURS = 64
PROFILE = {
    "legal_name": {"given": "Marisol", "family": "Reyes"},
    "birthdate": "1988-04-12",
    "phone_number": "+16175550142",
    "residential_address": {
        "line1": "12 Harbor Street", "city": "Boston", "region": "MA", "postal_code": "02110", "country": "US",
    },
    "preferred_language": "en",
}  # fmt: skip


def take(page: Walker, name: str, *, whole: bool = False) -> None:
    """Keep what the browser shows."""
    path = FOLDER / f"{name}.png"
    page.page.evaluate("document.activeElement.blur()")
    page.page.mouse.move(0, 0)
    page.page.screenshot(path=path, full_page=whole, animations="disabled")
    if Image is not None:
        few = Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")  # noqa: T201 (run by hand)


def wide(town: Town, me: Walker) -> None:
    """What a resident sees on a large screen, from sign-in to their account."""
    marisol = town.neighbour(email="marisol@residents.example", **PROFILE)
    me.open(f"{town.agency}/sign-in", at="sign-in").fill(email=marisol.email)
    take(me, "sign-in")
    me.sign_in(marisol).press("#verify", at="consent").tick("name", "given_name", "email", "lives_in_state")
    take(me, "consent", whole=True)
    me.press("#share", at="application")
    take(me, "agency", whole=True)
    me.open("/account", at="account")
    take(me, "account")


def narrow(town: Town, me: Walker) -> None:
    """The consent page on a telephone."""
    resident = town.neighbour(email="reyes@residents.example", **PROFILE)
    me.open(f"{town.agency}/sign-in", at="sign-in").sign_in(resident).press("#verify", at="consent")
    take(me, "consent-360", whole=True)


def arabic(town: Town, me: Walker) -> None:
    """The sign-in page from right to left."""
    take(me.open(f"{town.agency}/sign-in", at="sign-in"), "sign-in-ar")


def main() -> None:
    """Set up a town, and take every picture."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        database = SqliteDatabase(Path(folder))
        own = Path(folder, "own")
        own.mkdir()
        with town_on(database, own) as town:
            for width, language, act in ((WIDE, "en", wide), (NARROW, "en", narrow), (WIDE, "ar", arabic)):
                with visit(browser, width=width, locale=LOCALES[language]) as page:
                    act(town, Walker(page, town.server.origin, language=language))


if __name__ == "__main__":
    main()
