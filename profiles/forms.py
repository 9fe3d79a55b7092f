"""The forms of the desk: one for each kind of attribute. They check shape; the catalogue's entry knows the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from babel import Locale
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from idp.accounts import numbers
from idp.kernel.settings import settings
from idp.web import i18n
from idp.web.forms import Form
from profiles.errors import InvalidValue
from profiles.shapes import Entry, Kind, show_zone
from profiles.values import ADDRESS_PARTS, LANGUAGES, zones

CONTINENT_OR_UNION = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
"""Two-letter codes that Unicode's list of territories holds beside the countries."""

AREAS = frozenset("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split())
"""How the names of time zones begin that belong to a place."""


class AttributeForm(Form):
    """A form whose fields together make one attribute. ``parts`` says which field is which part of the value."""

    parts: ClassVar[Mapping[str, str]]

    @classmethod
    def shown(cls, kept: Any) -> Mapping[str, Any]:
        """What the fields hold for a value as it is kept."""
        return {field: kept[part] for part, field in cls.parts.items() if part in kept}

    def typed(self) -> Any:
        """What was typed, for the entry to clean."""
        return {part: self[field].data for part, field in self.parts.items()}

    def refuse(self, error: InvalidValue) -> None:
        """Put a refusal beside the part at fault."""
        field = self[self.parts.get(error.part, next(iter(self.parts.values())))]
        field.errors = [*field.errors, error.sentence]


class NameForm(AttributeForm):
    """A legal name."""

    parts = {"given": "given_name", "middle": "middle_name", "family": "family_name"}
    given_name = StringField(_l("Given name"))
    middle_name = StringField(_l("Middle name"))
    family_name = StringField(_l("Family name"))


class TextForm(AttributeForm):
    """One line of text."""

    parts = {"text": "text"}
    text = StringField()

    @classmethod
    def shown(cls, kept: Any) -> Mapping[str, Any]:
        return {"text": kept}

    def typed(self) -> Any:
        return self.text.data


class DateForm(AttributeForm):
    """A day, as three numbers."""

    parts = {"day": "day", "month": "month", "year": "year"}
    day = StringField(_l("Day"))
    month = StringField(_l("Month"))
    year = StringField(_l("Year"))

    @classmethod
    def shown(cls, kept: Any) -> Mapping[str, Any]:
        year, month, day = kept.split("-")
        return {"day": day.lstrip("0"), "month": month.lstrip("0"), "year": year}

    def typed(self) -> Any:
        return "-".join(self[part].data or "" for part in ("year", "month", "day"))


class PhoneForm(AttributeForm):
    """A phone number and the country it belongs to."""

    parts = {"number": "number", "country": "country"}
    country = SelectField(_l("Country or region"), default=numbers.HOME_COUNTRY)
    number = StringField(_l("Phone number"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = _countries()
        codes = {code: f"{named.get(code, code)} (+{prefix})" for code, prefix in numbers.countries()}
        self.country.choices = _choices(codes)

    @classmethod
    def shown(cls, kept: Any) -> Mapping[str, Any]:
        country, number = numbers.as_typed_at_home(kept)
        return {"country": country, "number": number}


class AddressForm(AttributeForm):
    """An address, at home or abroad."""

    parts = {part: part for part in ADDRESS_PARTS}
    line1 = StringField(_l("Street and number"))
    line2 = StringField(_l("Apartment, floor or unit"))
    city = StringField(_l("Town or city"))
    region = StringField(_l("State"))
    postal_code = StringField(_l("ZIP code"))
    country = SelectField(_l("Country or region"), default="US")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country.choices = _choices(_countries())


class LanguageForm(AttributeForm):
    """One of our languages, each by its own name."""

    parts = {"language": "language"}
    language = SelectField(choices=[SelectChoice(tag, name) for tag, name in LANGUAGES.items()])

    @classmethod
    def shown(cls, kept: Any) -> Mapping[str, Any]:
        return {"language": kept}

    def typed(self) -> Any:
        return self.language.data


class LinkForm(TextForm):
    """An address on the web."""


class ZoneForm(AttributeForm):
    """A time zone, by its place in the reader's language. Of zones with one name, the one that is kept is listed."""

    parts = {"zone": "zone"}
    zone = SelectField(default=lambda: settings().timezone)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = sorted(zone for zone in zones() if zone.partition("/")[0] in AREAS)
        kept = [self.zone.data] if self.zone.data in zones() else []
        places = {show_zone(zone): zone for zone in (*listed, *kept)}
        self.zone.choices = _choices({zone: place for place, zone in places.items()})

    @classmethod
    def shown(cls, kept: Any) -> Mapping[str, Any]:
        return {"zone": kept}

    def typed(self) -> Any:
        return self.zone.data


class NewPasswordForm(Form):
    """A password, new or the first."""

    password = PasswordField(_l("New password"), [InputRequired(_l("Enter a new password."))])


class PasswordForm(NewPasswordForm):
    """The present password as well."""

    current_password = PasswordField(_l("Your password now"), [InputRequired(_l("Enter your password."))])


FORMS: Mapping[Kind, Callable[..., AttributeForm]] = {
    "name": NameForm,
    "text": TextForm,
    "date": DateForm,
    "phone": PhoneForm,
    "address": AddressForm,
    "language": LanguageForm,
    "link": LinkForm,
    "zone": ZoneForm,
}


def form_for(entry: Entry, kept: Any) -> AttributeForm:
    """The form in which an attribute is edited, filled with what is kept."""
    kind = FORMS[entry.kind]
    form = kind(data=kind.shown(kept) if kept is not None else None)  # type: ignore[attr-defined]
    for only in (form[name] for name in form.parts.values() if len(form.parts) == 1):
        only.label.text = entry.label
    return form


def _countries() -> dict[str, str]:
    """Countries and regions (ISO 3166-1) by their names in the reader's language."""
    territories = Locale.parse(i18n.locale()).territories
    return {code: name for code, name in territories.items() if code.isalpha() and code not in CONTINENT_OR_UNION}


def _choices(named: Mapping[str, str]) -> list[SelectChoice]:
    """The answers of a list, by name."""
    return [SelectChoice(code, name) for code, name in sorted(named.items(), key=lambda item: item[1])]
