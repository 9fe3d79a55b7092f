"""The base of every form: text is trimmed, and each message is in our own words."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField

MESSAGES = {
    "This field is required.": _l("Fill in this field."),
    "Not a valid choice.": _l("Choose one of the answers in the list."),
    "Not a valid choice": _l("Choose one of the answers in the list."),
    "Not a valid integer value.": _l("Use numbers only."),
    "Invalid email address.": _l("Enter an email address like name@example.com."),
}
"""Our words for what WTForms says when a form's author gave no message."""

UNKNOWN = _l("Check what you typed here.")


class Words:
    """Stands in for WTForms' own catalogues, which lack several of our languages."""

    def gettext(self, string: str) -> str:
        """Our words for one of WTForms'."""
        return str(MESSAGES.get(string, UNKNOWN))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """WTForms counts characters, which helps nobody; form authors give their own message."""
        return str(UNKNOWN)


class Form(FlaskForm):  # type: ignore[misc]
    """A form. Text fields are trimmed, passwords are not."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, form: FlaskForm) -> Words:
            """Our own messages."""
            return Words()

        def bind_field(self, form: FlaskForm, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Trim what was typed, before the field's own filters."""
            field = unbound_field.bind(form=form, **options)
            if isinstance(field, StringField) and not isinstance(field, PasswordField):
                field.filters = [_trimmed, *field.filters]
            return field


def _trimmed(value: object) -> object:
    return value.strip() if isinstance(value, str) else value
