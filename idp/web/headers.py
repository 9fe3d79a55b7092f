"""Security headers, made for each answer on its way out.

The policy lets a page load only our own files. ``form-action`` also names the app to which a form's answer leads,
because browsers apply it to redirects after a form, too (CSP Level 3 section 6.4.1 as Chromium enforces it).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, g
from werkzeug.wrappers import Response

from idp.kernel import crypto
from idp.kernel.clock import YEAR
from idp.kernel.settings import settings

WEB_SCHEMES = {"http", "https"}
NO_STORE = "no-store"
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self)"

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}


def start(app: Flask) -> None:
    """Put the headers on every answer of ``app``."""
    app.after_request(_dress)


def allow_form_to(uri: str) -> None:
    """Let this page's forms lead to the origin of ``uri``, or to its scheme where it is an app's own."""
    _allow("form_targets", uri)


def allow_frame(uri: str) -> None:
    """Let this page open a frame on the origin of ``uri``."""
    _allow("frames", uri)


def script_nonce() -> str:
    """The nonce that an inline script of this page must carry."""
    if "script_nonce" not in g:
        g.script_nonce = crypto.new_id()
    return g.script_nonce  # type: ignore[no-any-return]


def policy() -> str:
    """The Content-Security-Policy of this page."""
    scripts = f" 'nonce-{g.script_nonce}'" if "script_nonce" in g else ""
    frames = f"; frame-src{_sources('frames')}" if "frames" in g else ""
    return f"{POLICY}; script-src 'self'{scripts}; form-action 'self'{_sources('form_targets')}{frames}"


def _allow(kind: str, uri: str) -> None:
    url = urlsplit(uri)
    source = f"{url.scheme}://{url.netloc}" if url.scheme in WEB_SCHEMES else f"{url.scheme}:"
    if url.scheme and not set(source) & set(" ;,'\""):
        g.setdefault(kind, []).append(source)


def _sources(kind: str) -> str:
    return "".join(f" {source}" for source in dict.fromkeys(g.get(kind, ())))


def _dress(response: Response) -> Response:
    response.headers.update(FIXED)
    response.headers["Content-Security-Policy"] = policy()
    response.headers.setdefault("Cache-Control", NO_STORE)
    if settings().secure:
        response.headers["Strict-Transport-Security"] = f"max-age={2 * YEAR}; includeSubDomains"
    return response
