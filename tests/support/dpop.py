"""A prover: makes DPoP proofs (RFC 9449), good ones and bent ones."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from werkzeug.test import TestResponse

from idp.kernel import clock
from tests.support.party import Party, visitor

EC, OTHER_EC = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
OKP = OKPKey.generate_key("Ed25519")
RSA = RSAKey.generate_key(2048)


class Prover:
    """Holds one key. A change to None leaves a member out; the nonce that was last told goes in by itself."""

    def __init__(self, party: Party, key: Key = EC, alg: str = "ES256") -> None:
        self.party = party
        self.key = key
        self.alg = alg
        self.nonce: str | None = None

    @property
    def thumbprint(self) -> str:
        return self.key.thumbprint()

    def proof(
        self,
        path: str,
        method: str = "POST",
        token: str | None = None,
        header: dict[str, Any] | None = None,
        signer: Key | None = None,
        **changes: Any,
    ) -> str:
        """A proof for one request."""
        good_header = {"typ": "dpop+jwt", "alg": self.alg, "jwk": self.key.as_dict(private=False)}
        good = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": f"{self.party.issuer}{path}",
            "iat": clock.now(),
            "nonce": self.nonce,
            "ath": ath(token) if token else None,
        }
        return forged(_without_none(good_header | (header or {})), _without_none(good | changes), signer or self.key)

    def headers(self, path: str = "/token", proof: str | None = None) -> dict[str, str]:
        """The app's own credentials and a proof beside them."""
        return self.party.credentials()[0] | {"DPoP": proof or self.proof(path)}

    def call(self, path: str, proof: str | None = None, **form: Any) -> TestResponse:
        """Post a form to a machine endpoint, with the app's credentials and a proof."""
        fields = self.party.credentials()[1] | form
        return self.heard(visitor(self.party.app).post(path, headers=self.headers(path, proof), data=fields))

    def redeem(self, code: str, proof: str | None = None, **changes: Any) -> TestResponse:
        """Redeem a code with a proof."""
        return self.heard(
            self.party.redeem(code, self.headers("/token", proof), **self.party.credentials()[1] | changes)
        )

    def refresh(self, refresh_token: str, proof: str | None = None, **changes: Any) -> TestResponse:
        """Exchange a refresh token with a proof."""
        fields = self.party.credentials()[1] | changes
        return self.heard(self.party.refresh(refresh_token, self.headers("/token", proof), **fields))

    def userinfo(self, token: str, proof: str | None = None, scheme: str = "DPoP", method: str = "GET") -> TestResponse:
        """Read the claims with a proof."""
        headers = {"Authorization": f"{scheme} {token}", "DPoP": proof or self.proof("/userinfo", method, token)}
        return self.heard(visitor(self.party.app).open("/userinfo", method=method, headers=headers))

    def heard(self, answer: TestResponse) -> TestResponse:
        """Keep the nonce of an answer for the next proof (RFC 9449 section 8.2)."""
        self.nonce = answer.headers.get("DPoP-Nonce", self.nonce)
        return answer


def ath(token: str) -> str:
    """The hash by which a proof names the access token beside it (RFC 9449 section 4.2)."""
    return _segment(hashlib.sha256(token.encode()).digest())


def forged(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    """A JWT signed with ``key``, whatever header and claims say: no library looks at them first."""
    signed = f"{_segment(json.dumps(header).encode())}.{_segment(json.dumps(claims).encode())}"
    algorithm = JWSRegistry.algorithms.get(str(header.get("alg"))) or JWSRegistry.algorithms["ES256"]
    return f"{signed}.{_segment(algorithm.sign(signed.encode(), key))}"


def _segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
