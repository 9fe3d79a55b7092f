"""The words of client metadata, each list once: registration accepts them, discovery tells them, grants go by them."""

from __future__ import annotations

ASYMMETRIC = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")
AUTH_METHODS = ("client_secret_basic", "client_secret_post", *ASYMMETRIC, "none")
SUBJECT_TYPES = ("pairwise", "public")

CODE = "authorization_code"
REFRESH = "refresh_token"
CLIENT_CREDENTIALS = "client_credentials"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
DEFAULT_GRANTS = (CODE, REFRESH)
GRANTS = (*DEFAULT_GRANTS, CLIENT_CREDENTIALS, DEVICE, EXCHANGE)

SIGNING_ALGS = ("ES256", "RS256", "PS256", "EdDSA")
"""What Beacon signs with."""

STRONG_ALGS = ("ES256", "PS256", "EdDSA", "Ed25519")
CLIENT_ALGS = (*STRONG_ALGS, "RS256")
"""What an app may sign with."""

ENCRYPTED = ("id_token", "userinfo")
"""What Beacon encrypts to an app that wants it."""

ENCRYPTION_ALGS = ("RSA-OAEP-256", "ECDH-ES")
ENCRYPTION_ENCS = ("A256GCM",)
