"""The forms of this room. What was ticked is read from the request and cut down to what was asked."""

from __future__ import annotations

from wtforms import HiddenField

from idp.web.forms import Form


class DecisionForm(Form):
    """An answer. ``session`` is the session that the page was shown to, so that nobody answers for another."""

    session = HiddenField()


class ChoiceForm(Form):
    """What an app may see from now on."""


class WithdrawForm(Form):
    """Nothing but the wish to stop."""


class SignOutForm(Form):
    """Nothing but the wish to be signed out there."""
