"""The look keeps its promises: readable colours, one place for them, no side of the page by name, few bytes."""

from __future__ import annotations

import gzip
import re

import pytest

from idp.web.assets import DEVICE_IS_DARK, FOLDER
from tests.support.source import ROOT

TOKENS = (FOLDER / "css" / "tokens.css").read_text()
STYLE = (FOLDER / "css" / "app.css").read_text()
SCRIPT, WARNING = ((FOLDER / "js" / name).read_text() for name in ("reveal.js", "session.js"))
TEMPLATES = sorted(path for room in ("idp", "profiles", "consent", "mfa") for path in (ROOT / room).rglob("*.html"))
PAGES = [path for path in TEMPLATES if "mail" not in path.parts]

COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|color)\(|:\s*(?:white|black|red|blue|gr[ae]y)\b", re.IGNORECASE)
DECLARATION = re.compile(r"--mds-([\w-]+): (#[0-9a-f]+);")

CARD, PAGE = "surface-default", "section-brand-neutral-lowest"
HEADER, FOOTER = "section-brand-primary-mid", "section-brand-primary-highest"
TINTS = [f"section-utility-{kind}-lowest" for kind in ("informative", "danger", "warning", "success")]
TEXT = "content-brand-neutral-default"
LINK = "content-brand-primary-mid"
FILLED = [
    "interactive-brand-primary-mid",
    "interactive-brand-primary-high",
    "interactive-utility-danger-mid",
    "interactive-utility-danger-high",
]

READ = [
    *((TEXT, ground) for ground in (CARD, PAGE, *TINTS)),
    *((LINK, ground) for ground in (CARD, PAGE, *TINTS, "interactive-brand-primary-lowest")),
    *(("content-brand-neutral-muted", ground) for ground in (CARD, PAGE)),
    *(("content-brand-tertiary-mid", ground) for ground in (CARD, *TINTS)),
    *(("content-utility-danger-mid", ground) for ground in (CARD, "section-utility-danger-lowest")),
    *(("base-white", ground) for ground in (HEADER, FOOTER)),
    *(("base-inverse", ground) for ground in FILLED),
]
"""Text and the ground it is read on: 4.5 to 1 (WCAG 2.2, 1.4.3)."""

SEEN = [
    *(("border-brand-neutral-high", ground) for ground in (CARD, PAGE)),
    *((f"border-utility-{kind}-mid", CARD) for kind in ("informative", "danger", "warning", "success")),
    *((ground, CARD) for ground in FILLED),
    *(("focus-on-light", ground) for ground in (CARD, PAGE, *TINTS)),
    ("focus-on-light", "focus-on-dark"),
    ("base-white", HEADER),
    ("base-white", FOOTER),
]
"""Edges and rings and what they stand on: 3 to 1 (WCAG 2.2, 1.4.11 and 2.4.13)."""


def colours(theme: str) -> dict[str, str]:
    light, dark = TOKENS.split(f"@media {DEVICE_IS_DARK}")
    return dict(DECLARATION.findall(light)) | (dict(DECLARATION.findall(dark)) if theme == "dark" else {})


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(READ, 4.5), (SEEN, 3.0)], ids=["text", "edges"])
def test_colours_that_meet_can_be_told_apart(theme, pairs, least):
    have = colours(theme)
    weak = {f"{one} on {other}": round(contrast(have[one], have[other]), 2) for one, other in pairs}
    weak = {pair: ratio for pair, ratio in weak.items() if ratio < least}
    assert not weak


def test_the_measure_is_right():
    assert contrast("#000000", "#fff") == pytest.approx(21)
    assert contrast("#14558f", "#fdfdfd") == pytest.approx(7.57, abs=0.01)


def test_dark_changes_only_what_light_has():
    light, dark = TOKENS.split(f"@media {DEVICE_IS_DARK}")
    assert set(dict(DECLARATION.findall(dark))) <= set(dict(DECLARATION.findall(light)))


def test_every_token_is_used_and_every_used_one_exists():
    declared = set(re.findall(r"(--[\w-]+):", TOKENS))
    used = set(re.findall(r"var\((--[\w-]+)\)", STYLE + TOKENS))
    assert used == declared


def test_colours_stand_in_the_token_file_only():
    assert not COLOUR.findall(STYLE)
    assert not COLOUR.findall(SCRIPT)
    painted = [str(path) for path in TEMPLATES if re.search(r"#[0-9a-f]{6}\b|\bbgcolor\b|\brgba?\(", path.read_text())]
    assert not painted


def test_the_page_has_no_fixed_sides():
    assert not re.findall(r"\b(?:left|right)\b", STYLE + TOKENS)


def test_old_browsers_know_every_property():
    """Chrome 69, Safari 12.1, Firefox 66: no logical shorthands, no ``:has``, no nesting, no ``clamp``."""
    assert not re.findall(r"(?:margin|padding|inset)-(?:inline|block):|\binset:|:has\(|\bclamp\(|\bmin\(|&", STYLE)


def test_style_and_script_stay_small():
    both = (TOKENS + STYLE).encode()
    assert len(both) <= 12 * 1024
    assert len(gzip.compress(both, 9)) <= 4 * 1024
    assert len(SCRIPT) <= 1024 and len(WARNING) <= 1024


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_style_no_script_and_no_raw_html(path):
    text = path.read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)
    assert not re.search(r"<script(?![^>]*\b(?:src|nonce)=)", text)
    assert not re.search(r"\|\s*safe\b|autoescape false|javascript:", text)
