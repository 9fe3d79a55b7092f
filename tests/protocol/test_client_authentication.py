"""How an app proves itself (RFC 6749 section 2.3, RFC 7523, OIDC Core section 9): one way, the one it registered."""

from __future__ import annotations

import base64
import hmac
import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest
from flask import Flask
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from werkzeug.test import TestResponse

from idp.clients import assertions, secrets
from idp.clients import service as clients
from idp.kernel.clock import DAY
from tests.factories import App
from tests.support.clock import Clock
from tests.support.elsewhere import elsewhere
from tests.support.party import Party, asserted, basic, refused, unsigned

pytestmark = pytest.mark.only_on("sqlite")  # of texts and messages, which no database changes

RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed-1"})


@pytest.fixture(autouse=True)
def _older_name_of_ed25519() -> Iterator[None]:
    """The key library warns of the name ``EdDSA`` (RFC 9864), which apps in the field still send."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield


@pytest.fixture
def with_keys(app: Flask, make_client: Callable[..., App]) -> Callable[..., Party]:
    """An app that uses ``private_key_jwt`` with these keys; the first one signs."""

    def make(*keys: Key, alg: str = "ES256", kids: bool = True, **facts: Any) -> Party:
        public = [key.as_dict(private=False) for key in keys]
        jwks = {"keys": public if kids else [{n: v for n, v in key.items() if n != "kid"} for key in public]}
        return Party(app, make_client(auth_method="private_key_jwt", **{"jwks": jwks} | facts), keys[0], alg)

    return make


def proven(answer: TestResponse) -> None:
    """Check that the app was let through: the made-up code is all that is wrong."""
    refused(answer, "invalid_grant")


def presents(party: Party, assertion: str, **form: Any) -> TestResponse:
    return party.redeem("made-up", {}, **asserted(assertion) | form)


class TestBasic:
    def test_the_secret_in_the_header(self, party: Party) -> None:
        proven(party.redeem("x"))
        proven(party.redeem("x", client_id=party.id))

    def test_a_wrong_secret_is_challenged(self, party: Party, subtests: pytest.Subtests) -> None:
        secret = party.registered.secret or ""
        for wrong in ("", secret[:-1], secret + "x", secret.swapcase(), "ünïcode", party.id, f"{secret}:"):
            with subtests.test(wrong[:8]):
                answer = refused(party.redeem("x", {"Authorization": basic(party.id, wrong)}), "invalid_client", 401)
                assert answer.headers["WWW-Authenticate"].startswith("Basic ")

    def test_both_parts_are_form_decoded(self, party: Party) -> None:
        secret = "".join(f"%{ord(letter):02X}" for letter in party.registered.secret or "")

        proven(party.redeem("x", {"Authorization": basic(quote_plus(party.id), secret)}))

    def test_a_plus_is_a_space(self, party: Party, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(secrets, "token", lambda: "two words+%")
        spaced = clients.rotate_secret(party.id)
        clock.advance(2)

        proven(party.redeem("x", {"Authorization": basic(party.id, quote_plus(spaced))}))
        refused(party.redeem("x", {"Authorization": basic(party.id, spaced)}), "invalid_client", 401)

    def test_a_malformed_header_is_refused(self, party: Party, subtests: pytest.Subtests) -> None:
        def encoded(raw: bytes) -> str:
            return base64.b64encode(raw).decode()

        secret = (party.registered.secret or "").encode()
        for wrong in (
            "",
            "!!!",
            "YWJj\u00ffZGVm",
            encoded(b"no-colon"),
            encoded(b":"),
            encoded(b"\xff\xfe:\xff"),
            encoded(party.id.encode() + b":" + secret + b"\xff"),
            encoded(b"\0:" + secret),
            encoded(party.id.encode() + b":" + secret).rstrip("=")[:-1],
            encoded(b"%zz:%" + secret),
            encoded(b"x" * 10_000 + b":" + secret),
        ):
            with subtests.test(wrong[:20]):
                refused(party.redeem("x", {"Authorization": f"Basic {wrong}"}), "invalid_client", 401)

    def test_an_unknown_app_is_refused_in_the_same_words(self, party: Party) -> None:
        unknown = party.redeem("x", {"Authorization": basic("nobody", "x")})
        wrong = party.redeem("x", {"Authorization": basic(party.id, "x")})

        assert (unknown.status_code, unknown.data) == (wrong.status_code, wrong.data)

    def test_another_client_id_beside_it_is_refused(self, party: Party, another: Party) -> None:
        refused(party.redeem("x", client_id=another.id), "invalid_client", 401)

    def test_the_scheme_has_no_case(self, party: Party) -> None:
        header = party.credentials()[0]["Authorization"].replace("Basic", "bAsIc")

        proven(party.redeem("x", {"Authorization": header}))


class TestPost:
    @pytest.fixture
    def party(self, app: Flask, make_client: Callable[..., App]) -> Party:
        return Party(app, make_client(auth_method="client_secret_post"))

    def test_the_secret_in_the_form(self, party: Party) -> None:
        proven(party.redeem("x"))

    def test_a_wrong_secret_is_refused(self, party: Party) -> None:
        for wrong in ("", "x", (party.registered.secret or "") + "x", None):
            refused(party.redeem("x", client_secret=wrong), "invalid_client")
        refused(party.redeem("x", client_id=None), "invalid_client")
        refused(party.redeem("x", client_secret=[party.registered.secret, "x"]), "invalid_request")

    def test_the_secret_in_the_query_does_not_count(self, party: Party) -> None:
        answer = party.call(f"/token?client_id={party.id}&client_secret={party.registered.secret}", {}, grant_type="x")

        refused(answer, "invalid_request")


class TestOneWayOnly:
    def test_two_ways_at_once_are_refused(
        self, party: Party, with_keys: Callable[..., Party], subtests: pytest.Subtests
    ) -> None:
        keyed = with_keys(EC)
        header = party.credentials()[0]
        for headers, form in (
            (header, {"client_secret": party.registered.secret}),
            (header, {"client_id": party.id, "client_secret": party.registered.secret}),
            (header, asserted(keyed.assertion())),
            (header, {"client_assertion": unsigned({"sub": party.id})}),
            ({}, {"client_id": party.id, "client_secret": party.registered.secret} | asserted(keyed.assertion())),
        ):
            with subtests.test(str(list(form))):
                refused(party.redeem("x", headers, **form), "invalid_request")

    def test_only_the_registered_way_counts(
        self, app: Flask, party: Party, with_keys: Callable[..., Party], make_client: Callable[..., App]
    ) -> None:
        secret = party.registered.secret or ""
        refused(party.redeem("x", {}, client_id=party.id, client_secret=secret), "invalid_client")
        refused(party.redeem("x", {}, client_id=party.id), "invalid_client")
        refused(party.redeem("x", {}), "invalid_client")

        keyed = with_keys(EC)
        refused(keyed.redeem("x", {}, client_id=keyed.id), "invalid_client")
        refused(keyed.redeem("x", {"Authorization": basic(keyed.id, "")}), "invalid_client", 401)

        public = Party(app, make_client(auth_method="none"))
        proven(public.redeem("x"))
        refused(public.redeem("x", client_secret="guess"), "invalid_client")
        refused(public.redeem("x", {"Authorization": basic(public.id, "")}), "invalid_client", 401)

    def test_a_text_that_no_app_has_as_its_id_is_nobodys(self, party: Party, subtests: pytest.Subtests) -> None:
        for named in ("\ud800", "\0", "é", "x" * 65, "", "\x7f", 5, [], None):
            with subtests.test(repr(named)):
                form = asserted(unsigned({"iss": named, "sub": named}, "ES256"))
                refused(party.redeem("x", {}, **form), "invalid_client")


class TestSecrets:
    def test_two_secrets_work_during_a_rotation_and_the_old_one_ends(self, party: Party, clock: Clock) -> None:
        old = party.credentials()[0]
        new = {"Authorization": basic(party.id, clients.rotate_secret(party.id))}
        clock.advance(7 * DAY - 1)
        proven(party.redeem("x", old))
        proven(party.redeem("x", new))

        clock.advance(2)
        refused(party.redeem("x", old), "invalid_client", 401)
        proven(party.redeem("x", new))

    def test_a_second_rotation_does_not_lengthen_the_life_of_the_first(self, party: Party, clock: Clock) -> None:
        oldest = party.credentials()[0]
        clients.rotate_secret(party.id)
        clock.advance(4 * DAY)
        clients.rotate_secret(party.id)
        clock.advance(4 * DAY)

        refused(party.redeem("x", oldest), "invalid_client", 401)

    def test_an_app_that_is_switched_off_is_refused_and_comes_back(self, party: Party, clock: Clock) -> None:
        clients.disable(party.id)
        clock.advance(2)
        refused(party.redeem("x"), "invalid_client", 401)

        clients.enable(party.id)
        clock.advance(2)
        proven(party.redeem("x"))

    def test_guesses_are_counted_and_the_true_app_is_never_slowed(self, party: Party) -> None:
        wrong = {"Authorization": basic(party.id, "guess")}
        answers = [party.redeem("x", wrong) for _ in range(21)]

        assert [answer.status_code for answer in answers] == [401] * 20 + [429]
        assert int(answers[-1].headers["Retry-After"]) > 0
        proven(party.redeem("x"))


class TestPrivateKeyJwt:
    @pytest.mark.parametrize(
        ("key", "alg"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256"), (ED, "EdDSA"), (ED, "Ed25519")]
    )
    def test_each_asymmetric_algorithm(self, with_keys: Callable[..., Party], key: Key, alg: str) -> None:
        party = with_keys(key, alg=alg)

        proven(party.redeem("x"))
        proven(party.redeem("x", client_id=party.id))

    def test_the_issuer_and_the_token_endpoint_are_audiences(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(EC)

        for audience in (
            party.issuer,
            f"{party.issuer}/token",
            [party.issuer],
            ["https://other.example", party.issuer],
        ):
            proven(presents(party, party.assertion(aud=audience)))

    def test_any_other_audience_is_refused(self, with_keys: Callable[..., Party], subtests: pytest.Subtests) -> None:
        party = with_keys(EC)
        wrong: tuple[Any, ...] = (
            f"{party.issuer}/", f"{party.issuer}/introspect", "https://other.example", "*", "", None, [], [""], 5, {},
            [party.issuer + "/"], party.issuer.upper(), party.id,
        )  # fmt: skip
        for audience in wrong:
            with subtests.test(str(audience)):
                refused(presents(party, party.assertion(aud=audience)), "invalid_client")

    def test_the_times_must_be_right(
        self, with_keys: Callable[..., Party], clock: Clock, subtests: pytest.Subtests
    ) -> None:
        party, now = with_keys(EC), clock.now
        wrong: list[dict[str, Any]] = [
            {"exp": None}, {"exp": now - 60}, {"exp": now - 30}, {"exp": now + 3600}, {"exp": now + 10 * 365 * DAY},
            {"exp": str(now + 60)}, {"exp": True}, {"exp": [now + 60]}, {"exp": 1e400}, {"iat": now + 3600},
            {"iat": now + 62}, {"nbf": now + 62}, {"nbf": now + 3600}, {"nbf": "soon"}, {"iat": "now"}, {"exp": -1},
        ]  # fmt: skip
        for changes in wrong:
            with subtests.test(str(changes)):
                refused(presents(party, party.assertion(**changes)), "invalid_client")
        good: list[dict[str, Any]] = [
            {"exp": now + 300}, {"exp": now - 5}, {"iat": None}, {"iat": now + 8}, {"nbf": now + 8}, {"nbf": now - 60},
            {"iat": now + 0.5, "exp": now + 60.5},
        ]  # fmt: skip
        for changes in good:
            with subtests.test(str(changes)):
                proven(presents(party, party.assertion(**changes)))

    def test_issuer_and_subject_are_the_app(
        self, with_keys: Callable[..., Party], another: Party, subtests: pytest.Subtests
    ) -> None:
        party, stranger = with_keys(EC), with_keys(RSA, alg="RS256")
        wrong: list[dict[str, Any]] = [
            {"iss": stranger.id}, {"sub": stranger.id}, {"iss": None}, {"sub": None},
            {"iss": stranger.id, "sub": stranger.id},
            {"sub": 5, "iss": 5}, {"sub": [party.id], "iss": [party.id]}, {"sub": "nobody", "iss": "nobody"},
            {"sub": another.id, "iss": another.id}, {"sub": "", "iss": ""}, {"sub": {}, "iss": {}},
        ]  # fmt: skip
        for changes in wrong:
            with subtests.test(str(changes)):
                refused(presents(party, party.assertion(**changes)), "invalid_client")
        refused(presents(party, party.assertion(), client_id=stranger.id), "invalid_client")

    def test_an_assertion_works_once_wherever_it_is_shown(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(EC)
        assertion = party.assertion()
        proven(presents(party, assertion))

        refused(presents(party, assertion), "invalid_client")
        refused(party.call("/revoke", {}, token="x", **asserted(assertion)), "invalid_client")
        refused(party.call("/introspect", {}, token="x", **asserted(assertion)), "invalid_client", 401)

    def test_it_works_at_every_endpoint_of_the_app(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(EC)

        assert party.revoke("x").status_code == 200
        assert party.introspect("x") == {"active": False}

    def test_it_cannot_be_shown_again_before_it_has_expired(
        self, with_keys: Callable[..., Party], clock: Clock
    ) -> None:
        party = with_keys(EC)
        assertion = party.assertion()
        proven(presents(party, assertion))
        clock.advance(60 + 29)
        assertions.sweep(100)

        refused(presents(party, assertion), "invalid_client")

    def test_a_jti_is_needed_and_belongs_to_its_app(
        self, with_keys: Callable[..., Party], subtests: pytest.Subtests
    ) -> None:
        party, other = with_keys(EC), with_keys(EC)
        wrong: tuple[Any, ...] = (None, "", 5, ["a"], {}, "x" * 10_000)
        for jti in wrong:
            with subtests.test(str(jti)[:20]):
                refused(presents(party, party.assertion(jti=jti)), "invalid_client")
        proven(presents(party, party.assertion(jti="same")))
        proven(presents(other, other.assertion(jti="same")))
        refused(presents(party, party.assertion(jti="same")), "invalid_client")

    def test_keys_without_kid_work_and_a_header_without_kid_too(self, with_keys: Callable[..., Party]) -> None:
        bare_ec = ECKey.import_key({n: v for n, v in EC.as_dict(private=True).items() if n != "kid"})
        bare_rsa = RSAKey.import_key({n: v for n, v in RSA.as_dict(private=True).items() if n != "kid"})
        one, both = with_keys(bare_ec, kids=False), with_keys(bare_ec, bare_rsa, kids=False)

        proven(one.redeem("x"))
        proven(both.redeem("x"))
        proven(presents(both, both.assertion({"alg": "RS256"}, key=bare_rsa)))

    def test_either_of_two_registered_keys_works(self, with_keys: Callable[..., Party]) -> None:
        second = ECKey.generate_key("P-256", {"kid": "ec-2"})
        party = with_keys(EC, second)

        proven(presents(party, party.assertion({"kid": "ec-1"})))
        proven(presents(party, party.assertion({"kid": "ec-2"}, key=second)))
        proven(presents(party, party.assertion(key=second)))
        refused(presents(party, party.assertion({"kid": "ec-1"}, key=second)), "invalid_client")

    def test_a_kid_that_names_no_key_is_only_a_hint(
        self, with_keys: Callable[..., Party], subtests: pytest.Subtests
    ) -> None:
        party, stranger = with_keys(EC, RSA), with_keys(ED, alg="Ed25519")
        for kid in ("../../dev/null", "' OR 1=1--", "x" * 300, "unknown"):
            with subtests.test(kid[:20]):
                proven(presents(party, party.assertion({"kid": kid})))
                refused(presents(party, stranger.assertion({"kid": kid}, sub=party.id, iss=party.id)), "invalid_client")

    def test_a_kid_that_is_no_text_is_refused(self, with_keys: Callable[..., Party], subtests: pytest.Subtests) -> None:
        party = with_keys(EC, RSA)
        wrong: tuple[Any, ...] = (5, None, [], ["ec-1"], {}, True, "x" * 10_000)
        for kid in wrong:
            with subtests.test(str(kid)[:20]):
                refused(presents(party, _signed_raw(party, {"kid": kid})), "invalid_client")

    def test_a_key_for_another_use_is_refused(self, with_keys: Callable[..., Party]) -> None:
        private = EC.as_dict(private=True)
        enciphers = ECKey.import_key(private | {"use": "enc"})
        other_alg = ECKey.import_key(private | {"alg": "ES384"})

        for key in (enciphers, other_alg):
            refused(presents(party := with_keys(key, RSA), party.assertion(key=EC)), "invalid_client")

    def test_a_key_that_is_not_registered_is_refused(
        self, with_keys: Callable[..., Party], subtests: pytest.Subtests
    ) -> None:
        party, attacker = with_keys(EC), ECKey.generate_key("P-256", {"kid": "ec-1"})
        inside = attacker.as_dict(private=False)
        for header in (
            {}, {"kid": "ec-1"}, {"jwk": inside}, {"jwk": inside, "kid": "ec-1"},
            {"jku": "https://evil.example/jwks.json"}, {"x5u": "https://evil.example/x5u"}, {"x5c": ["AAAA"]},
        ):  # fmt: skip
            with subtests.test(str(list(header))):
                refused(presents(party, party.assertion(header, key=attacker)), "invalid_client")

    def test_an_unsigned_assertion_is_refused(
        self, with_keys: Callable[..., Party], clock: Clock, subtests: pytest.Subtests
    ) -> None:
        party = with_keys(RSA, alg="RS256")
        claims = {"iss": party.id, "sub": party.id, "aud": party.issuer, "exp": clock.now + 60}
        algs: tuple[Any, ...] = ("none", "None", "nOnE", "NONE", "", None, 5, [], {})
        for number, alg in enumerate(algs):
            with subtests.test(str(alg)):
                refused(presents(party, unsigned(claims | {"jti": str(number)}, alg)), "invalid_client")

    def test_a_public_key_is_no_shared_secret(self, with_keys: Callable[..., Party], subtests: pytest.Subtests) -> None:
        party = with_keys(RSA, alg="RS256")
        pem, der = RSA.as_pem(private=False), RSA.as_der(private=False)
        jwk = json.dumps(RSA.as_dict(private=False)).encode()
        for secret in (pem, pem.strip(), der, jwk, str(RSA.as_dict()["n"]).encode(), b""):
            for alg, kind in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
                with subtests.test(f"{alg} {secret[:20]!r}"):
                    forged = _signed(party, {"alg": alg}, lambda text: hmac.digest(secret, text, kind))  # noqa: B023
                    refused(presents(party, forged), "invalid_client")

    def test_an_algorithm_of_another_kind_of_key_is_refused(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(EC)

        refused(presents(party, party.assertion({"alg": "RS256"}, key=RSA)), "invalid_client")
        refused(presents(party, party.assertion({"alg": "Ed25519"}, key=ED)), "invalid_client")

    def test_an_unknown_critical_header_is_refused(
        self, with_keys: Callable[..., Party], subtests: pytest.Subtests
    ) -> None:
        party = with_keys(EC)
        wrong: tuple[dict[str, Any], ...] = (
            {"crit": ["bork"], "bork": 1},
            {"crit": ["exp"]},
            {"crit": "bork"},
            {"crit": []},
            {"crit": 5},
            {"crit": ["b64"], "b64": False},
        )
        for header in wrong:
            with subtests.test(str(header)):
                refused(presents(party, _signed_raw(party, header)), "invalid_client")

    def test_an_unknown_harmless_header_is_ignored(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(EC)

        proven(presents(party, party.assertion({"trust_chain": ["x"], "typ": "client-authentication+jwt"})))

    def test_what_is_no_assertion_is_refused(self, with_keys: Callable[..., Party], subtests: pytest.Subtests) -> None:
        party = with_keys(EC)
        good = party.assertion()
        head, body, tail = good.split(".")
        nested = base64.urlsafe_b64encode(b"[" * 3000).decode().rstrip("=")
        for text in (
            "", ".", "..", "a.b", "a.b.c", "a.b.c.d.e", f"{head}.{body}.", f"{head}..{tail}", f"{head}.{nested}.{tail}",
            f"{nested}.{body}.{tail}", good + "x", "é" * 50, "x" * 100_000, f"{head}.W10.{tail}",
            f"bnVsbA.{body}.{tail}",
        ):  # fmt: skip
            with subtests.test(text[:20]):
                refused(presents(party, text), "invalid_client")
        refused(party.redeem("x", {}, client_assertion=good), "invalid_client")
        refused(party.redeem("x", {}, client_assertion=good, client_assertion_type="urn:other"), "invalid_client")
        proven(presents(party, good))


class TestPolicies:
    """What an app's profile and registration demand of its assertions."""

    def test_a_baseline_app_may_address_the_endpoint_that_it_calls(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(EC)
        for path, known in (("/revoke", 200), ("/introspect", 200), ("/par", 400), ("/device-authorization", 400)):
            own = party.call(path, {}, token="x", **asserted(party.assertion(aud=party.issuer + path)))
            assert own.status_code == known and b"invalid_client" not in own.get_data()
            another = party.call(path, {}, token="x", **asserted(party.assertion(aud=f"{party.issuer}/userinfo")))
            assert b"invalid_client" in another.get_data()

    @pytest.mark.settings(mtls_origin="https://mtls.beacon.example")
    def test_the_origin_for_certificates_has_the_same_endpoints(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(EC)

        proven(presents(party, party.assertion(aud="https://mtls.beacon.example/token")))
        refused(presents(party, party.assertion(aud="https://mtls.beacon.example")), "invalid_client")

    def test_a_financial_app_addresses_the_issuer_alone_in_one_text(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(EC, profile="fapi2")
        assert _at_revocation(party, aud=party.issuer) == 200
        for audience in ([party.issuer], f"{party.issuer}/revoke", f"{party.issuer}/token", [party.issuer, "x"], None):
            assert _at_revocation(party, aud=audience) == 400

    def test_rs256_is_for_baseline_apps(self, with_keys: Callable[..., Party]) -> None:
        for profile, known in (("baseline", 200), ("high", 400), ("fapi2", 400)):
            party = with_keys(RSA, alg="RS256", profile=profile)
            assert _at_revocation(party) == known
            party.alg = "PS256"
            assert _at_revocation(party) == 200

    def test_the_registered_algorithm_alone_counts(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(RSA, alg="PS256", token_endpoint_auth_signing_alg="PS256")
        proven(party.redeem("x"))
        party.alg = "RS256"
        refused(party.redeem("x"), "invalid_client")

        either = with_keys(ED, alg="Ed25519", token_endpoint_auth_signing_alg="EdDSA")
        proven(either.redeem("x"))

    def test_an_assertion_stays_used_when_the_request_fails_later(self, with_keys: Callable[..., Party]) -> None:
        party = with_keys(EC)
        assertion = party.assertion()
        refused(party.call("/token", {}, **asserted(assertion)), "invalid_request")

        refused(presents(party, assertion), "invalid_client")


@pytest.mark.settings(fetch_allow=("localhost",))
class TestPublishedKeys:
    """Keys at a ``jwks_uri``: fetched before the transaction, and again when a signature fits none of them."""

    def test_an_app_may_change_its_keys(self, with_keys: Callable[..., Party], clock: Clock) -> None:
        second = ECKey.generate_key("P-256", {"kid": "ec-2"})
        with elsewhere() as server:
            uri = server.gives("/keys", {"keys": [EC.as_dict(private=False)]})
            party = with_keys(EC, jwks=None, jwks_uri=uri)
            proven(party.redeem("x"))
            proven(party.redeem("x"))
            assert len(server.asked) == 1

            server.gives("/keys", {"keys": [second.as_dict(private=False)]})
            clock.advance(60)
            proven(presents(party, party.assertion({"kid": "ec-2"}, key=second)))
            refused(party.redeem("x"), "invalid_client")
            assert len(server.asked) == 2

    def test_keys_without_kid_can_change_too(self, with_keys: Callable[..., Party], clock: Clock) -> None:
        bare = [ECKey.generate_key("P-256") for _ in range(2)]
        with elsewhere() as server:
            party = with_keys(bare[0], jwks=None, jwks_uri=server.gives("/keys", {"keys": [bare[0].as_dict(False)]}))
            proven(party.redeem("x"))
            server.gives("/keys", {"keys": [bare[1].as_dict(private=False)]})
            clock.advance(61)

            proven(presents(party, party.assertion(key=bare[1])))

    def test_where_no_keys_can_be_had_nobody_is_let_in(self, with_keys: Callable[..., Party]) -> None:
        with elsewhere() as server:
            party = with_keys(EC, jwks=None, jwks_uri=f"{server.origin}/none")
            refused(party.redeem("x"), "invalid_client")
            refused(party.redeem("x"), "invalid_client")
            assert len(server.asked) == 1


def _at_revocation(party: Party, **changes: Any) -> int:
    """The status of a revocation, which asks for nothing but the app's proof."""
    return party.call("/revoke", {}, token="x", **asserted(party.assertion(**changes))).status_code


def _signed_raw(party: Party, header: dict[str, Any]) -> str:
    """A well-signed assertion with header members that the signing library would refuse to write."""
    return _signed(party, {"alg": "ES256"} | header, lambda text: JWSRegistry.algorithms["ES256"].sign(text, party.key))


def _signed(party: Party, header: dict[str, Any], signer: Callable[[bytes], bytes]) -> str:
    head, body = _segment(json.dumps(header).encode()), party.assertion().split(".")[1]
    return f"{head}.{body}.{_segment(signer(f'{head}.{body}'.encode()))}"


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
