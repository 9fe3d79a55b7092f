"""Recovery codes: shown once, saved as a file, and looked after on the resident's own page."""

from __future__ import annotations

from flask import abort, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.kernel.settings import settings
from idp.sessions import attempt as attempts
from idp.sessions.assurance import AAL2, satisfies
from idp.sessions.guards import fresh, open_to_all
from idp.web.forms import Form
from idp.web.pages import render
from mfa import codes, recovery
from mfa.access import demand_just_set_up, here, onward
from mfa.views.blueprint import mfa

SECOND_WAY = "signin.second_way"


@mfa.route("/sign-in/recovery-codes/<attempt_id>", methods=("GET", "POST"))
@open_to_all
def save_codes(attempt_id: str) -> Response:
    """Say what recovery codes are for, show them once, and go on; or first to a further way to sign in."""
    account_id, form = demand_just_set_up(attempts.load(attempt_id)), Form()
    made: tuple[str, ...] = ()
    if form.validate_on_submit():
        if {"saved", "more"} & request.form.keys() and codes.codes_of(account_id) is not None:
            more = "more" in request.form
            return redirect(url_for(SECOND_WAY, attempt_id=attempt_id), 303) if more else onward(attempt_id)
        made = codes.make(account_id)
    return render("mfa/save_codes.html", form=form, codes=made)


@mfa.route("/account/sign-in/recovery-codes", methods=("GET", "POST"))
@fresh
def recovery_codes() -> Response:
    """Say how many recovery codes are left, and make new ones, shown once and only after two factors."""
    session, form = here(), Form()
    if not satisfies(session.acr, AAL2):
        return redirect(url_for("profiles.sign_in_ways"), 303)
    made = codes.make(session.account_id) if form.validate_on_submit() else ()
    return render("mfa/recovery_codes.html", form=form, codes=made, kept=codes.codes_of(session.account_id))


@mfa.post("/sign-in/recovery-codes.txt")
@open_to_all
def download_codes() -> Response:
    """The codes that the page shows, as a file. The page sends them, since nobody here can read them again."""
    shown = [code for code in request.form.getlist("code") if recovery.normalised(code)][: recovery.COUNT]
    if not Form().validate_on_submit() or not shown:
        abort(400)
    lines = (_("Recovery codes for %(site)s", site=settings().site_name), *map(_as_shown, shown))
    response = make_response("".join(f"{line}\r\n" for line in lines))
    response.mimetype = "text/plain"
    response.headers["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _as_shown(typed: str) -> str:
    return recovery.grouped(recovery.normalised(typed) or "")
