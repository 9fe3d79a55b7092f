"""The language of our pages, letters and texts."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.accounts import service as accounts
from idp.sessions.current import account_id
from idp.sessions.guards import signed_in
from idp.web import i18n
from idp.web.pages import render
from profiles import service
from profiles.setting_forms import OurLanguageForm
from profiles.views.blueprint import desk


@desk.route("/language", methods=["GET", "POST"])
@signed_in
def language() -> Response:
    """Choose one of the languages that we speak. The page that follows is in it already."""
    form = OurLanguageForm(language=accounts.resident(account_id()).locale or i18n.locale())
    if form.validate_on_submit():
        service.choose_language(account_id(), form.language.data)
        flash(_("Saved."))
        return redirect(url_for("profiles.language", lang=i18n.html_lang(form.language.data)), 303)
    return render("profiles/language.html", form=form)
