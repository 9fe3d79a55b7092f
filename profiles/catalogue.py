"""What a resident may tell about themselves: one entry says all there is to say about an attribute.

An entry holds the attribute's name, the page on which it is edited and how, what it may be, whether it is sensitive,
and the claims that apps may ask for, with the words for each. To add an attribute, add an entry and translate it.

``preferred_name`` is what a resident likes to be called, whatever their papers say. OpenID Connect has no claim of
that name; ``nickname`` (Core section 5.1) is the standard one that means it. ``name`` is made from the legal name.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from idp.accounts import numbers
from profiles import phones, values
from profiles.shapes import (
    AGES,
    HOME_STATE,
    Claim,
    Entry,
    age_claim,
    as_address,
    full_name,
    lives_here,
    not_checked,
    part_of,
    show_address,
    show_date,
    show_kept_address,
    show_language,
    show_zone,
    today,
    whole,
    yes_or_no,
)

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        name="legal_name",
        page="name",
        kind="name",
        label=_l("Legal name"),
        hint=_l("Your name as it stands in your official papers. If you have only one name, fill in one field."),
        clean=values.clean_name,
        show=full_name,
        claims=(
            Claim("name", "profile", _l("Full name"), lambda kept, _today: full_name(kept)),
            Claim("given_name", "profile", _l("Given name"), part_of("given")),
            Claim("middle_name", "profile", _l("Middle name"), part_of("middle")),
            Claim("family_name", "profile", _l("Family name"), part_of("family")),
        ),
    ),
    Entry(
        name="preferred_name",
        page="preferred-name",
        kind="text",
        label=_l("Preferred name"),
        hint=_l("What you like to be called, if it differs from your legal name."),
        clean=values.clean_text,
        show=str,
        claims=(Claim("nickname", "profile", _l("Preferred name"), whole),),
        autocomplete="nickname",
    ),
    Entry(
        name="birthdate",
        page="birth-date",
        kind="date",
        label=_l("Date of birth"),
        hint=_l("For example: 3 31 1980"),
        clean=lambda typed: values.clean_birthdate(typed, today()),
        show=show_date,
        claims=(
            Claim("birthdate", "profile", _l("Date of birth"), whole, show_date),
            *(age_claim(age) for age in AGES),
        ),
        sensitive=True,
    ),
    Entry(
        name="phone_number",
        page="phone",
        kind="phone",
        label=_l("Phone number"),
        hint=_l("Write it as you like. An extension may follow after a comma and the letters ext."),
        clean=phones.clean,
        show=numbers.show,
        claims=(
            Claim("phone_number", "phone", _l("Phone number"), whole, numbers.show),
            Claim(
                "phone_number_verified",
                "phone",
                _l("Whether your phone number was checked"),
                not_checked,
                yes_or_no,
                derived=True,
            ),
        ),
        sensitive=True,
    ),
    Entry(
        name="residential_address",
        page="home-address",
        kind="address",
        label=_l("Home address"),
        hint=_l("Where you live."),
        clean=values.clean_address,
        show=show_kept_address,
        claims=(
            Claim("address", "address", _l("Address"), as_address, show_address),
            Claim("residential_address", "residency", _l("Home address"), as_address, show_address),
            Claim(
                "lives_in_state",
                "residency",
                _l("Whether you live in %(state)s", state=values.STATES[HOME_STATE]),
                lives_here,
                yes_or_no,
                derived=True,
            ),
        ),
        sensitive=True,
    ),
    Entry(
        name="mailing_address",
        page="mailing-address",
        kind="address",
        label=_l("Mailing address"),
        hint=_l("Where letters reach you, if that is not your home address."),
        clean=values.clean_address,
        show=show_kept_address,
        claims=(Claim("mailing_address", "residency", _l("Mailing address"), as_address, show_address),),
        sensitive=True,
    ),
    Entry(
        name="preferred_language",
        page="language",
        kind="language",
        label=_l("Preferred language"),
        hint=_l("Agencies that you share this with can use it. Our own pages and letters use it where they can."),
        clean=values.clean_language,
        show=show_language,
        claims=(
            Claim("locale", "profile", _l("Language"), whole, show_language),
            Claim("preferred_language", "contact", _l("Preferred language"), whole, show_language),
        ),
    ),
    Entry(
        name="gender",
        page="gender",
        kind="text",
        label=_l("Gender"),
        hint=_l("In your own words."),
        clean=values.clean_short_text,
        show=str,
        claims=(Claim("gender", "profile", _l("Gender"), whole),),
        sensitive=True,
        autocomplete="sex",
        seldom=True,
    ),
    Entry(
        name="preferred_username",
        page="short-name",
        kind="text",
        label=_l("Short name"),
        hint=_l("What a service may call you where there is little room, such as jdoe. You do not sign in with it."),
        clean=values.clean_short_text,
        show=str,
        claims=(Claim("preferred_username", "profile", _l("Short name"), whole),),
        seldom=True,
    ),
    Entry(
        name="website",
        page="website",
        kind="link",
        label=_l("Website"),
        hint=_l("The address of your own website, or of your organization's."),
        clean=values.clean_link,
        show=str,
        claims=(Claim("website", "profile", _l("Website"), whole),),
        autocomplete="url",
        seldom=True,
    ),
    Entry(
        name="profile",
        page="profile-page",
        kind="link",
        label=_l("Page about you"),
        hint=_l("The address of a page on the web that tells about you."),
        clean=values.clean_link,
        show=str,
        claims=(Claim("profile", "profile", _l("Page about you"), whole),),
        seldom=True,
    ),
    Entry(
        name="picture",
        page="picture",
        kind="link",
        label=_l("Picture of you"),
        hint=_l("The address of a picture on the web. We do not copy it."),
        clean=values.clean_link,
        show=str,
        claims=(Claim("picture", "profile", _l("Picture of you"), whole),),
        autocomplete="photo",
        seldom=True,
    ),
    Entry(
        name="zoneinfo",
        page="time-zone",
        kind="zone",
        label=_l("Time zone"),
        hint=_l("So that a service can tell you times as they are where you are."),
        clean=values.clean_zone,
        show=show_zone,
        claims=(Claim("zoneinfo", "profile", _l("Time zone"), whole, show_zone),),
        seldom=True,
    ),
)

ENTRIES: Mapping[str, Entry] = {entry.name: entry for entry in CATALOGUE}
PAGES: Mapping[str, Entry] = {entry.page: entry for entry in CATALOGUE}
