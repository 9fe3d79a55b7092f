"""``beacon client``: register and look after agency apps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

import click

from idp.audit.operator import adding_command, data_command, emit, operator_command, stamp
from idp.clients import logos, options, registration, sectors, service, statements
from idp.clients.document import written
from idp.clients.options import Option, choice, file
from idp.clients.service import Client
from idp.clients.vocabulary import AUTH_METHODS, SIGNING_ALGS, SUBJECT_TYPES
from idp.outbox import service as outbox
from idp.sessions.assurance import REACHABLE
from idp.tokens import service as tokens

Command = Callable[..., Any]

_METADATA_OPTIONS: tuple[Option, ...] = (
    click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where sign-in returns to; repeat for more."),
    click.option("--post-logout-redirect-uri", "post_logout_redirect_uris", multiple=True, help="After sign-out."),
    click.option("--scope", "scopes", help='What the app may ask for, such as "profile email".'),
    click.option("--require-claim", "required_claims", multiple=True, help="A claim the app cannot work without."),
    click.option("--grant", "grants", multiple=True, help="authorization_code and refresh_token if not given."),
    click.option("--jwks", type=file("r"), help="A file with the app's public keys."),
    click.option("--subject-type", type=choice(*SUBJECT_TYPES), help="Who else knows residents by the same."),
    click.option("--id-token-alg", type=choice(*SIGNING_ALGS), help="How ID tokens are signed."),
    click.option("--require-acr", type=choice(*REACHABLE), help="The least sign-in strength the app accepts."),
    click.option("--first-party/--third-party", default=None, help="The state's own app: no consent page."),
    click.option("--client-uri", help="The app's own page, where residents find it again."),
    click.option("--policy-uri", help="The app's privacy notice."),
    click.option("--tos-uri", help="The app's terms."),
    click.option("--logo", type=file("rb"), help="A PNG, JPEG or WebP file that residents know the app by."),
    *options.of_members(),
)


def with_metadata(command: Command) -> Command:
    """The options that registering and changing an app share. An empty value clears what was set."""
    for option in reversed(_METADATA_OPTIONS):
        command = option(command)
    return command


def proven_first(command: Command) -> Command:
    """Fetch the app's sector document, if it has one, before the command opens its transaction."""

    @wraps(command)
    def prove(*, client_id: str | None = None, **given: Any) -> Any:
        before = service.load(client_id) if client_id else None
        kept = before.metadata.sector_identifier_uri if before else None
        document = kept if given["sector_identifier_uri"] is None else given["sector_identifier_uri"]
        if document and (given["sector_identifier_uri"] or given["redirect_uris"]):
            sectors.prove(document, given["redirect_uris"] or (before.redirect_uris if before else ()))
        return command(**given, **({"client_id": client_id} if client_id else {}))

    return prove


@click.group()
def client() -> None:
    """Register and look after agency apps."""


@client.command("add")
@click.option("--name", required=True, help="The name that residents see.")
@click.option("--agency", help="The agency that runs the app; its apps know a resident by the same subject.")
@click.option("--auth", "auth_method", type=click.Choice(AUTH_METHODS), default="client_secret_basic")
@with_metadata
@data_command
@proven_first
@adding_command
def add(as_json: bool, logo: Any, **given: Any) -> None:
    """Register an app. Prints its id and, this once, its secret."""
    registered, secret = service.register(**options.members(given))
    _keep_logo(registered.id, logo)
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
@proven_first
@operator_command
def change(client_id: str, as_json: bool, logo: Any, **given: Any) -> None:
    """Change an app's metadata; what is not named stays, and an empty value clears."""
    members = options.members(given)
    if not members and logo is None:
        raise click.UsageError("Name at least one thing to change.")
    changed = service.change(client_id, **members)
    _keep_logo(client_id, logo)
    emit(describe(changed), as_json, "Changed.")


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


@client.command("deliveries")
@click.argument("client_id")
@data_command
def deliveries(client_id: str, as_json: bool) -> None:
    """What Beacon sent to an app lately, newest first, and what became of it."""
    service.demand(client_id)
    sent = outbox.deliveries(client_id)
    lines = (f"{stamp(one.created_at)}  {one.kind}  {one.state}  {one.attempts}  {one.error or ''}" for one in sent)
    emit([asdict(one) for one in sent], as_json, "\n".join(lines) or "Nothing was sent.")


@client.command("registration-token")
@click.option("--note", required=True, help="Whom it is for.")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How long it is good.")
@data_command
@adding_command
def registration_token(note: str, days: int, as_json: bool) -> None:
    """Make a token with which one app may register itself. It is printed this once."""
    text = registration.make_token(note, days)
    emit({"registration_token": text}, as_json, f"registration_token: {text}")


@client.command("trust-issuer")
@click.argument("issuer")
@click.option("--jwks", type=click.File("r"), required=True, help="A file with the issuer's public keys.")
@operator_command
def trust_issuer(issuer: str, jwks: Any) -> None:
    """Let the software statements of an issuer count when apps register themselves."""
    statements.trust(issuer, options.read_keys(jwks))
    click.echo("Trusted.", err=True)


@client.command("untrust-issuer")
@click.argument("issuer")
@operator_command
def untrust_issuer(issuer: str) -> None:
    """Let the software statements of an issuer count no more. Apps that are registered stay."""
    statements.distrust(issuer)
    click.echo("No longer trusted.", err=True)


@client.command("issuers")
@data_command
def issuers(as_json: bool) -> None:
    """Whose software statements count."""
    trusted = statements.issuers()
    lines = [f"{one.issuer}  {' '.join(one.kids)}" for one in trusted]
    emit([asdict(one) for one in trusted], as_json, "\n".join(lines))


def describe(app: Client) -> dict[str, Any]:
    """An app's metadata by its registered names (RFC 7591), without secrets."""
    facts = {"client_id": app.id, "agency": app.agency, "self_registered": app.self_registered}
    return facts | written(app) | {"disabled": app.disabled}


def _keep_logo(client_id: str, given: Any) -> None:
    if given == "":
        logos.want(client_id, None)
    elif given is not None:
        logos.keep(client_id, given.read(logos.LARGEST_FILE + 1))
