"""``beacon worker``: mail, sealing and purges, beside the web server."""

from __future__ import annotations

import signal
from threading import Event

import click

from idp.audit.operator import refusals_as_sentences, the_app
from idp.kernel.db import demand_tables
from idp.kernel.logs import log
from idp.outbox.worker import run_forever, run_once


@click.command()
@click.option("--once", is_flag=True, help="Do all that is due now, then end.")
def worker(once: bool) -> None:
    """Deliver letters, seal the trail and delete what expired, until stopped."""
    app = the_app()
    with app.app_context(), refusals_as_sentences():
        demand_tables()
    if once:
        failed = [job for job, handled in run_once(app).items() if handled is None]
        if failed:
            raise click.ClickException(f"These jobs failed: {', '.join(failed)}. The log says where.")
        return
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log().info("worker started")
    run_forever(app, stop)
    log().info("worker stopped")
