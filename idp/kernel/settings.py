"""The settings: one frozen object, read once from the environment. An unknown ``BEACON_`` key stops the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from flask import current_app
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from idp.kernel.errors import Misconfigured

PREFIX = "BEACON_"
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
MINIMUM_SECRET = 32

Network = IPv4Network | IPv6Network


def _networks(value: object) -> object:
    if isinstance(value, str):
        return tuple(ip_network(part, strict=False) for part in value.replace(",", " ").split())
    return value


Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]


def _words(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class Settings(BaseSettings):
    """Everything an operator can set. Each field is ``BEACON_`` plus its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    env: Literal["development", "production"] = Field(
        "production", description="`production` refuses generated secrets, development pages and an http issuer."
    )
    issuer: str = Field(
        "http://localhost:8000", description="Where residents and apps reach Beacon; https in production."
    )
    database_url: str = Field("sqlite:///instance/beacon.db", description="SQLite file or `postgresql+psycopg://…`.")
    secret_key: SecretStr | None = Field(None, description="Signs form tokens; 32 characters or more.")
    key_file: Path | None = Field(None, description="The key file that opens sealed values; keep it off the database.")
    mfa: Literal["required", "optional"] = Field(
        "required", description="`optional`: the second factor can be put off, and a password needs 15 characters."
    )
    smtp_url: SecretStr | None = Field(None, description="`smtp://user:password@host:587?starttls=1` or `smtps://…`.")
    sms_url: SecretStr | None = Field(
        None, description="The Apprise address of the text gateway, with `{to}` where the number goes."
    )
    voice_url: SecretStr | None = Field(
        None, description="The same for a gateway that calls and reads codes aloud; only together with the other."
    )
    sms_countries: Names = Field(
        ("US", "PR", "VI", "GU", "AS", "MP", "CA"), description="Countries (ISO 3166-1) that codes may be sent to."
    )
    redis_url: SecretStr | None = Field(
        None, description="A Valkey or Redis server for the counters of limits; without it they are in the database."
    )
    places_file: Path | None = Field(
        None, description="A database of networks and places (MMDB), for words such as `Boston, United States`."
    )
    mail_from: str = Field("no-reply@localhost", description="The sender of Beacon's letters.")
    trusted_proxies: Networks = Field((), description="Networks whose forwarded headers count.")
    limits_exempt: Networks = Field((), description="Networks without throttling, for acceptance runs only.")
    fetch_allow: Names = Field(
        (), description="Private hosts or networks that Beacon may fetch from, such as `keys.internal 10.1.0.0/16`."
    )
    fetch_ca_file: Path | None = Field(None, description="A further certificate authority (PEM) for those fetches.")
    registration: Literal["closed", "token", "open"] = Field(
        "closed", description="Whether apps may register themselves: not at all, with a token, or without."
    )
    client_cert_header: str | None = Field(
        None, description="The header in which a trusted proxy passes an app's TLS certificate, such as `Client-Cert`."
    )
    mtls_origin: str | None = Field(
        None, description="The origin at which that proxy asks apps for a certificate, if it is not the issuer."
    )
    metrics_allow: Networks = Field(
        (ip_network("127.0.0.0/8"), ip_network("::1/128")), description="Networks that may read /metrics."
    )
    site_name: str = Field("Beacon", description="The name residents see.")
    agency_name: str = Field("", description="Whose official service this is, such as `the State of Example`.")
    theme_css: Path | None = Field(None, description="A file of `:root` token values laid over the standard look.")
    logo: Path | None = Field(None, description="An SVG or PNG file shown in the header.")
    help_phone: str = Field("", description="The telephone number residents may call, shown on every dead end.")
    timezone: str = Field("America/New_York", description="The time zone of dates on pages and in letters.")
    instance: Path = Field(Path("instance"), description="Where development keeps its generated secrets.")

    @field_validator("issuer")
    @classmethod
    def _issuer_is_an_origin(cls, value: str) -> str:
        url = urlsplit(value)
        if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment or url.path:
            raise ValueError("must be a scheme and host, without path, query or trailing slash")
        if url.scheme == "http" and url.hostname not in LOOPBACK_HOSTS:
            raise ValueError("must be https for anything but loopback")
        return value

    @model_validator(mode="after")
    def _production_is_strict(self) -> Settings:
        if self.env == "production":
            if self.secret_key is None or self.key_file is None:
                raise ValueError("BEACON_SECRET_KEY and BEACON_KEY_FILE are required in production")
            if self.secure is False:
                raise ValueError("BEACON_ISSUER must be https in production")
        if self.secret_key is not None and len(self.secret_key.get_secret_value()) < MINIMUM_SECRET:
            raise ValueError(f"BEACON_SECRET_KEY needs at least {MINIMUM_SECRET} characters")
        return self

    @property
    def secure(self) -> bool:
        """Whether the issuer is https, so cookies carry Secure and the ``__Host-`` prefix."""
        return self.issuer.startswith("https://")

    @property
    def development(self) -> bool:
        """Whether development pages and generated secrets are allowed."""
        return self.env == "development"

    @property
    def origins(self) -> tuple[str, ...]:
        """Where apps reach us: at the issuer, and where a proxy asks them for certificates, if that is elsewhere."""
        return tuple(origin for origin in (self.issuer, self.mtls_origin) if origin)


def from_environment(environ: Mapping[str, str] = os.environ, **defaults: Any) -> Settings:
    """Read the settings. ``defaults`` stand in for keys that the environment does not set.

    Raises :class:`Misconfigured`, naming every wrong or unknown key and no value.
    """
    given = {key[len(PREFIX) :].lower(): value for key, value in environ.items() if key.startswith(PREFIX)}
    if unknown := sorted(set(given) - set(Settings.model_fields)):
        raise Misconfigured("Unknown settings: " + ", ".join(PREFIX + name.upper() for name in unknown))
    try:
        return Settings(**(defaults | given))
    except ValidationError as error:
        raise Misconfigured("; ".join(_complaint(problem) for problem in error.errors())) from error


def settings() -> Settings:
    """The settings of the running app."""
    return current_app.extensions["beacon.settings"]  # type: ignore[no-any-return]


def _complaint(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    says = str(problem["msg"]).removeprefix("Value error, ")
    return f"{PREFIX}{place.upper()}: {says}" if place else says
