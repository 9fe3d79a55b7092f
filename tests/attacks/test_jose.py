"""What is signed and encrypted, and what an attacker makes of it.

Attacks 015, 016, 035, 053, 062, 063, 065 and 066.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from joserfc import jwe, jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from idp.clients.errors import BadMetadata
from idp.keys import service as keys
from idp.keys.cli import key as key_commands
from idp.oidc import jose
from tests.factories import App, Person
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.party import Party, agree, asserted, granted, refused, sign, signed_in, unsigned, visitor
from tests.support.sealed import RSA, header_of, published

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
NASTY = ('"><script>x</script>', "'", "</form>", "&quot;", "\u2028", '"' * 4000)


def _encrypted(header: dict[str, Any]) -> str:
    """A JWE of a megabyte of nothing, in the form that any reader would have to unpack."""
    parts = (json.dumps(header).encode(), b"", b"i" * 12, zlib.compress(b"\0" * 1_000_000), b"t" * 16)
    return ".".join(segment(part) for part in parts)


def segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize("mode", ["form_post", "form_post.jwt"])
def test_015_nothing_breaks_out_of_the_posted_form(
    browser: Browser, resident: Person, make_client: Callable[..., App], mode: str
) -> None:
    uri = "https://app.agency.example/cb?a=1&b='x'&c=%22"
    party = Party(browser.app, make_client(redirect_uris=(uri,)))
    agree(resident, party.registered)
    signed_in(browser, resident)
    plain = len(party.authorize(browser, response_mode=mode).page.find_all(True))

    for state in NASTY:
        party.authorize(browser, response_mode=mode, state=state)
        (form,) = browser.page.find_all("form", id="continue")
        fields = {str(one["name"]): str(one["value"]) for one in form.find_all("input")}
        told = party.read(fields["response"]) if "response" in fields else fields
        assert (form["action"], told["state"]) == (uri, state)
        assert len(browser.page.find_all(True)) == plain
        assert "unsafe-inline" not in browser.headers["Content-Security-Policy"]
        assert browser.headers["Cache-Control"] == "no-store"


def test_016_no_token_is_ever_in_an_address(at_home: Browser, party: Party) -> None:
    for changes in (
        {"response_type": "code id_token", "response_mode": "query"},
        {"response_type": "token", "response_mode": "fragment"},
        *({"response_mode": mode} for mode in ("fragment", "fragment.jwt", "web_message", "Query", "query fragment")),
    ):
        answer = party.authorize(at_home, **changes).answer
        assert answer["error"] in {"invalid_request", "unsupported_response_type"}
        assert not answer.keys() & {"code", "access_token", "id_token", "response"}
        assert "#" not in (at_home.location or "")


@pytest.mark.parametrize("alg", keys.ALGORITHMS)
def test_035_nonce_and_hash_hold_for_every_algorithm(
    browser: Browser, resident: Person, make_client: Callable[..., App], alg: str
) -> None:
    party = Party(browser.app, make_client(id_token_alg=alg))
    agree(resident, party.registered)
    signed_in(browser, resident)
    digest = hashlib.sha512 if alg == "EdDSA" else hashlib.sha256

    for nonce in ("n", "n" * 512, "ünïcode ✓", 'quo"te\\'):
        body = party.tokens(browser, nonce=nonce)
        claims, whole = party.read(body["id_token"]), digest(body["access_token"].encode()).digest()
        assert (claims["nonce"], claims["at_hash"]) == (nonce, segment(whole[: len(whole) // 2]))
    assert party.authorize(browser, nonce="n" * 5000).answer["error"] == "invalid_request"


def test_062_nothing_is_unpacked_for_a_stranger(at_home: Browser, party: Party) -> None:
    """Bombs and costly parameters, at every door that reads a token of somebody's making."""
    texts = [
        _encrypted({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}),
        _encrypted({"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": 2147483647, "p2s": "c2FsdA"}),
        segment(json.dumps({"alg": "ES256", "x": "y" * 90_000}).encode()) + ".e30.c2ln",
        json.dumps({"recipients": [{"header": {"alg": "dir"}}] * 2000, "ciphertext": "x"}),
    ]
    began = time.monotonic()
    for text in texts:
        assert at_home.get("/end-session", query_string={"id_token_hint": text}).status == 400
        assert party.userinfo(text).status_code == 401
        assert party.introspect(text) == {"active": False}
        refused(party.redeem("x", {}, **asserted(text)), "invalid_client")
        assert party.authorize(at_home, request=text).status in {303, 400}
    assert time.monotonic() - began < 10
    assert party.userinfo(party.tokens(at_home)["access_token"]).status_code == 200


def test_063_rsa_with_the_old_padding_is_neither_spoken_nor_understood(
    app: Flask, at_home: Browser, party: Party, make_client: Callable[..., App]
) -> None:
    metadata = visitor(app).get("/.well-known/openid-configuration").get_json()
    assert "RSA1_5" not in json.dumps(metadata)
    for member in ("id_token_encrypted_response_alg", "userinfo_encrypted_response_alg"):
        with pytest.raises(BadMetadata):
            make_client(jwks=published(RSA), **{member: "RSA1_5"})
    ours = next(key.key for key in keys.every() if key.alg == "RS256")
    old = jwe.JWERegistry(algorithms=["RSA1_5", "A256GCM"])
    with pytest.warns(match="RSA1_5"):
        whole = jwe.encrypt_compact({"alg": "RSA1_5", "enc": "A256GCM"}, b"{}", ours, registry=old)
    head, _, rest = whole.partition(".")
    broken = f"{head}.{segment(b'x' * 384)}.{rest.partition('.')[2]}"

    answers = {
        (answer["error"], answer.get("error_description"))
        for answer in (party.authorize(at_home, request=text).answer for text in (whole, broken))
    }
    assert len(answers) == 1


def test_065_only_public_members_are_shown_anywhere(app: Flask) -> None:
    shown = visitor(app).get("/.well-known/jwks.json").get_json()["keys"]
    listed = json.loads(CliRunner().invoke(key_commands, ["list", "--json"]).stdout)

    assert {one["kid"] for one in shown} == {one["kid"] for one in listed} == {key.kid for key in keys.every()}
    assert not any(PRIVATE_MEMBERS & one.keys() for one in (*shown, *listed))
    assert not any(one.get("kty") == "oct" for one in shown)


def test_065_a_retired_key_verifies_until_its_documented_end_and_not_after(app: Flask, clock: Clock) -> None:
    token = jose.signed({"sub": "x"}, "PS256")
    keys.rotate("PS256")

    def public() -> KeySet:
        return KeySet.import_key_set(visitor(app).get("/.well-known/jwks.json").get_json())

    clock.advance(keys.PUBLISHED_AHEAD + keys.PUBLIC_AFTER - 2)
    assert jwt.decode(token, public(), algorithms=["PS256"]).claims == {"sub": "x"}
    clock.advance(2)
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(token, public(), algorithms=["PS256"])


def test_066_the_algorithm_is_the_registered_one_whatever_is_asked(
    browser: Browser, resident: Person, make_client: Callable[..., App]
) -> None:
    signed_in(browser, resident)
    for alg in keys.ALGORITHMS:
        party = Party(browser.app, make_client(id_token_alg=alg))
        agree(resident, party.registered)
        asked = {"id_token_signed_response_alg": "none", "alg": "HS256"}
        body = granted(party.redeem(party.code(browser, **asked), **asked))
        assert header_of(body["id_token"]) == {"typ": "JWT", "alg": alg, "kid": keys.signer(alg).kid}
    for alg in ("none", "HS256", "ES512", "RS1", ""):
        with pytest.raises(BadMetadata):
            make_client(id_token_alg=alg)


def test_053_a_hint_signed_with_our_public_key_as_a_secret_is_no_hint(
    at_home: Browser, party: Party, subtests: pytest.Subtests
) -> None:
    hint, ours = party.tokens(at_home)["id_token"], keys.signer("RS256")
    pem, jwk = ours.key.as_pem(private=False), ours.key.as_dict(private=False)
    forms = (pem, pem.strip(), ours.key.as_der(private=False), json.dumps(jwk).encode(), str(jwk["n"]).encode())
    claims = segment(json.dumps(party.read(hint)).encode())
    for form in forms:
        for alg, kind in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
            with subtests.test(f"{alg} {form[:12]!r}"):
                signed = f"{segment(json.dumps({'alg': alg, 'typ': 'JWT', 'kid': ours.kid}).encode())}.{claims}"
                forged = f"{signed}.{segment(hmac.digest(form, signed.encode(), kind))}"
                assert party.authorize(at_home, prompt="none", id_token_hint=forged).answer["error"] == "login_required"
                assert at_home.get("/end-session", query_string={"id_token_hint": forged}).status == 400
    assert "code" in party.authorize(at_home, prompt="none", id_token_hint=hint).answer


def test_066_a_hint_of_another_algorithm_is_no_hint(at_home: Browser, party: Party) -> None:
    """Our public keys verify nothing but what they are for, each with its own algorithm."""
    hint = party.tokens(at_home)["id_token"]
    claims: dict[str, Any] = party.read(hint)
    signer = keys.signer("RS256")
    forged = [
        unsigned(claims),
        f"{hint.rpartition('.')[0]}.",
        sign({"alg": "PS256", "kid": keys.signer("RS256").kid, "typ": "JWT"}, claims, signer.key),
        sign({"alg": "RS256", "kid": keys.signer("PS256").kid, "typ": "JWT"}, claims, signer.key),
    ]

    for text in forged:
        assert party.authorize(at_home, prompt="none", id_token_hint=text).answer["error"] == "login_required"
    assert "code" in party.authorize(at_home, prompt="none", id_token_hint=hint).answer
