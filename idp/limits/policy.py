"""How often: every limit of Beacon in one table, to be read aloud.

Each limit looks at the account and at the network (a /24 or /64), and neither can be split by the other (threats row
13). What a key of an account may do is a plain budget, or for passwords a ladder of growing waits. A network has a
budget, or a spread: it counts different accounts that fail, or that letters are asked for, and then asks for proofs of
work, so that no school, shelter or mobile carrier is ever shut out by somebody else there. A browser in which a
resident has signed in before has a ladder of its own (:mod:`idp.accounts.known`), so that nobody shuts the resident out
of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from idp.kernel.clock import DAY, HOUR, MINUTE
from idp.limits.ladder import COSTLY_PROOF, PROOF, Crowd, Ladder, Spread, Step

ENDLESS = 1 << 30


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``allowed`` uses within ``window`` seconds. A window starts with its first use."""

    allowed: int
    window: int


@dataclass(frozen=True, slots=True)
class Limit:
    """One named limit: what a key of an account and what a network may use, and why so much.

    ``known`` is what a browser that the account is known to may do in its own lane, where that is more, and ``secret``
    counts the accounts that one wrong secret was tried on, whoever tries it. ``notify`` are the counts of failures in a
    row at which the resident is told. ``when_lost`` is what happens while a separate counter server cannot be
    reached: uses are counted in the database meanwhile (``count``), everybody owes a proof of work besides (``prove``),
    or nobody may (``refuse``).
    """

    name: str
    account: Budget | Ladder | None
    network: Budget | Spread | None
    why: str
    known: Ladder | None = None
    notify: tuple[int, ...] = ()
    secret: Spread | None = None
    when_lost: Literal["count", "prove", "refuse"] = "count"


CROWD = Spread((Crowd(20, PROOF), Crowd(101, COSTLY_PROOF)), window=10 * MINUTE, alarm=501)
"""For networks: twenty people of one school may fail in ten minutes before anybody there is asked for anything."""

LIMITS = {
    limit.name: limit
    for limit in (
        Limit(
            "password",
            account=Ladder(
                (
                    Step(5),
                    Step(10, proof=PROOF),
                    Step(20, wait=30),
                    Step(30, wait=5 * MINUTE),
                    Step(ENDLESS, wait=HOUR),
                )
            ),
            known=Ladder(
                (
                    Step(10),
                    Step(20, proof=PROOF),
                    Step(30, wait=30),
                    Step(50, wait=5 * MINUTE),
                    Step(ENDLESS, wait=HOUR),
                )
            ),
            network=CROWD,
            notify=(10, 30),
            when_lost="prove",
            why="Room for who mistypes; at one an hour the last tries take days, and the resident was told twice.",
        ),
        Limit(
            "password_spray",
            account=None,
            network=None,
            secret=Spread((Crowd(10, PROOF),), window=10 * MINUTE, alarm=10),
            why="One wrong password at ten accounts within minutes is no coincidence, wherever it comes from.",
        ),
        Limit(
            "second_factor",
            account=Budget(10, HOUR),
            network=CROWD,
            when_lost="refuse",
            why="Three time steps count, so a code is guessed once in 330,000 tries; ten an hour make that years.",
        ),
        Limit(
            "passkey",
            account=None,
            network=Budget(12_000, 10 * MINUTE),
            when_lost="count",
            why="Nobody guesses a signature, so this stops floods alone: each sign-in page asks for a challenge.",
        ),
        Limit(
            "recovery_code",
            account=Budget(5, HOUR),
            network=CROWD,
            when_lost="refuse",
            why="Typed from paper, rarely; five tries forgive misreading.",
        ),
        Limit(
            "mailed_code",
            account=Budget(10, HOUR),
            network=CROWD,
            when_lost="refuse",
            why="Two codes with five tries each; a new code does not bring new tries (63B section 3.1.3.2).",
        ),
        Limit(
            "texted_code",
            account=Budget(10, HOUR),
            network=CROWD,
            when_lost="refuse",
            why="As with mailed codes: two codes with five tries each, however many were sent (63B section 3.1.3.2).",
        ),
        Limit(
            "text_pause",
            account=Budget(1, 30),
            network=None,
            why="The key is the number: a text takes some seconds, and who presses twice wants one.",
        ),
        Limit(
            "text_number",
            account=Budget(5, HOUR),
            network=None,
            why="The key is the number: nobody's phone can be flooded from here, by however many accounts.",
        ),
        Limit(
            "text_number_day",
            account=Budget(10, DAY),
            network=None,
            why="The key is the number: nor all day long.",
        ),
        Limit(
            "text_account",
            account=Budget(5, HOUR),
            network=Budget(300, HOUR),
            why="Who asks on and on tires out a resident or earns by texts. Mobile carriers share networks.",
        ),
        Limit(
            "text_account_day",
            account=Budget(10, DAY),
            network=Budget(3000, DAY),
            why="The same over a day, whatever numbers the account has.",
        ),
        Limit(
            "text_block",
            account=Budget(100, HOUR),
            network=None,
            why="The key is a block of 10,000 numbers: pumping rents whole blocks, residents live in all of them.",
        ),
        Limit(
            "text_returned",
            account=Budget(1_000_000, HOUR),
            network=None,
            why="Not a limit: counts the codes that came back from a block, for the breaker.",
        ),
        Limit(
            "text_stop",
            account=Budget(1, HOUR),
            network=None,
            why="The breaker: a block that returns fewer than 3 in 10 of 20 codes or more gets none for an hour.",
        ),
        Limit(
            "text_day",
            account=Budget(50_000, DAY),
            network=None,
            why="All texts and calls together: what a bad day may cost. A state of 1.5 million needs less than half.",
        ),
        Limit(
            "mail_send",
            account=Budget(3, HOUR),
            network=Budget(600, HOUR),
            why="Nobody's mailbox can be flooded from here; three letters cover one that was lost. A school signs up.",
        ),
        Limit(
            "recover",
            account=Budget(3, HOUR),
            network=CROWD,
            why="Codes to recover an account; a browser that the account knows has three of its own.",
        ),
        Limit(
            "recover_day",
            account=Budget(10, DAY),
            network=Budget(3000, DAY),
            why="The same over a day.",
        ),
        Limit(
            "recover_guess",
            account=Budget(10, HOUR),
            network=CROWD,
            when_lost="refuse",
            why="Two codes with five tries each, over all the codes that an account was sent.",
        ),
        Limit(
            "add_email",
            account=Budget(10, HOUR),
            network=Budget(100, HOUR),
            why="Somebody who is signed in can have letters sent to strangers; nobody adds ten addresses in an hour.",
        ),
        Limit(
            "sign_up",
            account=Budget(5, HOUR),
            network=CROWD,
            why="A library or a mobile carrier hides many people behind one address: they pay by work, and are let in.",
        ),
        Limit(
            "notice",
            account=Budget(100, HOUR),
            network=None,
            why="What is said under a notice is written and mailed. Nobody guesses its secret, or stops who has it.",
        ),
        Limit(
            "parked_request",
            account=Budget(60, 10 * MINUTE),
            network=Budget(6000, 10 * MINUTE),
            why="Each is kept for a while. One browser with so many goes round in circles; a school begins more.",
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
            network=Budget(6000, 10 * MINUTE),
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
            when_lost="refuse",
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
