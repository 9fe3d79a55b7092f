"""``beacon client``: register and look after agency apps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

from idp.audit.operator import adding_command, data_command, emit, operator_command
from idp.clients import metadata, rules, service
from idp.clients.errors import BadMetadata
from idp.clients.service import Client
from idp.sessions.assurance import REACHABLE
from idp.tokens import service as tokens

Command = Callable[..., Any]

_METADATA_OPTIONS = (
    click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where sign-in returns to; repeat for more."),
    click.option("--post-logout-redirect-uri", "post_logout_redirect_uris", multiple=True, help="After sign-out."),
    click.option("--scope", "scopes", help='What the app may ask for, such as "profile email".'),
    click.option("--require-claim", "required_claims", multiple=True, help="A claim the app cannot work without."),
    click.option("--grant", "grants", multiple=True, help="authorization_code, refresh_token (both by default)."),
    click.option("--jwks", "jwks", type=click.File("r"), help="A file with the app's public keys."),
    click.option("--subject-type", type=click.Choice(metadata.SUBJECT_TYPES)),
    click.option("--id-token-alg", type=click.Choice(rules.SIGNING_ALGS)),
    click.option("--require-acr", type=click.Choice(REACHABLE), help="The least sign-in strength the app accepts."),
    click.option("--first-party/--third-party", default=None, help="The state's own app: no consent page."),
    click.option("--client-uri", help="The app's own page, where residents find it again."),
    click.option("--policy-uri", help="The app's privacy notice."),
    click.option("--tos-uri", help="The app's terms."),
)


def with_metadata(command: Command) -> Command:
    """The options that registering and changing an app share."""
    for option in reversed(_METADATA_OPTIONS):
        command = option(command)
    return command


@click.group()
def client() -> None:
    """Register and look after agency apps."""


@client.command("add")
@click.option("--name", required=True, help="The name that residents see.")
@click.option("--agency", help="The agency that runs the app; its apps know a resident by the same subject.")
@click.option("--auth", "auth_method", type=click.Choice(metadata.AUTH_METHODS), default="client_secret_basic")
@with_metadata
@data_command
@adding_command
def add(as_json: bool, **options: Any) -> None:
    """Register an app. Prints its id and, this once, its secret."""
    registered, secret = service.register(**_members(options))
    told = {"client_id": registered.id} | ({"client_secret": secret} if secret else {})
    emit(told, as_json, "\n".join(f"{name}: {value}" for name, value in told.items()))


@client.command("list")
@data_command
def list_clients(as_json: bool) -> None:
    """All apps."""
    apps = service.every()
    lines = [f"{app.id}  {app.name}{'  (disabled)' if app.disabled else ''}" for app in apps]
    emit([describe(app) for app in apps], as_json, "\n".join(lines))


@client.command("show")
@click.argument("client_id")
@data_command
def show(client_id: str, as_json: bool) -> None:
    """One app, without its secret."""
    facts = describe(service.demand(client_id))
    emit(facts, as_json, "\n".join(f"{name}: {value}" for name, value in facts.items()))


@client.command("set")
@click.argument("client_id")
@click.option("--name", help="The name that residents see.")
@with_metadata
@data_command
@operator_command
def change(client_id: str, as_json: bool, **options: Any) -> None:
    """Change an app's metadata; what is not named stays."""
    members = _members(options)
    if not members:
        raise click.UsageError("Name at least one thing to change.")
    facts = describe(service.change(client_id, **members))
    emit(facts, as_json, "Changed.")


@client.command("rotate-secret")
@click.argument("client_id")
@data_command
@operator_command
def rotate_secret(client_id: str, as_json: bool) -> None:
    """Give an app a new secret, printed this once. The old one works for a week more."""
    secret = service.rotate_secret(client_id)
    emit({"client_id": client_id, "client_secret": secret}, as_json, f"client_secret: {secret}")


@client.command("disable")
@click.argument("client_id")
@operator_command
def disable(client_id: str) -> None:
    """Switch an app off at once and revoke its tokens."""
    service.disable(client_id)
    tokens.revoke_of_client(client_id)
    click.echo("Disabled.", err=True)


@client.command("enable")
@click.argument("client_id")
@operator_command
def enable(client_id: str) -> None:
    """Switch an app on again."""
    service.enable(client_id)
    click.echo("Enabled.", err=True)


def describe(app: Client) -> dict[str, Any]:
    """An app's metadata by its registered names (RFC 7591), without secrets."""
    return {
        "client_id": app.id,
        "client_name": app.name,
        "agency": app.agency,
        "redirect_uris": list(app.redirect_uris),
        "post_logout_redirect_uris": list(app.post_logout_redirect_uris),
        "token_endpoint_auth_method": app.auth_method,
        "scope": " ".join(app.scopes),
        "grant_types": list(app.grants),
        "require_claims": list(app.required_claims),
        "subject_type": app.subject_type,
        "id_token_signed_response_alg": app.id_token_alg,
        "require_acr": app.require_acr,
        "first_party": app.first_party,
        "client_uri": app.client_uri,
        "policy_uri": app.policy_uri,
        "tos_uri": app.tos_uri,
        "disabled": app.disabled,
    }


def _members(options: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if "scopes" in given:
        given["scopes"] = tuple(dict.fromkeys(("openid", *given["scopes"].split())))
    if "jwks" in given:
        given["jwks"] = _read_keys(given["jwks"])
    return {name: list(value) if name.endswith("_uris") else value for name, value in given.items()}


def _read_keys(file: Any) -> Any:
    try:
        return json.load(file)
    except (ValueError, UnicodeDecodeError) as error:
        raise BadMetadata("The key set is not JSON.") from error
