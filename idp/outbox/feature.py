"""What this room offers to the roof."""

from __future__ import annotations

from flask import Flask

from idp.kernel.contracts import Courier, Feature, Sweep
from idp.kernel.settings import Settings
from idp.outbox import service, smtp
from idp.outbox.cli import worker
from idp.outbox.views.dev import blueprint


def start(app: Flask) -> None:
    """Check the mail settings; in development, and only there, open the outbox page."""
    settings: Settings = app.extensions["beacon.settings"]
    smtp.check(settings)
    if settings.development:
        app.register_blueprint(blueprint)


FEATURE = Feature(
    name="outbox",
    commands=(worker,),
    couriers=(Courier(service.MAIL, smtp.deliver),),
    sweeps=(Sweep("deliver-outbox", service.deliver_due, every=1), Sweep("purge-outbox", service.purge)),
    start=start,
)
