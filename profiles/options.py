"""What an operator may say about a resident when adding one: ``beacon resident add --given-name …``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from idp.kernel.contracts import ResidentOption
from profiles import service
from profiles.values import LANGUAGES

ADDRESS = ("STREET", "CITY", "STATE", "ZIP")


def _kept(account_id: str, name: str, value: Any) -> Mapping[str, Any]:
    service.change(account_id, {name: value}, method="command")
    return {}


def _whole(name: str) -> Callable[[str, Any], Mapping[str, Any]]:
    return lambda account_id, value: _kept(account_id, name, value)


def _name_part(part: str) -> Callable[[str, Any], Mapping[str, Any]]:
    def apply(account_id: str, value: str) -> Mapping[str, Any]:
        return _kept(account_id, "legal_name", service.read(account_id).get("legal_name", {}) | {part: value})

    return apply


def _address(name: str) -> Callable[[str, Any], Mapping[str, Any]]:
    def apply(account_id: str, value: tuple[str, str, str, str]) -> Mapping[str, Any]:
        return _kept(account_id, name, dict(zip(("line1", "city", "region", "postal_code"), value, strict=True)))

    return apply


def _address_option(flag: str, help_: str) -> click.Option:
    return click.Option([flag], nargs=len(ADDRESS), metavar=" ".join(ADDRESS), help=help_)


OPTIONS = (
    ResidentOption(click.Option(["--given-name"], help="First name or names."), _name_part("given")),
    ResidentOption(click.Option(["--family-name"], help="Last name or names."), _name_part("family")),
    ResidentOption(click.Option(["--middle-name"], help="Goes with a given or family name."), _name_part("middle")),
    ResidentOption(click.Option(["--preferred-name"], help="What they like to be called."), _whole("preferred_name")),
    ResidentOption(click.Option(["--birthdate"], metavar="YYYY-MM-DD", help="Date of birth."), _whole("birthdate")),
    ResidentOption(click.Option(["--phone"], help="Phone number, written in any way."), _whole("phone_number")),
    ResidentOption(_address_option("--address", "Where they live."), _address("residential_address")),
    ResidentOption(_address_option("--mailing-address", "Where letters reach them."), _address("mailing_address")),
    ResidentOption(
        click.Option(["--language"], type=click.Choice(list(LANGUAGES)), help="Preferred language."),
        _whole("preferred_language"),
    ),
    ResidentOption(click.Option(["--gender"], help="In their own words."), _whole("gender")),
    ResidentOption(click.Option(["--preferred-username"], help="A short name."), _whole("preferred_username")),
    ResidentOption(click.Option(["--website"], metavar="URL", help="Their own website."), _whole("website")),
    ResidentOption(click.Option(["--profile"], metavar="URL", help="A page about them."), _whole("profile")),
    ResidentOption(click.Option(["--picture"], metavar="URL", help="A picture of them."), _whole("picture")),
    ResidentOption(
        click.Option(["--zoneinfo"], metavar="ZONE", help="Time zone, such as America/New_York."), _whole("zoneinfo")
    ),
)
