"""The further members of a client's metadata, as one table: what each is called, what it may be, and who may set it.

Names are the registered ones (RFC 7591 section 2, OpenID Connect Registration section 2, and the specifications named
beside them). Registration by an app, registration by an operator and what either is shown all read this one table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from idp.clients import profiles, rules
from idp.clients.profiles import Policy
from idp.clients.vocabulary import CLIENT_ALGS, ENCRYPTED, ENCRYPTION_ALGS, ENCRYPTION_ENCS, SIGNING_ALGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a client registered beyond its name, addresses, keys and scopes. Every member has a default."""

    profile: str = "baseline"
    application_type: str = "web"
    contacts: tuple[str, ...] = ()
    logo_uri: str | None = None
    initiate_login_uri: str | None = None
    jwks_uri: str | None = None
    sector_identifier_uri: str | None = None
    request_uris: tuple[str, ...] = ()
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    token_endpoint_auth_signing_alg: str | None = None
    request_object_signing_alg: str | None = None
    require_signed_request_object: bool = False
    require_pushed_authorization_requests: bool = False
    authorization_signed_response_alg: str | None = None
    id_token_encrypted_response_alg: str | None = None
    id_token_encrypted_response_enc: str | None = None
    userinfo_signed_response_alg: str | None = None
    userinfo_encrypted_response_alg: str | None = None
    userinfo_encrypted_response_enc: str | None = None
    introspection_signed_response_alg: str | None = None
    dpop_bound_access_tokens: bool = False
    tls_client_certificate_bound_access_tokens: bool = False
    tls_client_auth_subject_dn: str | None = None
    tls_client_auth_san_dns: str | None = None
    tls_client_auth_san_uri: str | None = None
    tls_client_auth_san_ip: str | None = None
    tls_client_auth_san_email: str | None = None
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False
    event_delivery_uri: str | None = None
    software_id: str | None = None
    software_version: str | None = None
    token_format: str = "opaque"
    resource: str | None = None
    resource_scopes: tuple[str, ...] = ()
    token_exchange_resources: tuple[str, ...] = ()
    isolated: bool = False

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Metadata:
        """From the JSON object that the database keeps."""
        values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in kept.items()}
        return cls(**values)

    def kept(self) -> dict[str, Any]:
        """As a JSON object of what differs from the defaults."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value != DEFAULTS[name]
        }


DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Metadata)}


@dataclass(frozen=True, slots=True)
class Member:
    """One member. ``check`` raises :class:`BadMetadata` for a value that it may not have.

    ``by_app`` says whether an app may set it when it registers itself; the rest is an operator's to decide. ``off`` is
    the word for false at the terminal, where it is not ``no-`` before the name.
    """

    name: str
    check: Callable[[str, Any], None]
    help: str
    by_app: bool = True
    off: str = ""


MEMBERS: Mapping[str, Member] = {
    member.name: member
    for member in (
        Member(
            "profile",
            rules.one_of(*profiles.PROFILES),
            "How much protection the app's requests and tokens have.",
            by_app=False,
        ),
        Member("application_type", rules.one_of("web", "native"), "`native` for an app on the resident's own device."),
        Member("contacts", rules.texts(most=10), "Mail addresses of the people who run the app."),
        Member("logo_uri", rules.web_uri, "A picture that residents know the app by."),
        Member("initiate_login_uri", rules.https_uri, "Where a sign-in begins that another site starts."),
        Member("jwks_uri", rules.fetched_uri, "Where the app publishes its public keys."),
        Member("sector_identifier_uri", rules.fetched_uri, "A list of redirect URIs of apps that share subjects."),
        Member("request_uris", rules.request_uris, "Addresses of request objects that the app may name."),
        Member("default_max_age", rules.seconds, "How old a sign-in may be, in seconds, where a request does not say."),
        Member("require_auth_time", rules.flag, "The app relies on auth_time, which every ID token has."),
        Member(
            "default_acr_values", rules.texts(most=10), "The sign-in strength asked for where a request does not say."
        ),
        Member("token_endpoint_auth_signing_alg", rules.one_of(*CLIENT_ALGS), "How the app signs client assertions."),
        Member("request_object_signing_alg", rules.one_of(*CLIENT_ALGS), "How the app signs request objects."),
        Member("require_signed_request_object", rules.flag, "Refuse requests of the app that are not signed."),
        Member("require_pushed_authorization_requests", rules.flag, "Refuse requests of the app that are not pushed."),
        Member("authorization_signed_response_alg", rules.one_of(*SIGNING_ALGS), "How JWT responses are signed."),
        Member("id_token_encrypted_response_alg", rules.one_of(*ENCRYPTION_ALGS), "How ID tokens are encrypted."),
        Member("id_token_encrypted_response_enc", rules.one_of(*ENCRYPTION_ENCS), "With which content encryption."),
        Member("userinfo_signed_response_alg", rules.one_of(*SIGNING_ALGS), "How userinfo is signed."),
        Member("userinfo_encrypted_response_alg", rules.one_of(*ENCRYPTION_ALGS), "How userinfo is encrypted."),
        Member("userinfo_encrypted_response_enc", rules.one_of(*ENCRYPTION_ENCS), "With which content encryption."),
        Member("introspection_signed_response_alg", rules.one_of(*SIGNING_ALGS), "How introspection is signed."),
        Member("dpop_bound_access_tokens", rules.flag, "Refuse token requests of the app without a DPoP proof."),
        Member("tls_client_certificate_bound_access_tokens", rules.flag, "Bind the app's tokens to its certificate."),
        Member("tls_client_auth_subject_dn", rules.text, "The subject of the app's certificate."),
        Member("tls_client_auth_san_dns", rules.text, "A DNS name in the app's certificate."),
        Member("tls_client_auth_san_uri", rules.text, "A URI in the app's certificate."),
        Member("tls_client_auth_san_ip", rules.text, "An IP address in the app's certificate."),
        Member("tls_client_auth_san_email", rules.text, "A mail address in the app's certificate."),
        Member("backchannel_logout_uri", rules.fetched_uri, "Where Beacon tells the app that a session has ended."),
        Member("backchannel_logout_session_required", rules.flag, "Logout tokens name the session, as they always do."),
        Member("frontchannel_logout_uri", rules.web_uri, "A page that the browser opens when a session ends."),
        Member("frontchannel_logout_session_required", rules.flag, "That page is told issuer and session, as always."),
        Member(
            "event_delivery_uri",
            rules.fetched_uri,
            "Where Beacon tells the app what happens to accounts (RFC 8935).",
            by_app=False,
        ),
        Member("software_id", rules.text, "Which software the app is."),
        Member("software_version", rules.text, "Which version of it."),
        Member(
            "token_format",
            rules.one_of("opaque", "jwt"),
            "The form of access tokens for this app's own API.",
            by_app=False,
        ),
        Member("resource", rules.resource, "The identifier of the API that this app serves.", by_app=False),
        Member("resource_scopes", rules.scope_names, "What that API calls its scopes.", by_app=False),
        Member(
            "token_exchange_resources",
            rules.resources,
            "APIs to which the app may pass a resident's token.",
            by_app=False,
        ),
        Member(
            "isolated",
            rules.flag,
            "The app has a sign-in of its own, shared with no other app.",
            by_app=False,
            off="shared",
        ),
    )
}


def check(metadata: Metadata) -> None:
    """Raise :class:`BadMetadata` for the first member that differs from its default and may not be what it is."""
    for name, value in metadata.kept().items():
        MEMBERS[name].check(name, value)


def completed(metadata: Metadata) -> Metadata:
    """With the one content encryption that there is, where an app names only how keys are encrypted."""
    encs: dict[str, Any] = {
        f"{kind}_encrypted_response_enc": ENCRYPTION_ENCS[0]
        for kind in ENCRYPTED
        if getattr(metadata, f"{kind}_encrypted_response_alg")
        and not getattr(metadata, f"{kind}_encrypted_response_enc")
    }
    return replace(metadata, **encs)


def policy_of(metadata: Metadata) -> Policy:
    """What an app's profile demands, and what it demands of itself beyond that."""
    policy = profiles.PROFILES[metadata.profile]
    bound = metadata.dpop_bound_access_tokens or metadata.tls_client_certificate_bound_access_tokens
    return replace(
        policy,
        requests="pushed" if metadata.require_pushed_authorization_requests else policy.requests,
        sender_constrained=policy.sender_constrained or bound,
        signed_requests=metadata.require_signed_request_object,
    )
