"""What residents type about second factors."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from idp.web.forms import Form

LONGEST = 64
_TOO_LONG = _l("That is too long to be a code.")


class CodeForm(Form):
    """The code of an authenticator app; spaces, dashes and digits of any script may be typed."""

    code = StringField(
        _l("6-digit code"),
        validators=[InputRequired(_l("Enter the 6-digit code from your app.")), Length(max=LONGEST, message=_TOO_LONG)],
    )


class RecoveryCodeForm(Form):
    """One recovery code, typed from paper."""

    code = StringField(
        _l("Recovery code"),
        validators=[InputRequired(_l("Enter one of your recovery codes.")), Length(max=LONGEST, message=_TOO_LONG)],
    )


class PasskeyForm(Form):
    """What the browser says after a passkey ceremony, as JSON that the page's script wrote."""

    answer = HiddenField()

    def answered(self) -> bool:
        """Whether there is an answer to look at; without script there is none."""
        return bool(self.validate_on_submit() and self.answer.data)


class AppForm(CodeForm):
    """The first code of an app, and what its resident calls it."""

    name = StringField(_l("Name"), validators=[Length(max=LONGEST, message=_l("Use at most 64 characters."))])


class NameForm(Form):
    """What a resident calls a passkey or an app."""

    name = StringField(
        _l("Name"),
        validators=[
            InputRequired(_l("Enter a name, such as the device that it is on.")),
            Length(max=LONGEST, message=_l("Use at most 64 characters.")),
        ],
    )
