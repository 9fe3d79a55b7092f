"""The forms of the hall."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from idp.web.forms import Form


class SignInForm(Form):
    """Email and password."""

    email = StringField(_l("Email address"), [InputRequired(_l("Enter your email address."))])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password."))])


class EmailForm(Form):
    """The address a new account is for."""

    email = StringField(_l("Email address"), [InputRequired(_l("Enter your email address."))])


class CodeForm(Form):
    """The code that was mailed."""

    code = StringField(_l("Code from the email"), [InputRequired(_l("Enter the code from the email."))])


class NewPasswordForm(Form):
    """A password for a new account."""

    password = PasswordField(_l("Password"), [InputRequired(_l("Enter a password."))])


class ConfirmForm(Form):
    """The password of whoever is signed in."""

    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password."))])


class CodeElsewhereForm(Form):
    """The code that was mailed, with the address that it was mailed to, in another browser than it was asked for in."""

    email = StringField(_l("Email address"), [InputRequired(_l("Enter your email address."))])
    code = StringField(_l("Code from the email"), [InputRequired(_l("Enter the code from the email."))])
