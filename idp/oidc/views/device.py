"""The pages on which a resident lets a device in: its code, a close look, then the gates (RFC 8628 section 3.3)."""

from __future__ import annotations

from babel.lists import format_list
from flask import redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from idp.clients import service as clients
from idp.clients.service import Client
from idp.kernel.registry import registry
from idp.limits import service as limits
from idp.oidc import device_request
from idp.oidc.forms import ConfirmDeviceForm, DeviceCodeForm
from idp.oidc.views.blueprint import oidc
from idp.sessions import parked
from idp.sessions.guards import open_to_all
from idp.tokens import devices
from idp.tokens.devices import Device
from idp.web import i18n
from idp.web.browser import browser_digest
from idp.web.origin import client_network
from idp.web.pages import render


@oidc.route("/device", methods=["GET", "POST"])
@open_to_all
def device() -> Response:
    """Ask for the code that a device shows, and find the device."""
    offered = devices.normalised(request.args.get("user_code", ""))
    form = DeviceCodeForm(data={"user_code": devices.shown(offered) if offered else ""})
    if form.validate_on_submit():
        if found := _found(form.user_code.data):
            return _begin(*found)
        form.user_code.errors = [_("This code does not work. Check it, or get a new code on your device.")]
    return render("oidc/device.html", form=form)


@oidc.route("/device/<string:request_id>", methods=["GET", "POST"])
@open_to_all
def confirm_device(request_id: str) -> Response:
    """Show who asks, from where and for what. Nothing goes on before the resident says that they began it."""
    waiting, form = parked.load(request_id), ConfirmDeviceForm()
    onward = redirect(url_for("oidc.resume", request_id=request_id), 303)
    if waiting.device is None or waiting.refused_at is not None or waiting.owed != request.endpoint:
        return onward
    asked = devices.demand(waiting.device)
    if form.validate_on_submit() and (answer := request.form.get("answer")) in {"continue", "deny"}:
        if answer == "continue":
            parked.owe(waiting.id, "oidc.resume")
        else:
            parked.refuse(waiting.id)
        return onward
    return render(
        "oidc/device_confirm.html",
        form=form,
        client=waiting.client,
        user_code=waiting.parameters["user_code"],
        asked_at=asked.asked_at,
        network=asked.network,
        near=asked.network == client_network(),
        wants=_in_words(asked.scopes),
    )


@oidc.get("/device/done")
@open_to_all
def device_done() -> Response:
    """The resident let the device in."""
    return render("oidc/device_done.html")


@oidc.get("/device/refused")
@open_to_all
def device_refused() -> Response:
    """The resident did not let the device in, or could not."""
    return render("oidc/device_refused.html")


def _found(typed: str) -> tuple[Client, Device, str] | None:
    """The device behind a code, and its app. A try is spent before, and given back for a code that is right."""
    browser, network = browser_digest().hex(), client_network()
    limits.spend("user_code", account=browser, network=network)
    code = devices.normalised(typed)
    found = devices.find(code) if code else None
    client = clients.live(found.client_id) if found else None
    if code is None or found is None or client is None:
        return None
    limits.forgive("user_code", account=browser, network=network)
    return client, found, devices.shown(code)


def _begin(client: Client, found: Device, user_code: str) -> Response:
    limits.spend("parked_request", account=browser_digest().hex(), network=client_network())
    request_id = device_request.park(client, found, user_code)
    return redirect(url_for("oidc.confirm_device", request_id=request_id), 303)


def _in_words(scopes: tuple[str, ...]) -> str:
    """What a device asks for, as one list in the reader's language."""
    opened = registry().claims_of(scopes) if "openid" in scopes else frozenset()
    labels = dict.fromkeys(str(spec.label) for name, spec in registry().claims.items() if name in opened)
    elsewhere = [scope for scope in scopes if scope not in registry().scopes]
    return format_list([*labels, *elsewhere], locale=i18n.locale())
