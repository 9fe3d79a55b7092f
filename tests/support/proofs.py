"""Solving challenges, as a browser's script does."""

from __future__ import annotations

import base64
import json

import pytest
from altcha import Challenge, solve_challenge

from idp.limits import proof
from idp.limits.ladder import COSTLY_PROOF, PROOF
from idp.limits.proof import Proof


def make_cheap(patch: pytest.MonkeyPatch) -> None:
    """Let challenges cost a thousandth, for tests that solve many."""
    patch.setattr(proof, "ROUNDS", {PROOF: 2, COSTLY_PROOF: 8})


def solved(challenge: str) -> Proof:
    """The challenge with its solution."""
    solution = solve_challenge(Challenge.from_dict(json.loads(base64.b64decode(challenge))))
    assert solution
    return Proof(challenge, solution.derived_key)
