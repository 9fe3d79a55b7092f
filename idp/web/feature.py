"""What this room offers to the roof."""

from __future__ import annotations

from flask import Flask, current_app, request
from flask_wtf import CSRFProtect
from sqlalchemy import literal, select

from idp.kernel import db
from idp.kernel.clock import HOUR
from idp.kernel.contracts import Feature
from idp.kernel.settings import Settings
from idp.web import assets, device, errors, headers, i18n, intake, pages, places, readiness, requestlog
from idp.web.browser import BrowserCookie
from idp.web.origin import AtIssuer
from idp.web.views.files import files
from idp.web.views.health import health
from idp.web.views.pages import web

FORM_TOKEN_LIFE = 12 * HOUR
LARGEST_REQUEST = 256 * 1024


def start(app: Flask) -> None:
    """Set the app up for serving pages."""
    settings: Settings = app.extensions["beacon.settings"]
    app.config.update(_config(settings))
    app.session_interface = BrowserCookie()
    app.wsgi_app = AtIssuer(app.wsgi_app, settings.issuer)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for part in (requestlog, headers, i18n, intake, assets, pages, errors, device, places):
        part.start(app)
    _protect_forms(app)
    readiness.require(app, "database", lambda: db.execute(select(literal(1))))


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SESSION_COOKIE_NAME": "__Host-beacon-browser" if settings.secure else "beacon-browser",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_PATH": "/",
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST,
        "WTF_CSRF_TIME_LIMIT": FORM_TOKEN_LIFE,
        "WTF_CSRF_CHECK_DEFAULT": False,
        "SERVER_NAME": settings.issuer.partition("://")[2],
        "PREFERRED_URL_SCHEME": settings.issuer.partition("://")[0],
    }


def _protect_forms(app: Flask) -> None:
    csrf = CSRFProtect(app)

    @app.before_request
    def demand_form_token() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if view is not None and not errors.for_machines():
            csrf.protect()


FEATURE = Feature(name="web", blueprints=(web, health, files), start=start)
