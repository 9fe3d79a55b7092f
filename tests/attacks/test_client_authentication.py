"""Attacks on how apps prove themselves: 052 to 055, 060, 061, 067 to 069, 071, 072, 075 and 076, at every endpoint.

Races are in ``test_races.py``, weak keys (064) in ``test_registration.py``.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from sqlalchemy import insert, select, update
from werkzeug.test import TestResponse

from idp.clients import service as clients
from idp.clients.cli import describe
from idp.clients.models import ClientSecret
from idp.kernel.clock import DAY
from idp.kernel.crypto import digest
from idp.kernel.db import execute, transaction
from tests.factories import App
from tests.support.clock import Clock
from tests.support.elsewhere import Elsewhere, elsewhere
from tests.support.party import Party, asserted, basic, unsigned

pytestmark = [
    pytest.mark.only_on("sqlite"),
    pytest.mark.settings(limits_exempt="127.0.0.0/8", fetch_allow=("localhost",)),
]
ENDPOINTS = ("/token", "/revoke", "/introspect", "/par", "/device-authorization")
RSA = RSAKey.generate_key(2048, {"kid": "own"})
STRANGE = RSAKey.generate_key(2048, {"kid": "own"})
GRANTS = ("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code")


@pytest.fixture
def keyed(app: Flask, make_client: Callable[..., App]) -> Party:
    """An app that proves itself by an RSA key."""
    registered = make_client(
        auth_method="private_key_jwt", jwks={"keys": [RSA.as_dict(private=False)]}, grants=GRANTS, scopes=("openid",)
    )
    return Party(app, registered, RSA, "RS256")


@pytest.fixture
def confidential(app: Flask, make_client: Callable[..., App]) -> Party:
    """An app with a secret."""
    return Party(app, make_client(grants=GRANTS))


def let_in(answer: TestResponse) -> bool:
    """Whether an endpoint believed who asked. It answers below 500 either way, and never says why not."""
    assert answer.status_code < 500
    error: str = (answer.get_json(silent=True) or {}).get("error", "")
    if error == "invalid_client":
        assert answer.status_code in {400, 401}
        assert answer.get_json()["error_description"] == "Client authentication failed."
    return error != "invalid_client"


def shows(party: Party, path: str, assertion: str, **form: Any) -> bool:
    return let_in(party.call(path, {}, token="x", grant_type="refresh_token", **asserted(assertion), **form))


def forgeries(party: Party, sink: Elsewhere) -> dict[str, str]:
    """Assertions of somebody who knows everything that is public."""
    claims = {"iss": party.id, "sub": party.id, "aud": party.issuer, "exp": 2_000_000_000, "jti": "j"}
    inside, url = STRANGE.as_dict(private=False), sink.gives("/keys", {"keys": [STRANGE.as_dict(private=False)]})
    public = {
        "pem": RSA.as_pem(private=False),
        "stripped": RSA.as_pem(private=False).strip(),
        "der": RSA.as_der(private=False),
        "jwk": json.dumps(RSA.as_dict(private=False)).encode(),
        "modulus": str(RSA.as_dict()["n"]).encode(),
    }
    made: dict[str, str] = {f"alg {alg}": unsigned(claims, alg) for alg in ("none", "None", "nOnE", "NONE", "", None)}
    made |= {
        f"HMAC {name} {alg}": _by_hand({"alg": alg}, party.assertion(), lambda text: hmac.digest(secret, text, kind))  # noqa: B023
        for name, secret in public.items()
        for alg, kind in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512"))
    }
    made |= {
        f"header {next(iter(header))}": party.assertion(header, key=STRANGE)
        for header in ({"jwk": inside}, {"jku": url}, {"x5u": url}, {"x5c": ["AAAA"]}, {"x5t": "AAAA"}, {"kid": "own"})
    }
    for crit in (["bork"], ["exp"], [], "bork", ["b64"]):
        header = {"alg": "RS256", "crit": crit, "bork": 1, "b64": False}
        made[f"crit {crit}"] = _by_hand(header, party.assertion(), _signed_by(RSA))
    return made


def _signed_by(key: RSAKey) -> Callable[[bytes], bytes]:
    return lambda text: JWSRegistry.algorithms["RS256"].sign(text, key)


def _by_hand(header: dict[str, Any], assertion: str, signer: Callable[[bytes], bytes]) -> str:
    signed = f"{_segment(json.dumps(header).encode())}.{assertion.split('.')[1]}"
    return f"{signed}.{_segment(signer(signed.encode()))}"


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_forged_assertions(keyed: Party, subtests: pytest.Subtests) -> None:
    """Attacks 052, 053, 054 and 055: no signature, the public key as a secret, keys in the message, ``crit``."""
    with elsewhere() as sink:
        for number, (name, forged) in enumerate(forgeries(keyed, sink).items()):
            with subtests.test(name):
                assert not shows(keyed, ENDPOINTS[number % len(ENDPOINTS)], forged)
        assert not sink.asked
    assert all(shows(keyed, path, keyed.assertion()) for path in ENDPOINTS)


def test_times(keyed: Party, clock: Clock) -> None:
    """Attack 060: with 30 seconds for clocks that differ, and ten minutes at most."""
    now = clock.now
    for path in ENDPOINTS:
        for wrong in ({"exp": now - 31}, {"exp": now + 10 * 365 * DAY}, {"exp": now + 631}, {"exp": None},
                      {"iat": now + 3600}, {"iat": now + 61}, {"nbf": now + 61}):  # fmt: skip
            assert not shows(keyed, path, keyed.assertion(**wrong)), wrong
        for right in ({"exp": now - 1}, {"exp": now + 600}, {"iat": now + 8}, {"nbf": now + 8}, {"iat": now - 0.5}):
            assert shows(keyed, path, keyed.assertion(**right)), right


def test_kid_is_a_hint(app: Flask, make_client: Callable[..., App], keyed: Party, subtests: pytest.Subtests) -> None:
    """Attack 061: it opens no file and no other app's key."""
    of_another = make_client(auth_method="private_key_jwt", jwks={"keys": [_public(STRANGE, kid="theirs")]})
    for kid in ("../../dev/null", "' OR 1=1--", "x" * 300, "x" * 10_000, 5, None, ["own"], {"a": 1}, "theirs", "\0"):
        with subtests.test(str(kid)[:20]):
            header = {"alg": "RS256", "kid": kid}
            assert not shows(keyed, "/token", _by_hand(header, keyed.assertion(), _signed_by(STRANGE)))
            shows(keyed, "/token", _by_hand(header, keyed.assertion(), _signed_by(RSA)))
    assert shows(keyed, "/token", keyed.assertion({"kid": "unknown"}))
    thief = Party(app, of_another, STRANGE, "RS256")
    assert not shows(keyed, "/token", thief.assertion({"kid": "theirs"}, iss=keyed.id, sub=keyed.id))


def test_two_methods_at_once(confidential: Party, keyed: Party) -> None:
    """Attack 067: the strongest-looking part lifts nothing."""
    header, secret = confidential.credentials()[0], confidential.registered.secret
    for path in ENDPOINTS:
        for form in (
            {"client_secret": secret},
            asserted(keyed.assertion()),
            {"client_assertion": keyed.assertion()},
            asserted(unsigned({"sub": keyed.id})),
        ):
            answer = confidential.call(path, header, token="x", grant_type="refresh_token", **form)
            assert answer.status_code in {400, 401}
            assert answer.get_json()["error"] in {"invalid_request", "invalid_client"}
        assert not let_in(keyed.call(path, {}, client_assertion=keyed.assertion(), grant_type="refresh_token"))
        two = [("Authorization", header["Authorization"])] * 2
        answer = confidential.app.test_client().post(path, headers=two, data={"grant_type": "refresh_token"})
        assert not let_in(answer) or answer.status_code == 400


def test_a_method_that_is_not_registered(app: Flask, make_client: Callable[..., App], keyed: Party) -> None:
    """Attack 068: a secret that is still stored does not open the weaker way."""
    with transaction() as connection:
        row = {"id": "s", "client_id": keyed.id, "digest": digest("kept"), "created_at": 0, "expires_at": None}
        connection.execute(insert(ClientSecret), row)
    by_basic, public = Party(app, make_client()), Party(app, make_client(auth_method="none", grants=GRANTS))
    for path in ENDPOINTS:
        for party, headers, form in (
            (keyed, {"Authorization": basic(keyed.id, "kept")}, {}),
            (keyed, {}, {"client_id": keyed.id, "client_secret": "kept"}),
            (keyed, {}, {"client_id": keyed.id}),
            (by_basic, {}, {"client_id": by_basic.id, "client_secret": by_basic.registered.secret}),
            (by_basic, {}, {"client_id": by_basic.id}),
            (public, {}, {"client_id": public.id, "client_secret": "guess"}),
            (public, {"Authorization": basic(public.id, "")}, {}),
        ):
            answer = party.call(path, headers, token="x", grant_type="refresh_token", **form)
            assert not let_in(answer), (path, form)


def test_audience_and_identity(keyed: Party, confidential: Party) -> None:
    """Attacks 069 and 071: addressed to us, from the app itself, at every endpoint."""
    issuer = keyed.issuer
    for path in ENDPOINTS:
        for audience in (
            f"{issuer}/",
            "https://other.example",
            "*",
            "",
            None,
            f"{issuer}/userinfo",
            [],
            [f"{issuer}/"],
        ):
            assert not shows(keyed, path, keyed.assertion(aud=audience)), audience
        for wrong in ({"iss": confidential.id}, {"sub": confidential.id}, {"sub": None}, {"iss": None},
                      {"iss": confidential.id, "sub": confidential.id}):  # fmt: skip
            assert not shows(keyed, path, keyed.assertion(**wrong)), wrong
        assert not shows(keyed, path, keyed.assertion(), client_id=confidential.id)
        assert shows(keyed, path, keyed.assertion(), client_id=keyed.id)


def test_replay(keyed: Party) -> None:
    """Attack 072: once, at whichever endpoint."""
    for first, second in zip(ENDPOINTS, ENDPOINTS[1:] + ENDPOINTS[:1], strict=True):
        assertion = keyed.assertion()
        assert shows(keyed, first, assertion)
        assert not shows(keyed, second, assertion)
        assert not shows(keyed, first, assertion)
    for jti in (None, "", "x" * 10_000):
        assert not shows(keyed, "/token", keyed.assertion(jti=jti))


def test_secrets_are_kept_as_digests_and_shown_once(confidential: Party) -> None:
    """Attack 075."""
    secret = confidential.registered.secret or ""
    kept = execute(select(ClientSecret.digest).where(ClientSecret.client_id == confidential.id)).scalar_one()

    assert kept == digest(secret)
    assert secret not in json.dumps(describe(clients.demand(confidential.id)))
    assert secret not in repr(clients.demand(confidential.id))


def test_secrets_end(confidential: Party, clock: Clock) -> None:
    """Attack 076: at their end, after the overlap of a rotation, and with the app."""
    old = confidential.credentials()[0]

    def works(headers: dict[str, str]) -> bool:
        clock.advance(2)
        return all(let_in(confidential.call(path, headers, token="x", grant_type="x")) for path in ENDPOINTS[1:])

    def ends(at: int | None) -> None:
        with transaction() as connection:
            connection.execute(update(ClientSecret).values(expires_at=at))

    assert works(old)
    ends(clock.now)
    assert not works(old)
    ends(None)
    assert works(old)
    new = {"Authorization": basic(confidential.id, clients.rotate_secret(confidential.id))}
    assert works(old) and works(new)
    clock.advance(7 * DAY)
    assert not works(old) and works(new)
    clients.disable(confidential.id)
    assert not works(new)


def _public(key: RSAKey, **members: str) -> dict[str, Any]:
    return dict(key.as_dict(private=False)) | members
