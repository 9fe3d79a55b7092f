"""``beacon key``: signing keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from idp.audit.operator import data_command, emit, operator_command
from idp.clients import networks
from idp.kernel.crypto import KeyFile
from idp.keys import readers, service


@click.group()
def key() -> None:
    """List, rotate and retire signing keys."""


@key.command("list")
@data_command
def list_keys(as_json: bool) -> None:
    """All keys that are public, newest first."""
    rows: list[dict[str, Any]] = [
        {
            "kid": one.kid,
            "alg": one.alg,
            "state": one.state,
            "active_at": one.active_at,
            "retired_at": one.retired_at,
            "removed_at": one.removed_at,
        }
        for one in service.every()
    ]
    emit(rows, as_json, "\n".join(f"{row['kid']}  {row['alg']}  {row['state']}" for row in rows))


@click.command("rotate")
@data_command
def check(as_json: bool) -> None:
    """Which apps have not fetched the next key. Status 1 when there are any."""
    waiting = service.pending()
    there = readers.since(waiting[0].created_at) if waiting else frozenset()
    late = [app for app in networks.callers() if waiting and not app.networks & there]
    facts = {
        "pending": [one.kid for one in waiting],
        "active_at": min((one.active_at for one in waiting), default=None),
        "without": [{"client_id": app.client_id, "name": app.name, "networks": sorted(app.networks)} for app in late],
    }
    emit(facts, as_json, "\n".join(f"{app.client_id}  {app.name}  {', '.join(sorted(app.networks))}" for app in late))
    click.echo(_verdict(len(waiting), len(late)), err=True)
    if late:
        raise SystemExit(1)


def _verdict(waiting: int, late: int) -> str:
    if not waiting:
        return "No key is waiting to sign."
    found = f"{late} have not fetched the next key." if late else "All have fetched the next key."
    return f"{found} Apps that did not call in the last 30 days are not counted."


class RotateOrCheck(click.Command):
    """``rotate``, which is another command with ``--check``: one that only looks, and so needs no reason."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if "--check" not in args:
            return super().make_context(info_name, args, parent, **extra)
        return check.make_context(info_name, [word for word in args if word != "--check"], parent, **extra)


@key.command("rotate", cls=RotateOrCheck)
@click.option("--alg", type=click.Choice(service.ALGORITHMS), help="One algorithm only.")
@click.option("--check", is_flag=True, expose_value=False, help="Change nothing: name the apps without the next key.")
@click.option(
    "--at-once",
    is_flag=True,
    help="For a key that others may know: sign with the new one now and withdraw the old one.",
)
@data_command
@operator_command
def rotate(alg: str | None, at_once: bool, as_json: bool) -> None:
    """Publish new keys; in an hour they sign and the old ones retire, and two hours later those leave the key set."""
    kids = service.rotate(alg, at_once=at_once)
    emit({"kids": list(kids)}, as_json, "\n".join(kids))


@key.command("retire")
@click.argument("kid")
@operator_command
def retire(kid: str) -> None:
    """Stop signing with a key. It stays public until what it signed is long over."""
    service.retire(kid)
    click.echo("Retired.", err=True)


@key.command("new-file")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def new_file(path: Path) -> None:
    """Make the key file of a new installation (BEACON_KEY_FILE). Never overwrites one."""
    try:
        KeyFile.make().write(path)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}.") from error
    click.echo(f"Made {path}. Back it up apart from the database: without it nothing sealed can be read.", err=True)
