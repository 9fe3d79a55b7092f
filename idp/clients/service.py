"""Agency apps: register, change, switch off.

An app is an immutable object, cached in the process for at most a second, so that switching one off holds everywhere
within that second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import KeySet
from sqlalchemy import Row, insert, select, update

from idp.audit.service import record
from idp.clients import apis, logos, secrets
from idp.clients.columns import COLUMNS
from idp.clients.errors import BadMetadata, UnknownClient
from idp.clients.events import ClientChanged, ClientDisabled, ClientEnabled, ClientRegistered, SecretRotated
from idp.clients.members import MEMBERS, Metadata, completed, policy_of
from idp.clients.metadata import check
from idp.clients.models import Agency, ClientLogo, ClientRow
from idp.clients.profiles import Policy
from idp.clients.public_keys import key_set
from idp.clients.sectors import sector_after, sector_of
from idp.clients.uris import is_registered
from idp.kernel import clock, db, recent
from idp.kernel.crypto import digest, is_id, new_id, same
from idp.kernel.db import execute, transaction
from idp.kernel.registry import registry


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
    secrets: secrets.Digests
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
    return recent.recall("clients", client_id, lambda: load(client_id))


def live(client_id: str) -> Client | None:
    """The app with this id, unless it is unknown or switched off; at most a second old."""
    client = find(client_id)
    return client if client is not None and not client.disabled else None


def load(client_id: str) -> Client | None:
    """The app with this id, read now."""
    if not is_id(client_id):
        return None
    row = execute(_CLIENTS.where(ClientRow.id == client_id)).first()
    return _client(row) if row else None


def demand(client_id: str) -> Client:
    """The app with this id, read now. Raises :class:`UnknownClient`."""
    if (client := load(client_id)) is None:
        raise UnknownClient(client_id)
    return client


def hold(client_id: str) -> Client:
    """The app with this id, read now, which nobody else changes until the transaction is over."""
    execute(_HELD.where(ClientRow.id == client_id))
    return demand(client_id)


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
    _check(values)
    with transaction() as connection:
        agency_id, extra = _agency(agency), values["extra"]
        apis.demand_own(client_id, extra)
        sector = sector_of(client_id, values["redirect_uris"], agency_id, extra.get("sector_identifier_uri"))
        row = {"id": client_id, "agency_id": agency_id, "sector": sector, "registration_digest": registration_digest}
        connection.execute(insert(ClientRow), values | row | {"created_at": now, "updated_at": now})
        secret = secrets.give(client_id) if _has_secret(values["auth_method"]) else None
        if "logo_uri" in extra:
            logos.want(client_id, extra["logo_uri"])
        record(ClientRegistered(name=name), client_id=client_id)
        return demand(client_id), secret


def change(client_id: str, **changes: Any) -> Client:
    """Change some of an app's metadata. The whole is checked as new. Raises :class:`BadMetadata`."""
    with transaction() as connection:
        before = execute(_HELD.where(ClientRow.id == client_id)).mappings().first()
        if before is None:
            raise UnknownClient(client_id)
        kept = {name: before[name] for name in _UNSAID}
        values = _laid_over(kept, changes)
        if values["auth_method"] != before["auth_method"]:
            raise BadMetadata("How an app authenticates cannot change. Register it anew.")
        if values["first_party"] and before["registration_digest"] is not None:
            raise BadMetadata("An app that registered itself always asks for consent.")
        _check(values)
        apis.demand_own(client_id, values["extra"])
        sector = sector_after(before, values)
        if (logo_uri := values["extra"].get("logo_uri")) != before["extra"].get("logo_uri"):
            logos.want(client_id, logo_uri)
        connection.execute(
            update(ClientRow).where(ClientRow.id == client_id).values(**values, sector=sector, updated_at=clock.now())
        )
        record(ClientChanged(fields=_differing(kept, values)), client_id=client_id)
        return demand(client_id)


def rotate_secret(client_id: str) -> str:
    """Give an app a new secret, returned once; the old ones still work for a week."""
    if not _has_secret(demand(client_id).auth_method):
        raise BadMetadata("This app has no secret to rotate.")
    with transaction():
        until, secret = secrets.let_run_out(client_id), secrets.give(client_id)
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

_HELD = select(ClientRow.__table__).with_for_update()
_UNSAID: Mapping[str, Any] = {name: column.default for name, column in COLUMNS.items()} | {"extra": {}}
_LISTS = frozenset({"redirect_uris", "post_logout_redirect_uris"})
_WORDS = frozenset({"scopes", "grants", "required_claims"})


def _client(row: Row[Any]) -> Client:
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
        secrets=secrets.of(row.id),
        keys=key_set(row.jwks) if row.jwks else None,
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


def _has_secret(auth_method: str) -> bool:
    return auth_method.startswith("client_secret")


def _check(values: Mapping[str, Any]) -> None:
    known = registry()
    check(values, scopes=frozenset(known.scopes), api_scopes=apis.scopes(), claims=frozenset(known.claims))


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


def _switch(client_id: str, disabled_at: int | None, event: ClientDisabled | ClientEnabled) -> None:
    with transaction() as connection:
        switched = connection.execute(
            update(ClientRow).where(ClientRow.id == client_id).values(disabled_at=disabled_at, updated_at=clock.now())
        )
        if switched.rowcount != 1:
            raise UnknownClient(client_id)
        record(event, client_id=client_id)
