"""How often: every limit of Beacon in one table, to be read aloud.

Each limit has two budgets. The account's stops someone who guesses at one resident from many places; the network's (a
/24 or /64) stops someone who tries one guess on many residents. Neither can be split by the other (threats row 13).
A browser in which a resident has signed in before has an account budget of its own for passwords, so that nobody shuts
the resident out of it (:mod:`idp.accounts.known`).
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.kernel.clock import HOUR, MINUTE


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``allowed`` uses within ``window`` seconds. A window starts with its first use."""

    allowed: int
    window: int


@dataclass(frozen=True, slots=True)
class Limit:
    """One named limit: what a key of an account and what a network may use, and why so much."""

    name: str
    account: Budget
    network: Budget
    why: str


LIMITS = {
    limit.name: limit
    for limit in (
        Limit(
            "password",
            account=Budget(10, 15 * MINUTE),
            network=Budget(100, 10 * MINUTE),
            why="Plenty for someone who mistypes, nothing against a password that is not on a list.",
        ),
        Limit(
            "second_factor",
            account=Budget(10, HOUR),
            network=Budget(100, 10 * MINUTE),
            why="Three time steps count, so a code is guessed once in 330,000 tries; ten an hour make that years.",
        ),
        Limit(
            "recovery_code",
            account=Budget(5, HOUR),
            network=Budget(50, HOUR),
            why="Typed from paper, rarely; five tries forgive misreading.",
        ),
        Limit(
            "mailed_code",
            account=Budget(10, HOUR),
            network=Budget(100, 10 * MINUTE),
            why="Two codes with five tries each; a new code does not bring new tries (63B section 3.1.3.2).",
        ),
        Limit(
            "mail_send",
            account=Budget(3, HOUR),
            network=Budget(30, 10 * MINUTE),
            why="Nobody's mailbox can be flooded from here; three letters cover one that was lost.",
        ),
        Limit(
            "sign_up",
            account=Budget(5, HOUR),
            network=Budget(100, HOUR),
            why="A library or a mobile carrier hides many people behind one address; a flood is still a machine.",
        ),
        Limit(
            "parked_request",
            account=Budget(60, 10 * MINUTE),
            network=Budget(1000, 10 * MINUTE),
            why="Each is kept for a while. One browser with so many goes round in circles; a network is a flood.",
        ),
        Limit(
            "pushed_request",
            account=Budget(3000, MINUTE),
            network=Budget(6000, MINUTE),
            why="An app pushes one for each sign-in that it begins; more than fifty a second is a loop or a flood.",
        ),
        Limit(
            "public_push",
            account=Budget(60, 10 * MINUTE),
            network=Budget(100, 10 * MINUTE),
            why="Anybody can push for an app without a secret, and each push is kept: only the network is charged.",
        ),
        Limit(
            "request_uri",
            account=Budget(300, MINUTE),
            network=Budget(600, MINUTE),
            why="Each makes Beacon call the app. No stranger shall use that to flood it.",
        ),
        Limit(
            "device_request",
            account=Budget(300, 10 * MINUTE),
            network=Budget(600, 10 * MINUTE),
            why="A building may have a hundred kiosks of one app, and each shows a new code now and then.",
        ),
        Limit(
            "user_code",
            account=Budget(8, 10 * MINUTE),
            network=Budget(12, 10 * MINUTE),
            why="Codes are short, so guessing is dear: only wrong tries count (RFC 8628 section 5.1).",
        ),
        Limit(
            "client_auth",
            account=Budget(20, MINUTE),
            network=Budget(200, MINUTE),
            why="An app fails to prove itself in bursts only when it is set up wrongly or somebody guesses its secret.",
        ),
        Limit(
            "registration",
            account=Budget(500, HOUR),
            network=Budget(20, HOUR),
            why="Only where anybody may register: a developer tries a few times; the account is all of them together.",
        ),
        Limit(
            "registration_change",
            account=Budget(60, HOUR),
            network=Budget(200, HOUR),
            why="An app looks after its registration now and then; a change may let Beacon fetch, and is on record.",
        ),
    )
}
