"""What the doctor looks at. Each finding says in one sentence how things are, and what to do when they are not well."""

from __future__ import annotations

import shutil
import smtplib
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from sqlalchemy import func, select

from idp.kernel import clock, db
from idp.kernel.db import execute
from idp.kernel.errors import DomainError
from idp.kernel.settings import settings
from idp.keys import service as keys
from idp.limits import valkey
from idp.outbox import gateway

LEAST_FREE = 1 << 30
MOST_SKEW = 5
MAIL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined."""

    what: str
    good: bool
    says: str


def examine(versions: dict[str, Any]) -> list[Finding]:
    """Everything an operator should know before residents come."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _settings,
        lambda: _database(versions),
        _key_file,
        _signing_keys,
        _clock,
        _proxies,
        _certificates,
        _fetches,
        _mail,
        _texts,
        _limits,
        _counters,
        _disk,
    )
    return [finding for check in checks for finding in check()]


def _settings() -> Iterator[Finding]:
    here = settings()
    yield Finding("environment", True, f"{here.env}, issuer {here.issuer}")
    if here.mfa == "optional":
        yield Finding("second factor", True, "optional: residents may put it off; BEACON_MFA=required is the rule")


def _database(versions: dict[str, Any]) -> Iterator[Finding]:
    current = versions["database"] == versions["wanted"]
    says = "up to date" if current else f"at {versions['database']}, wants {versions['wanted']}: run beacon db upgrade"
    yield Finding("database", current, says)


def _key_file() -> Iterator[Finding]:
    path = settings().key_file or settings().instance / "beacon.keys"
    private = not stat.S_IMODE(path.stat().st_mode) & 0o077
    yield Finding("key file", private, f"{path} " + ("is private" if private else "can be read by others: chmod 600"))


def _signing_keys() -> Iterator[Finding]:
    for alg in keys.ALGORITHMS:
        try:
            yield Finding(f"signing key {alg}", True, keys.signer(alg).kid)
        except DomainError as error:
            yield Finding(f"signing key {alg}", False, str(error.sentence))


def _clock() -> Iterator[Finding]:
    if db.db.engine.dialect.name != "postgresql":
        return
    there = float(execute(select(func.extract("epoch", func.now()))).scalar_one())
    skew = abs(there - clock.precisely())
    yield Finding("clock", skew < MOST_SKEW, f"{skew:.1f} s from the database's: keep both on network time")


def _proxies() -> Iterator[Finding]:
    behind = settings().trusted_proxies
    says = f"forwarded headers count from {', '.join(map(str, behind))}" if behind else "no proxy is trusted"
    yield Finding("proxies", True, says)


def _certificates() -> Iterator[Finding]:
    header = settings().client_cert_header
    if header is None:
        return
    trusted = bool(settings().trusted_proxies)
    says = f"{header} counts: the proxy must always overwrite it" if trusted else "set BEACON_TRUSTED_PROXIES"
    yield Finding("client certificates", trusted, says)


def _fetches() -> Iterator[Finding]:
    if allowed := settings().fetch_allow:
        yield Finding("fetches", True, f"apps can make Beacon call {', '.join(allowed)}: list no more than they need")
    if (authority := settings().fetch_ca_file) is not None and not authority.is_file():
        yield Finding("fetches", False, f"there is no file {authority}: check BEACON_FETCH_CA_FILE")


def _mail() -> Iterator[Finding]:
    url = settings().smtp_url
    if url is None:
        says = "letters wait on the development outbox page" if settings().development else "set BEACON_SMTP_URL"
        yield Finding("mail", settings().development, says)
        return
    parts = urlsplit(url.get_secret_value())
    smtp = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with smtp(parts.hostname or "", parts.port or 0, timeout=MAIL_SECONDS) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield Finding(
            "mail", False, f"{parts.hostname} does not answer ({type(error).__name__}): check BEACON_SMTP_URL"
        )
    else:
        yield Finding("mail", True, f"{parts.hostname} answers")


def _texts() -> Iterator[Finding]:
    here = settings()
    if here.sms_url is None:
        without = "no gateway, so residents cannot use phones: set BEACON_SMS_URL to let them"
        yield Finding("texts", True, "texts wait on the development outbox page" if here.development else without)
    for name, url in (("BEACON_SMS_URL", here.sms_url), ("BEACON_VOICE_URL", here.voice_url)):
        if url is not None:
            good = gateway.known(url)
            unknown = f"Apprise does not know this address: check {name}"
            yield Finding("texts", good, "the gateway is known to Apprise" if good else unknown)


def _limits() -> Iterator[Finding]:
    if exempt := settings().limits_exempt:
        yield Finding("limits", False, f"{', '.join(map(str, exempt))} are not limited: unset BEACON_LIMITS_EXEMPT")


def _counters() -> Iterator[Finding]:
    client = valkey.connect(settings())
    if client is None:
        return
    host = client.connection_pool.connection_kwargs.get("host", "the server")
    try:
        with client:
            client.ping()
    except (RedisError, OSError) as error:
        says = f"{host} does not answer ({type(error).__name__}): check BEACON_REDIS_URL"
        yield Finding("counters", False, says)
    else:
        yield Finding("counters", True, f"{host} answers")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free
    yield Finding("disk", free > LEAST_FREE, f"{free >> 20} MiB free")
