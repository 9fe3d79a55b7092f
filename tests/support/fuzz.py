"""Malformed requests over every address that Beacon has, drawn from a seed so that each run can be had again."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask

NAMES = (
    "client_id redirect_uri response_type response_mode scope state nonce code_challenge code_challenge_method prompt "
    "max_age acr_values login_hint ui_locales id_token_hint claims claims_locales display request request_uri resource "
    "registration dpop_jkt grant_type code code_verifier refresh_token client_secret client_assertion "
    "client_assertion_type token token_type_hint device_code user_code subject_token subject_token_type actor_token "
    "requested_token_type audience post_logout_redirect_uri logout_hint access_token email password csrf_token "
    "decision claim session return_to redirect_uris jwks software_statement __proto__ client_id[] purpose"
).split()
GRANTS = (
    "authorization_code refresh_token client_credentials password urn:ietf:params:oauth:grant-type:device_code "
    "urn:ietf:params:oauth:grant-type:token-exchange urn:ietf:params:oauth:grant-type:jwt-bearer"
).split()
NASTY = (
    *("", " ", "\0", "a\0b", "\r\nX-Probe: 1", "%00", "%ff", "\ufffe", "\ud800", "é" * 40, "ｘ", "\u202e", "a" * 9000),
    *("null", "true", "-1", "0", "1e999", "99999999999999999999", "NaN", "[]", "{}", '{"a":' * 60, "[" * 200),
    *("<script>", "' OR 1=1--", "{{7*7}}", "%(x)s", "../../etc/passwd", "javascript:alert(1)", "data:text/html,x"),
    *("http://169.254.169.254/", "http://[::1", "https://a@b:99999/", "urn:ietf:params:oauth:request_uri:x", "//x"),
    *("eyJhbGciOiJub25lIn0.e30.", "a.b.c", "a.b.c.d.e", "..", "eyJhbGciOlsxXX0.W10.eA", "e30.e30.e30", "....."),
    *('{"userinfo":{"sub":{"value":5}}}', '{"id_token":[]}', '{"keys":[{}]}', "openid\topenid", "S256", "none login"),
)
KINDS = (
    *("application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data; boundary=x"),
    *("application/x-www-form-urlencoded; charset=utf-16", "application/json; charset=nonsense", "", "a/b/c", "\t"),
)
SCHEMES = ("Basic", "Bearer", "DPoP", "bearer", "Digest", "", "Basic Basic")


@dataclass(frozen=True)
class Malformed:
    """One request."""

    method: str
    path: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def malformed(app: Flask, seed: int, known: tuple[str, ...]) -> Iterator[Malformed]:
    """Requests without end. ``known`` are texts that get further than chance would: client ids, secrets, addresses."""
    draw = random.Random(seed)  # noqa: S311  chance that can be had again
    routes = [(rule.rule, sorted(rule.methods or ())) for rule in app.url_map.iter_rules()]
    while True:
        rule, methods = draw.choice(routes)
        method = draw.choice([*methods, "POST", "GET", draw.choice(("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"))])
        query = f"?{_pairs(draw, known)}" if draw.random() < 0.6 else ""
        kind = draw.choice(KINDS)
        body = _body(draw, kind, known) if method not in {"GET", "HEAD"} else b""
        yield Malformed(method, _filled(draw, rule, known) + query, _headers(draw, kind, known), body)


def _filled(draw: random.Random, rule: str, known: tuple[str, ...]) -> str:
    parts = [
        quote(_value(draw, known)[:300], safe="", errors="surrogatepass") or "x" if p.startswith("<") else p
        for p in rule.split("/")
    ]
    return "/".join(parts)


def _headers(draw: random.Random, kind: str, known: tuple[str, ...]) -> list[tuple[str, str]]:
    headers = [("Content-Type", kind)] if kind.strip() else []
    if draw.random() < 0.5:
        credentials = _header_text(draw, known)
        if draw.random() < 0.5:
            credentials = base64.b64encode(f"{draw.choice(known)}:{credentials}".encode(errors="replace")).decode()
        headers.append(("Authorization", f"{draw.choice(SCHEMES)} {credentials}"))
    for name in ("DPoP", "Cookie", "Accept", "Accept-Language", "Content-Encoding", "X-Forwarded-For", "Client-Cert"):
        headers += [(name, _header_text(draw, known))] if draw.random() < 0.15 else []
    return headers


def _body(draw: random.Random, kind: str, known: tuple[str, ...]) -> bytes:
    chance = draw.random()
    if chance < 0.1:
        return draw.randbytes(draw.randrange(200))
    if "json" in kind:
        return json.dumps(_json(draw, known, 3)).encode(errors="replace")
    return _pairs(draw, known).encode(errors="replace")


def _json(draw: random.Random, known: tuple[str, ...], depth: int) -> Any:
    if depth == 0 or draw.random() < 0.3:
        return draw.choice([_value(draw, known), None, True, 0, -1, 1e300, [], {}])
    if draw.random() < 0.3:
        return [_json(draw, known, depth - 1) for _ in range(draw.randrange(4))]
    return {draw.choice(NAMES): _json(draw, known, depth - 1) for _ in range(draw.randrange(8))}


def _pairs(draw: random.Random, known: tuple[str, ...]) -> str:
    pairs = [(draw.choice(NAMES), _value(draw, known)) for _ in range(draw.randrange(1, 9))]
    if draw.random() < 0.3:
        pairs.append(("grant_type", draw.choice(GRANTS)))
    text = urlencode(pairs, errors="surrogatepass")
    return text if draw.random() < 0.9 else text + draw.choice(("&", "&&=", "%", "%zz", "&a", ";b=c", "\xff"))


def _value(draw: random.Random, known: tuple[str, ...]) -> str:
    return draw.choice(known) if draw.random() < 0.4 else draw.choice(NASTY)


def _header_text(draw: random.Random, known: tuple[str, ...]) -> str:
    text = _value(draw, known)[:4000]
    return "".join(letter for letter in text if " " <= letter <= "~")
