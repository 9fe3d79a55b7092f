"""What residents type about second factors."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField
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
