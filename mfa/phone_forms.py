"""What residents choose and type about phones."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from idp.accounts import numbers
from idp.accounts.phones import PhoneView
from idp.kernel.settings import settings
from idp.outbox.service import TEXT, VOICE
from idp.outbox.texts import channels
from idp.web.forms import Form
from mfa.forms import LONGEST

CHANNEL_NAMES = {TEXT: _l("Text message"), VOICE: _l("Phone call")}


class ByForm(Form):
    """How a code is to come, where there is a choice."""

    by = RadioField(_l("How should we send the code?"), default=TEXT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by.choices = [(channel, CHANNEL_NAMES[channel]) for channel in channels(settings())]


class NumberForm(ByForm):
    """A number to add, and the country it belongs to."""

    country = SelectField(_l("Country or region"))
    number = StringField(_l("Phone number"), validators=[InputRequired(_l("Enter a phone number."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prefixes, names = dict(numbers.countries()), get_locale().territories
        self.country.choices = [
            (code, f"{names.get(code, code)} (+{prefixes[code]})")
            for code in settings().sms_countries
            if code in prefixes
        ]


class SendForm(ByForm):
    """Which of one's phones a code is to go to."""

    phone = RadioField(_l("Which phone?"))

    def __init__(self, phones: list[PhoneView], *args: Any, **kwargs: Any) -> None:
        main = phones[0]
        super().__init__(*args, **({"phone": main.id, "by": main.channel} | kwargs))
        self.phone.choices = [(phone.id, _l("Phone ending in %(ending)s", ending=phone.ending)) for phone in phones]


class PhoneCodeForm(Form):
    """The code that came; spaces, dashes and digits of any script may be typed."""

    code = StringField(
        _l("6-digit code"),
        validators=[
            InputRequired(_l("Enter the 6-digit code that we sent.")),
            Length(max=LONGEST, message=_l("That is too long to be a code.")),
        ],
    )
