"""What this room offers to the roof."""

from __future__ import annotations

from flask import Flask

from idp.kernel import holdings
from idp.kernel.contracts import Courier, Feature, Holding, Sweep
from idp.kernel.settings import Settings
from idp.outbox import gateway, service, smtp
from idp.outbox.cli import worker
from idp.outbox.views.dev import blueprint


def start(app: Flask) -> None:
    """Check the settings of couriers; in development, and only there, open the outbox page."""
    settings: Settings = app.extensions["beacon.settings"]
    smtp.check(settings)
    gateway.check(settings)
    if settings.development:
        app.register_blueprint(blueprint)


FEATURE = Feature(
    name="outbox",
    commands=(worker,),
    couriers=(
        Courier(service.MAIL, smtp.deliver),
        Courier(service.TEXT, gateway.deliver_text),
        Courier(service.VOICE, gateway.deliver_call),
    ),
    sweeps=(Sweep("deliver-outbox", service.deliver_due, every=1), Sweep("purge-outbox", service.purge)),
    holdings=(Holding("messages", holdings.nothing_added, service.erase),),
    start=start,
)
