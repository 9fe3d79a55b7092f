"""What may be set anew after which proofs: one table, pure (NIST SP 800-63B-4 section 4.2.2).

Always two different methods, or one and a wait that every address hears of. Nothing turns into another of its own kind:
a password never leads to a new password, and a second factor never to a new second factor. A code that was saved may
stand in for the one by email. Recovery contacts and repeated identity proofing have no row, since neither exists yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Proof = Literal["email", "saved_code", "password", "authenticator", "wait"]
"""``email``: a mailed code. ``saved_code``: one of the saved recovery codes. ``authenticator``: any second factor that
still works, whichever it is and however many of them. ``wait``: the guarded slow way was waited out."""

Reset = Literal["password", "second_factor"]
Owed = Literal["more", "password", "second_factor", "nothing"]

PROOFS: tuple[Proof, ...] = get_args(Proof)


@dataclass(frozen=True, slots=True)
class Row:
    """Who has shown all of ``shown`` may set ``may`` anew."""

    situation: str
    shown: frozenset[Proof]
    may: frozenset[Reset]


def _row(situation: str, shown: Iterable[Proof], *may: Reset) -> Row:
    return Row(situation, frozenset(shown), frozenset(may))


TABLE = (
    _row("forgot the password, has a second factor", ("email", "authenticator"), "password"),
    _row("forgot the password, has a second factor and saved codes", ("saved_code", "authenticator"), "password"),
    _row("lost the second factor, knows the password", ("email", "password"), "second_factor"),
    _row("lost the second factor, knows the password, has saved codes", ("saved_code", "password"), "second_factor"),
    _row("lost both, has saved codes", ("email", "saved_code"), "password", "second_factor"),
    _row("lost all, has waited", ("email", "wait"), "password", "second_factor"),
)

UNGUARDED = _row("never had a second factor", ("email",), "password")
"""An account that never could reach AAL2 is as safe as its mailbox, and no safer (section 4.2.2.1)."""


def may_reset(shown: Collection[Proof], *, guarded: bool = True) -> frozenset[Reset]:
    """What may be set anew. ``guarded`` is whether the account ever had a second factor, working or not."""
    rows = TABLE if guarded else (*TABLE, UNGUARDED)
    return frozenset(reset for row in rows if row.shown <= set(shown) for reset in row.may)


def leads_on(shown: Collection[Proof], proof: Proof, *, guarded: bool = True) -> bool:
    """Whether showing ``proof`` as well would allow more."""
    return proof not in shown and may_reset({*shown, proof}, guarded=guarded) > may_reset(shown, guarded=guarded)


def owed(shown: Collection[Proof], done: Collection[Reset], *, guarded: bool = True) -> Owed:
    """What comes next: another proof, or what is to be set anew. ``done`` is what was set anew already.

    Who has shown a password or a second factor needs no new one.
    """
    may = may_reset(shown, guarded=guarded)
    if not may:
        return "more"
    if "password" in may and "password" not in {*shown, *done}:
        return "password"
    if "second_factor" in may and "authenticator" not in shown and "second_factor" not in done:
        return "second_factor"
    return "nothing"
