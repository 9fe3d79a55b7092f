"""Metadata at the terminal: an option for each further member, and what was given as members of an app."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

from idp.clients import rules
from idp.clients.columns import COLUMNS
from idp.clients.errors import BadMetadata
from idp.clients.members import DEFAULTS, MEMBERS, Member
from idp.clients.rules import OneOf

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


class Clearable(click.ParamType[Any]):
    """A value of another type, or an empty text, which clears the member."""

    def __init__(self, inner: click.ParamType[Any]) -> None:
        self.inner = inner
        self.name = inner.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == "" else self.inner.convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return self.inner.get_metavar(param, ctx)


def choice(*values: str) -> Clearable:
    """One of these, or nothing."""
    return Clearable(click.Choice(values))


def file(mode: str) -> Clearable:
    """A file, or nothing."""
    return Clearable(click.File(mode))


def of_members() -> list[Option]:
    """An option for each further member: ``jwks_uri`` is ``--jwks-uri``; one that is a list is repeated."""
    return [_option(member) for member in MEMBERS.values()]


def members(options: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, as members of an app; an empty value stands for the default."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    return {name: _member(name, value) for name, value in given.items()}


def read_keys(opened: Any) -> Any:
    """The JSON document in a file."""
    try:
        return json.load(opened)
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise BadMetadata("The key set is not JSON.") from error


def _option(member: Member) -> Option:
    default, flag = DEFAULTS[member.name], member.name.replace("_", "-")
    if isinstance(default, bool):
        return click.option(f"--{flag}/--{member.off or 'no-' + flag}", member.name, default=None, help=member.help)
    if isinstance(default, tuple):
        return click.option(f"--{flag.removesuffix('s')}", member.name, multiple=True, help=member.help)
    kind: click.ParamType[Any] = click.INT if member.check is rules.seconds else click.STRING
    if isinstance(member.check, OneOf):
        kind = click.Choice(member.check.allowed)
    return click.option(f"--{flag}", member.name, type=Clearable(kind), help=member.help)


def _member(name: str, value: Any) -> Any:
    if value in ("", ("",)):
        return COLUMNS[name].default if name in COLUMNS else DEFAULTS.get(name)
    if name == "scopes":
        return tuple(value.split())
    if name == "jwks":
        return read_keys(value)
    return list(value) if isinstance(value, tuple) else value
