"""Ways to sign in: the list, and a new password."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from idp.accounts import passwords
from idp.accounts import service as accounts
from idp.accounts.errors import WeakPassword
from idp.kernel.contracts import AuthMethod
from idp.kernel.registry import registry
from idp.sessions.assurance import strongest_first
from idp.sessions.current import account_id, session
from idp.sessions.guards import fresh, signed_in
from idp.web.browser import known_as
from idp.web.origin import client_network
from idp.web.pages import render
from profiles import service
from profiles.forms import NewPasswordForm, PasswordForm
from profiles.reminder import only_way
from profiles.views.blueprint import desk


@desk.get("/sign-in")
@signed_in
def sign_in_ways() -> Response:
    """Every way to sign in with its state, strongest first."""
    who = account_id()
    rows = [_row(who, method) for method in strongest_first(registry().methods.values()) if method.summary]
    return render("profiles/sign_in_ways.html", rows=rows, advice=only_way(who))


@desk.route("/sign-in/password", methods=["GET", "POST"])
@fresh
def password() -> Response:
    """Change the password: the present one, then a new one; or add one. What the old one had opened elsewhere ends."""
    first = accounts.password_changed_at(account_id()) is None
    form = NewPasswordForm() if first else PasswordForm()
    if form.validate_on_submit() and _changed(form):
        flash(
            _("You have a password now. We sent you an email about it.")
            if first
            else _("Your password was changed. You were signed out on your other devices.")
        )
        return redirect(url_for("profiles.sign_in_ways"), 303)
    return render("profiles/password.html", form=form, minimum=passwords.minimum_length(), first=first)


def _changed(form: NewPasswordForm) -> bool:
    """Who has a password gives it once more; a first one needs the proof alone that opened this page."""
    if (here := session()) is None:
        raise Unauthorized
    if isinstance(form, PasswordForm) and not accounts.confirm_password(
        here.account_id, form.current_password.data, network=client_network(), browser=known_as()
    ):
        form.current_password.errors = [_("That is not your password. Check it and try again.")]
        return False
    try:
        service.change_password(here, form.password.data)
    except WeakPassword as error:
        form.password.errors = [error.sentence]
        return False
    return True


def _row(who: str, method: AuthMethod) -> tuple[Any, ...]:
    state = method.summary(who) if method.summary else ""
    href = url_for(method.manage_endpoint) if method.manage_endpoint else ""
    return method.label, state, href, _("Change")
