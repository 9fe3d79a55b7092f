"""The ``beacon`` command: every room's commands, and those of the house itself."""

from __future__ import annotations

import os
from typing import Any

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade as alembic_upgrade

from idp.app import FEATURES, create_app
from idp.audit import service as trail
from idp.audit.operator import data_command, emit, refusals_as_sentences, the_app
from idp.doctor import examine
from idp.kernel import db
from idp.kernel.settings import from_environment
from idp.keys import service as keys
from idp.serve import Tls, demand_address, serve_forever


def make_app() -> Flask:
    """The app of this installation."""
    return create_app(from_environment())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="beacon-idp")
@click.pass_context
def main(context: click.Context) -> None:
    """Beacon: one account for every state service."""
    context.obj = context.obj or make_app


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False), help="A certificate chain; needs --tls-key.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False))
def serve(host: str, port: int, workers: int, tls_cert: str | None, tls_key: str | None) -> None:
    """Run the web server."""
    if bool(tls_cert) != bool(tls_key):
        raise click.UsageError("Give --tls-cert and --tls-key together.")
    with the_app().app_context(), refusals_as_sentences():
        db.demand_tables()
        db.let_go()
        demand_address(host, port)
    serve_forever(host, port, workers, Tls(tls_cert, tls_key) if tls_cert and tls_key else None)


@main.group("db")
def database() -> None:
    """Migrations."""


@database.command()
def upgrade() -> None:
    """Bring the database to this version. A new one also gets its signing keys and the head of its audit chain."""
    with the_app().app_context(), refusals_as_sentences():
        alembic_upgrade(directory=str(db.MIGRATIONS))
        with db.transaction():
            if not keys.every():
                trail.begin()
            keys.ensure()
    click.echo("The database is up to date.", err=True)


@database.command()
@data_command
def status(as_json: bool) -> None:
    """Which version the database has, and which this Beacon wants."""
    facts = _versions()
    emit(facts, as_json, f"database: {facts['database'] or 'empty'}\nwanted:   {facts['wanted']}")


@main.command()
@data_command
def doctor(as_json: bool) -> None:
    """Check settings, database, keys, clock, proxies, mail and disk; say what to do."""
    findings = examine(_versions())
    lines = [f"{'ok  ' if one.good else 'BAD '} {one.what}: {one.says}" for one in findings]
    emit([{"what": one.what, "good": one.good, "says": one.says} for one in findings], as_json, "\n".join(lines))
    if not all(one.good for one in findings):
        raise SystemExit(1)


def _versions() -> dict[str, Any]:
    wanted = ScriptDirectory(os.fspath(db.MIGRATIONS)).get_current_head()
    with db.looking() as connection:
        return {"database": MigrationContext.configure(connection).get_current_revision(), "wanted": wanted}


for feature in FEATURES:
    for command in feature.commands:
        main.add_command(command)
