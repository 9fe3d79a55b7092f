"""The forms of email addresses, of language, and of a single button."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired

from idp.web import i18n
from idp.web.forms import Form


class AddressForm(Form):
    """A new address."""

    email = StringField(_l("Email address"), [InputRequired(_l("Enter an email address."))])


class CodeForm(Form):
    """The code that was mailed."""

    code = StringField(_l("Code from the email"), [InputRequired(_l("Enter the code from the email."))])


class OurLanguageForm(Form):
    """One of the languages that our pages and letters speak, each by its own name."""

    language = RadioField(_l("Language"), validate_choice=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = [(code, i18n.NAMES[code]) for code in i18n.RELEASED]
