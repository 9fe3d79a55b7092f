"""Pages for everybody: home, help, privacy, accessibility."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from idp.kernel.clock import YEAR
from idp.kernel.settings import settings
from idp.sessions.current import session
from idp.sessions.guards import open_to_all
from idp.web.pages import THEME_COOKIE, THEMES, render

web = Blueprint("web", "idp.web", template_folder="templates")


@web.get("/")
@open_to_all
def home() -> Response:
    """What this is, and the two ways in."""
    session()
    return render("web/home.html")


@web.get("/help")
@open_to_all
def help() -> Response:  # noqa: A001 - the endpoint's public name
    """Answers for residents."""
    session()
    return render("web/help.html")


@web.get("/privacy")
@open_to_all
def privacy() -> Response:
    """What we keep, why, and what a resident can do about it."""
    session()
    return render("web/privacy.html")


@web.get("/accessibility")
@open_to_all
def accessibility() -> Response:
    """How the site works for everyone, and the choice of colours."""
    session()
    return render("web/accessibility.html", themes=THEMES)


@web.post("/accessibility")
@open_to_all
def choose_colours() -> Response:
    """Remember light or dark colours in this browser, or follow the device again."""
    response = redirect(url_for("web.accessibility"), 303)
    if request.form.get("theme") in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            request.form["theme"],
            max_age=YEAR,
            secure=settings().secure,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(THEME_COOKIE, secure=settings().secure, httponly=True, samesite="Lax")
    return response
