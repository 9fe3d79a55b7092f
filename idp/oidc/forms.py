"""The forms of the device pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired

from idp.web.forms import Form


class DeviceCodeForm(Form):
    """The code that a device shows."""

    user_code = StringField(_l("Code on your device"), [InputRequired(_l("Enter the code that your device shows."))])


class ConfirmDeviceForm(Form):
    """Whether the resident started this."""
