"""Agency apps: register, change, switch off.

An app is an immutable object, cached in the process for at most a second, so that switching one off holds everywhere
within that second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from joserfc.jwk import KeySet
from sqlalchemy import Row, insert, or_, select, update

from idp.audit.service import record
from idp.clients import apis, logos
from idp.clients import metadata as rules
from idp.clients.columns import COLUMNS
from idp.clients.errors import BadMetadata, UnknownClient
from idp.clients.events import ClientChanged, ClientDisabled, ClientEnabled, ClientRegistered, SecretRotated
from idp.clients.members import MEMBERS, Metadata, completed, policy_of
from idp.clients.models import Agency, ClientLogo, ClientRow, ClientSecret, Subject
from idp.clients.profiles import Policy
from idp.clients.uris import is_registered
from idp.kernel import clock, db
from idp.kernel.clock import DAY
from idp.kernel.crypto import digest, new_id, same, token
from idp.kernel.db import execute, transaction
from idp.kernel.registry import registry

CACHED_FOR = 1.0
OVERLAP = 7 * DAY


@dataclass(frozen=True, slots=True)
class Client:
    """An agency app as everybody sees it. ``secrets`` are digests with their end (seconds since the epoch, or None).

    ``logo`` is when its picture was made, if it has one.
    """

    id: str
    name: str
    agency: str | None
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    auth_method: str
    jwks: Mapping[str, Any] | None
    scopes: tuple[str, ...]
    grants: tuple[str, ...]
    required_claims: tuple[str, ...]
    subject_type: str
    sector: str
    id_token_alg: str
    require_acr: str | None
    first_party: bool
    client_uri: str | None
    policy_uri: str | None
    tos_uri: str | None
    metadata: Metadata
    policy: Policy
    self_registered: bool
    disabled: bool
    created_at: int
    logo: int | None
    secrets: tuple[tuple[bytes, int | None], ...]
    keys: KeySet | None

    @property
    def native(self) -> bool:
        """Whether this is a public client on the resident's own device."""
        return self.auth_method == "none"

    @property
    def home(self) -> str | None:
        """Where a resident finds the app again: its own page, or the origin of its first redirect URI."""
        if self.client_uri or not self.redirect_uris:
            return self.client_uri
        first = urlsplit(self.redirect_uris[0])
        return f"{first.scheme}://{first.netloc}/" if first.scheme in {"https", "http"} else None

    @property
    def host(self) -> str:
        """The host that a resident can compare with the address bar; empty where nothing leads to one."""
        first = urlsplit(next(iter(self.redirect_uris), self.client_uri or ""))
        return first.hostname or first.scheme

    def may_redirect_to(self, uri: str) -> bool:
        """Whether an authorization response may go to ``uri``."""
        return is_registered(uri, self.redirect_uris, native=self.native)

    def holds_secret(self, secret: str) -> bool:
        """Whether ``secret`` is one of this app's live secrets."""
        given, now = digest(secret), clock.now()
        live = [same(given, kept) for kept, until in self.secrets if until is None or until > now]
        return any(live)


def find(client_id: str) -> Client | None:
    """The app with this id, switched off or not; at most a second old."""
    cache: dict[str, tuple[float, Client | None]] = current_app.extensions.setdefault("beacon.clients", {})
    read_at, client = cache.get(client_id, (0.0, None))
    if not 0 <= clock.precisely() - read_at <= CACHED_FOR:
        client = load(client_id)
        if client is not None:
            cache[client_id] = (clock.precisely(), client)
    return client


def load(client_id: str) -> Client | None:
    """The app with this id, read now."""
    if not client_id or len(client_id) > 64 or "\0" in client_id:
        return None
    row = execute(_CLIENTS.where(ClientRow.id == client_id)).first()
    return _client(row) if row else None


def demand(client_id: str) -> Client:
    """The app with this id, read now. Raises :class:`UnknownClient`."""
    if (client := load(client_id)) is None:
        raise UnknownClient(client_id)
    return client


def every() -> list[Client]:
    """All apps, by name."""
    return [_client(row) for row in execute(_CLIENTS.order_by(ClientRow.name))]


def register(
    *, name: str, agency: str | None = None, registration_digest: bytes | None = None, **members: Any
) -> tuple[Client, str | None]:
    """Register an app. Returns it and, once, its secret. ``members`` are those of ``COLUMNS`` and ``MEMBERS``.

    ``registration_digest`` is of the token by which an app that registered itself manages its registration. A sector
    document must have been proven (:mod:`idp.clients.sectors`). Raises :class:`BadMetadata`.
    """
    client_id, now = new_id(), clock.now()
    values = _laid_over(_UNSAID, members | {"name": name})
    if "grants" not in members and not values["redirect_uris"] and "resource" in values["extra"]:
        values["grants"] = ()
    secret = token() if values["auth_method"].startswith("client_secret") else None
    _check(values)
    with transaction() as connection:
        _demand_own_resource(client_id, values["extra"])
        agency_id, extra = _agency(agency), values["extra"]
        sector = rules.sector_of(client_id, values["redirect_uris"], agency_id, extra.get("sector_identifier_uri"))
        row = {"id": client_id, "agency_id": agency_id, "sector": sector, "registration_digest": registration_digest}
        connection.execute(insert(ClientRow), values | row | {"created_at": now, "updated_at": now})
        if secret is not None:
            _keep_secret(client_id, secret)
        if "logo_uri" in extra:
            logos.want(client_id, extra["logo_uri"])
        record(ClientRegistered(name=name), client_id=client_id)
        return demand(client_id), secret


def change(client_id: str, **changes: Any) -> Client:
    """Change some of an app's metadata. The whole is checked as new. Raises :class:`BadMetadata`."""
    with transaction() as connection:
        before = execute(select(ClientRow.__table__).where(ClientRow.id == client_id)).mappings().first()
        if before is None:
            raise UnknownClient(client_id)
        kept = {name: before[name] for name in _UNSAID}
        values = _laid_over(kept, changes)
        if values["auth_method"] != before["auth_method"]:
            raise BadMetadata("How an app authenticates cannot change. Register it anew.")
        if values["first_party"] and before["registration_digest"] is not None:
            raise BadMetadata("An app that registered itself always asks for consent.")
        _check(values)
        _demand_own_resource(client_id, values["extra"])
        sector = _sector_after(before, values)
        if (logo_uri := values["extra"].get("logo_uri")) != before["extra"].get("logo_uri"):
            logos.want(client_id, logo_uri)
        connection.execute(
            update(ClientRow).where(ClientRow.id == client_id).values(**values, sector=sector, updated_at=clock.now())
        )
        record(ClientChanged(fields=_differing(kept, values)), client_id=client_id)
        return demand(client_id)


def rotate_secret(client_id: str) -> str:
    """Give an app a new secret, returned once; the old ones still work for a week."""
    client, secret, until = demand(client_id), token(), clock.now() + OVERLAP
    if not client.auth_method.startswith("client_secret"):
        raise BadMetadata("This app has no secret to rotate.")
    with transaction() as connection:
        connection.execute(
            update(ClientSecret)
            .where(
                ClientSecret.client_id == client_id,
                or_(ClientSecret.expires_at.is_(None), ClientSecret.expires_at > until),
            )
            .values(expires_at=until)
        )
        _keep_secret(client_id, secret)
        record(SecretRotated(old_until=until), client_id=client_id)
    return secret


def disable(client_id: str) -> None:
    """Switch an app off: no sign-in, no token, no claim."""
    _switch(client_id, clock.now(), ClientDisabled())


def enable(client_id: str) -> None:
    """Switch an app on again."""
    _switch(client_id, None, ClientEnabled())


_CLIENTS = (
    select(ClientRow.__table__, Agency.name.label("agency"), ClientLogo.made_at.label("logo"))
    .outerjoin(Agency, Agency.id == ClientRow.agency_id)
    .outerjoin(ClientLogo, ClientLogo.client_id == ClientRow.id)
)

_UNSAID: Mapping[str, Any] = {name: column.default for name, column in COLUMNS.items()} | {"extra": {}}
_KNOWN = select(Subject.subject).limit(1)
_LISTS = frozenset({"redirect_uris", "post_logout_redirect_uris"})
_WORDS = frozenset({"scopes", "grants", "required_claims"})


def _client(row: Row[Any]) -> Client:
    kept = select(ClientSecret.digest, ClientSecret.expires_at).where(ClientSecret.client_id == row.id)
    metadata = Metadata.of(row.extra)
    return Client(
        id=row.id,
        name=row.name,
        agency=row.agency,
        redirect_uris=tuple(row.redirect_uris),
        post_logout_redirect_uris=tuple(row.post_logout_redirect_uris),
        auth_method=row.auth_method,
        jwks=row.jwks,
        scopes=row.scopes,
        grants=row.grants,
        required_claims=row.required_claims,
        subject_type=row.subject_type,
        sector=row.sector,
        id_token_alg=row.id_token_alg,
        require_acr=row.require_acr,
        first_party=row.first_party and row.registration_digest is None,
        client_uri=row.client_uri,
        policy_uri=row.policy_uri,
        tos_uri=row.tos_uri,
        metadata=metadata,
        policy=policy_of(metadata),
        self_registered=row.registration_digest is not None,
        disabled=row.disabled_at is not None,
        created_at=row.created_at,
        logo=row.logo,
        secrets=tuple((secret.digest, secret.expires_at) for secret in execute(kept)),
        keys=rules.key_set(row.jwks) if row.jwks else None,
    )


def _laid_over(before: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a client's row that hold its metadata, with ``members`` laid over those it had."""
    columns = {name: _in_row(name, value) for name, value in members.items() if name in COLUMNS}
    further = {name: value for name, value in members.items() if name not in COLUMNS}
    extra = completed(Metadata.of(before["extra"] | further)).kept()
    values = dict(before) | columns
    return values | {"scopes": tuple(dict.fromkeys(("openid", *values["scopes"]))), "extra": extra}


def _in_row(name: str, value: Any) -> Any:
    if name in _WORDS:
        return tuple(dict.fromkeys(value))
    return list(value) if name in _LISTS else value


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Which members are not what they were."""
    pairs = ((before, after, COLUMNS), (before["extra"], after["extra"], MEMBERS))
    return tuple(sorted(name for one, other, names in pairs for name in names if one.get(name) != other.get(name)))


def _sector_after(before: Mapping[Any, Any], values: Mapping[str, Any]) -> str:
    """The sector of an app after a change.

    An operator may move an app to another address and leave its subjects as they are. Whoever registered an app
    themselves has shown no right to the sector of another address.
    """
    document = values["extra"].get("sector_identifier_uri")
    same_document = document == before["extra"].get("sector_identifier_uri")
    if same_document and before["registration_digest"] is None:
        return str(before["sector"])
    sector = rules.sector_of(before["id"], values["redirect_uris"], before["agency_id"], document)
    if sector != before["sector"] and execute(_KNOWN.where(Subject.sector == before["sector"])).first():
        raise BadMetadata("Residents are known to this app already: its sector cannot change.")
    return sector


def _check(values: Mapping[str, Any]) -> None:
    known = registry()
    rules.check(values, scopes=frozenset(known.scopes), api_scopes=apis.scopes(), claims=frozenset(known.claims))


def _demand_own_resource(client_id: str, extra: Mapping[str, Any]) -> None:
    """An API has one app that serves it: whoever serves it may ask about its tokens."""
    other = apis.at(extra["resource"]) if "resource" in extra else None
    if other is not None and other.client_id != client_id:
        raise BadMetadata("resource is served by another app already.")


def _agency(name: str | None) -> str | None:
    if name is None:
        return None
    with transaction() as connection:
        connection.execute(
            db.insert(Agency)
            .values(id=new_id(), name=name, created_at=clock.now())
            .on_conflict_do_nothing(index_elements=["name"])
        )
        return str(connection.execute(select(Agency.id).where(Agency.name == name)).scalar_one())


def _keep_secret(client_id: str, secret: str) -> None:
    with transaction() as connection:
        connection.execute(
            insert(ClientSecret),
            {"id": new_id(), "client_id": client_id, "digest": digest(secret), "created_at": clock.now()},
        )


def _switch(client_id: str, disabled_at: int | None, event: ClientDisabled | ClientEnabled) -> None:
    with transaction() as connection:
        switched = connection.execute(
            update(ClientRow).where(ClientRow.id == client_id).values(disabled_at=disabled_at, updated_at=clock.now())
        )
        if switched.rowcount != 1:
            raise UnknownClient(client_id)
        record(event, client_id=client_id)
