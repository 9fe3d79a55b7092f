"""The steps that every page about phones is made of: type a number, type the code that came.

Looking at a page sends nothing. Whom it is about stands in its address, so that it can be read again, in another
language too: one's own phone by its id, a new number by a sealed handle that means nothing to anybody else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.wrappers import Response

from idp.accounts import new_phones, numbers, texting
from idp.accounts.errors import CodeExhausted, CodeExpired, InvalidNumber, PhoneHeld, TooManyPhones, WrongCode
from idp.accounts.new_phones import Adding
from idp.accounts.texting import BETWEEN, MINUTES, NOT_SENT, Target
from idp.web.forms import Form
from idp.web.origin import client_network
from idp.web.pages import render
from mfa.phone import method_of
from mfa.phone_forms import NumberForm, PhoneCodeForm

AT_THE_NUMBER = (InvalidNumber, PhoneHeld, TooManyPhones)
AT_THE_CODE = (WrongCode, CodeExpired, CodeExhausted, PhoneHeld, TooManyPhones)


def add(adding: Adding, done: Callable[[str], Response], *, at_sign_up: bool = False, **words: Any) -> Response:
    """Ask for a number, then for its code. ``done`` gets the method that the new phone has just proven."""
    target = adding.opened(request.args.get("to", ""))
    if target is None:
        return _number(adding, words)

    def take(code: str) -> Response:
        new_phones.add(target, code, network=client_network(), at_sign_up=at_sign_up)
        return done(method_of(target.channel))

    return code(target, take, shown=numbers.show(target.number), other_number=request.path, **words)


def code(target: Target, take: Callable[[str], Response], **words: Any) -> Response:
    """Ask for the code that was sent, or send another. ``take`` spends it and goes on."""
    form = PhoneCodeForm()
    if "again" in request.form:
        if sent(target, form):
            return redirect(here(sent="again"), 303)
    elif form.validate_on_submit():
        try:
            return take(form.code.data)
        except AT_THE_CODE as error:
            form.code.errors = [error.sentence]
    return render("mfa/phone_code.html", form=form, by=target.channel, minutes=MINUTES, between=BETWEEN, **words)


def sent(target: Target, form: Form) -> bool:
    """Whether a code is on its way; the form says why not."""
    try:
        texting.send(target, network=client_network())
    except NOT_SENT as error:
        form.form_errors.append(error.sentence)
        return False
    return True


def here(**arguments: str) -> str:
    """The address of this page with more in its query."""
    return f"{request.path}?{urlencode(request.args.to_dict() | arguments)}"


def _number(adding: Adding, words: dict[str, Any]) -> Response:
    form = NumberForm()
    if form.validate_on_submit():
        try:
            handle = new_phones.begin(
                adding, form.number.data, form.country.data, form.by.data, network=client_network()
            )
            return redirect(here(to=handle), 303)
        except AT_THE_NUMBER as error:
            form.number.errors = [error.sentence]
        except NOT_SENT as error:
            form.form_errors.append(error.sentence)
    return render("mfa/phone_number.html", form=form, **words)
