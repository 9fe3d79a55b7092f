"""The forms of this room. What was ticked is read from the request and cut down to what was asked."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField

from idp.web.forms import Form

MAIN = "main"
"""Stands for the main address, whichever that is when the app asks."""


class DecisionForm(Form):
    """An answer. ``session`` is the session that the page was shown to, so that nobody answers for another."""

    session = HiddenField()


class ChoiceForm(Form):
    """What an app may see from now on."""


class EmailForm(Form):
    """Which of the resident's addresses an app receives: the id of one, or ``MAIN``."""

    email = RadioField(_l("Email address that it gets"))


class WithdrawForm(Form):
    """Nothing but the wish to stop."""


class SignOutForm(Form):
    """Nothing but the wish to be signed out there."""
