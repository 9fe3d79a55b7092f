"""Personal details: the list, and one page for each attribute."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.sessions.current import account_id
from idp.sessions.guards import signed_in
from idp.web.pages import render
from idp.web.redirects import own_path
from profiles import service
from profiles.catalogue import CATALOGUE, PAGES
from profiles.errors import InvalidValue, UnknownAttribute
from profiles.forms import AttributeForm, form_for
from profiles.shapes import Entry
from profiles.views.blueprint import desk


@desk.get("/profile")
@signed_in
def profile() -> Response:
    """Everything that the resident told about themselves."""
    held = service.read(account_id())
    rows, seldom = (
        [_row(entry, held.get(entry.name)) for entry in CATALOGUE if entry.seldom is apart] for apart in (False, True)
    )
    return render("profiles/profile.html", rows=rows, seldom=seldom)


@desk.route("/profile/<page>", methods=["GET", "POST"])
@signed_in
def edit(page: str) -> Response:
    """Add, change or remove one attribute, then go back to where the resident came from."""
    if (entry := PAGES.get(page)) is None:
        raise UnknownAttribute(_("There is no such page in your profile."), detail="page")
    kept = service.read(account_id()).get(entry.name)
    form = form_for(entry, kept)
    back = own_path(request.args.get("return_to")) or url_for("profiles.profile")
    if form.is_submitted() and request.form.get("action") == "remove":
        service.change(account_id(), {entry.name: None})
        return _done(_("Removed: %(what)s", what=entry.label), back)
    if form.validate_on_submit() and _saved(entry, form):
        return _done(_("Saved: %(what)s", what=entry.label), back)
    return render("profiles/edit.html", form=form, entry=entry, held=kept is not None, back=back)


def _saved(entry: Entry, form: AttributeForm) -> bool:
    try:
        value = entry.clean(form.typed())
        if value is None:
            raise InvalidValue(_("Fill in this field."))
        service.change(account_id(), {entry.name: value})
    except InvalidValue as error:
        form.refuse(error)
        return False
    return True


def _done(words: str, back: str) -> Response:
    flash(words)
    return redirect(back, 303)


def _row(entry: Entry, kept: Any) -> tuple[Any, ...]:
    href = url_for("profiles.edit", page=entry.page)
    if kept is None:
        return entry.label, _("Not given"), href, _("Add")
    return entry.label, entry.show(kept), href, _("Change")
