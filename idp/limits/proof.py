"""Proof of work: a small cost for each try where many fail, paid by a browser's script, or by waiting without one.

A challenge is bound to what is tried and for whom, and to its time; the library signs the canonical JSON of all of it,
so no field runs into another (CVE-2025-68113). It is good for five minutes and once. The work is to find the counter
whose PBKDF2 begins as the challenge says; its upper bound keeps an old telephone under three seconds. It raises the
cost of trying, and tells nothing about people.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass

from altcha import Challenge, Payload, Solution, create_challenge, verify_solution
from flask import has_request_context, request

from idp.kernel import clock
from idp.kernel.clock import MINUTE
from idp.kernel.crypto import blind_index, digest, keyring
from idp.limits.errors import ProofOwed
from idp.limits.ladder import COSTLY_PROOF, FREE, PROOF, Level

LIFETIME = 5 * MINUTE
PATIENCE = 30
"""A challenge of this age in seconds is as good as a solved one, so that nobody needs script."""

LONGEST = 2048
ALGORITHM = "PBKDF2/SHA-256"
ROUNDS = {PROOF: 2_000, COSTLY_PROOF: 8_000}
"""PBKDF2 iterations of one step of the search, by level."""

FEWEST, MOST = 100, 300
"""Between which counters the answer lies: at most 2.4 million iterations."""

CHALLENGE = "challenge"
SOLUTION = "solution"


@dataclass(frozen=True, slots=True)
class Proof:
    """What came with a form: a challenge of ours and what a script found, empty without one."""

    challenge: str
    solution: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a proof is worth for one try: a ``level``, zero while it is neither solved nor old enough.

    ``asked`` is the level of its challenge, zero where that is none of ours for this try. ``name`` is what it is spent
    under, ``until`` when it ends (seconds since the epoch).
    """

    level: Level = FREE
    asked: Level = FREE
    challenge: str = ""
    name: bytes = b""
    until: int = 0


def challenge(name: str, account: str, level: Level) -> str:
    """A new challenge for a try at the limit ``name`` by the key ``account``."""
    now = clock.now()
    made = create_challenge(
        ALGORITHM,
        ROUNDS[level],
        counter=FEWEST + secrets.randbelow(MOST - FEWEST),
        data={"for": _bound(name, account), "level": level, "at": now, "until": now + LIFETIME},
        hmac_secret=_secret("challenge"),
        hmac_key_secret=_secret("solution"),
    )
    return base64.b64encode(json.dumps(made.to_dict(), separators=(",", ":")).encode()).decode()


def presented() -> Proof | None:
    """The proof that came with the form at hand, whichever page it is on."""
    if not has_request_context() or request.method != "POST" or not (text := request.form.get(CHALLENGE, "")):
        return None
    return Proof(text, request.form.get(SOLUTION, ""))


def examine(name: str, account: str, proof: Proof | None) -> Verdict:
    """What ``proof`` is worth for this try. Whether it was spent before is for the store to say."""
    if proof is None or (payload := _read(proof)) is None:
        return Verdict()
    found = verify_solution(payload, _secret("challenge"), hmac_key_secret=_secret("solution"))
    facts = payload.challenge.parameters.data or {}
    if found.invalid_signature is not False or facts.get("for") != _bound(name, account):
        return Verdict()
    now, asked = clock.now(), facts["level"]
    if not facts["at"] <= now < facts["until"]:
        return Verdict()
    good = found.verified or now - facts["at"] >= PATIENCE
    signature = str(payload.challenge.signature)
    return Verdict(asked if good else FREE, asked, proof.challenge, digest(signature), facts["until"])


def owed(name: str, account: str, level: Level, brought: Verdict) -> ProofOwed:
    """What to ask for: the challenge that came, where it only has to be solved or grow older, or else a new one."""
    waiting = brought.asked >= level and not brought.level
    return ProofOwed(brought.challenge if waiting else challenge(name, account, level), PATIENCE)


def _read(proof: Proof) -> Payload | None:
    if len(proof.challenge) > LONGEST or len(proof.solution) > LONGEST:
        return None
    try:
        made = Challenge.from_dict(json.loads(base64.b64decode(proof.challenge, validate=True)))
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(made.parameters.data, dict):
        return None
    return Payload(made, Solution(0, proof.solution))


def _bound(name: str, account: str) -> str:
    return blind_index("proof of work", f"{name}\0{account}").hex()


def _secret(which: str) -> bytes:
    return keyring().keyed("index", f"proof of work\0{which}")
