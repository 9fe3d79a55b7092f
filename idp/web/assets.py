"""The files a page loads: read once at start, joined and shortened, and named by what is in them."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app, url_for

from idp.kernel.errors import Misconfigured
from idp.kernel.settings import Settings, settings

FOLDER = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
TEXT = {".css", ".js", ".svg"}
SHEETS = ("css/tokens.css", "css/app.css")
DEVICE_IS_DARK = "(prefers-color-scheme: dark)"
"""The condition of the dark colours, settled here for a reader who chose light or dark."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent. ``version`` is a digest of its bytes, so its address changes with it."""

    name: str
    body: bytes
    squeezed: bytes | None
    kind: str
    version: str


def start(app: Flask) -> None:
    """Load the files of ``app``. Raises ``Misconfigured`` when the operator's theme or logo cannot be read."""
    app.extensions["beacon.assets"] = {asset.name: asset for asset in _load(app.extensions["beacon.settings"])}


def find(name: str) -> Asset | None:
    """A file by its name."""
    return current_app.extensions["beacon.assets"].get(name)  # type: ignore[no-any-return]


def asset_url(name: str) -> str:
    """The address of a file, which never changes its content."""
    asset = current_app.extensions["beacon.assets"][name]
    return url_for("files.file", version=asset.version, name=name)


def logo_name() -> str:
    """The name under which the operator's logo is served."""
    logo = settings().logo
    return f"logo{logo.suffix.lower()}" if logo else "mark.svg"


def shortened(css: str) -> str:
    """A style sheet without comments and needless space."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r"\s*([{};,>])\s*", r"\1", css).replace(";}", "}").strip()


def _load(chosen: Settings) -> list[Asset]:
    sheets = [(FOLDER / name).read_text() for name in SHEETS]
    if chosen.theme_css:
        sheets.append(_given(chosen.theme_css).decode())
    style = shortened("\n".join(sheets))
    found = [
        _asset("app.css", style.encode()),
        _asset("app-light.css", style.replace(DEVICE_IS_DARK, "not all").encode()),
        _asset("app-dark.css", style.replace(DEVICE_IS_DARK, "screen").encode()),
        _asset("reveal.js", (FOLDER / "js" / "reveal.js").read_bytes()),
        _asset("proof.js", (FOLDER / "js" / "proof.js").read_bytes()),
        _asset("session.js", (FOLDER / "js" / "session.js").read_bytes()),
        _asset("passkey.js", (FOLDER / "js" / "passkey.js").read_bytes()),
        _asset("mark.svg", (FOLDER / "img" / "mark.svg").read_bytes()),
    ]
    if chosen.logo:
        found.append(_asset(f"logo{chosen.logo.suffix.lower()}", _given(chosen.logo)))
    return found


def _asset(name: str, body: bytes) -> Asset:
    suffix = Path(name).suffix
    if suffix not in KINDS:
        raise Misconfigured("BEACON_LOGO must be an .svg or .png file.")
    squeezed = gzip.compress(body, mtime=0) if suffix in TEXT else None
    return Asset(name, body, squeezed, KINDS[suffix], hashlib.sha256(body).hexdigest()[:16])


def _given(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"The file {path} cannot be read: {type(error).__name__}.") from error
