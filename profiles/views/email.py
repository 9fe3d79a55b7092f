"""Email addresses: the list, and a page for each change. Changing an address is adding one and removing the other."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.accounts import addresses as mine
from idp.accounts import new_addresses
from idp.accounts.errors import (
    AddressTaken,
    AlreadyYours,
    CodeExhausted,
    CodeExpired,
    InvalidEmail,
    TooManyAddresses,
    WrongCode,
)
from idp.kernel.clock import HOUR
from idp.sessions.current import account_id, here
from idp.sessions.guards import fresh, signed_in
from idp.web.forms import Form
from idp.web.origin import client_network
from idp.web.pages import render
from profiles import addresses
from profiles.setting_forms import AddressForm, CodeForm
from profiles.views.blueprint import desk


@desk.get("/email")
@signed_in
def emails() -> Response:
    """Every address with its state, and what can be done with it."""
    return render("profiles/emails.html", addresses=mine.of(account_id()), most=new_addresses.MOST)


@desk.route("/email/add", methods=["GET", "POST"])
@fresh
def add_email() -> Response:
    """Ask for a new address, and mail it a code."""
    form = AddressForm()
    if form.validate_on_submit():
        try:
            handle = new_addresses.ask_to_add(account_id(), here().id, form.email.data, network=client_network())
        except (InvalidEmail, AlreadyYours, TooManyAddresses) as error:
            form.email.errors = [error.sentence]
        else:
            return redirect(url_for("profiles.confirm_email", handle=handle), 303)
    return render("profiles/add_email.html", form=form)


@desk.route("/email/confirm/<handle>", methods=["GET", "POST"])
@fresh
def confirm_email(handle: str) -> Response:
    """Ask for the mailed code. The link in the letter leads here too, and does nothing by itself."""
    address, form = new_addresses.awaited(here().id, handle), CodeForm()
    if form.validate_on_submit():
        try:
            addresses.add(here(), handle, form.code.data, network=client_network())
        except (WrongCode, CodeExpired, CodeExhausted, AddressTaken, AlreadyYours, TooManyAddresses) as error:
            form.code.errors = [error.sentence]
        else:
            flash(_("The email address was added."))
            return redirect(url_for("profiles.emails"), 303)
    minutes = new_addresses.MINUTES
    return render("profiles/confirm_email.html", form=form, address=address, handle=handle, minutes=minutes)


@desk.post("/email/confirm/<handle>/again")
@fresh
def mail_again(handle: str) -> Response:
    """Mail another code; the one before ends."""
    address = new_addresses.awaited(here().id, handle)
    if Form().validate_on_submit():
        handle = new_addresses.ask_to_add(account_id(), here().id, address, network=client_network())
    return redirect(url_for("profiles.confirm_email", handle=handle, sent="again"), 303)


@desk.route("/email/<address_id>/main", methods=["GET", "POST"])
@fresh
def main_email(address_id: str) -> Response:
    """Say what the main address is for, then change it."""
    address, form = mine.demand(account_id(), address_id), Form()
    if form.validate_on_submit():
        addresses.make_main(account_id(), address_id)
        flash(_("Your main email address was changed."))
        return redirect(url_for("profiles.emails"), 303)
    return render("profiles/main_email.html", form=form, address=address)


@desk.route("/email/<address_id>/remove", methods=["GET", "POST"])
@fresh
def remove_email(address_id: str) -> Response:
    """Say what removing means, then remove."""
    address, form = mine.demand(account_id(), address_id), Form()
    if form.validate_on_submit():
        addresses.remove(account_id(), address_id)
        flash(_("The email address was removed."))
        return redirect(url_for("profiles.emails"), 303)
    return render("profiles/remove_email.html", form=form, address=address, hours=mine.VETO // HOUR)


@desk.route("/email/<address_id>/keep", methods=["GET", "POST"])
@fresh
def keep_email(address_id: str) -> Response:
    """Undo a removal."""
    address, form = mine.demand(account_id(), address_id), Form()
    if form.validate_on_submit():
        addresses.keep(account_id(), address_id)
        flash(_("The email address stays."))
        return redirect(url_for("profiles.emails"), 303)
    return render("profiles/keep_email.html", form=form, address=address)
