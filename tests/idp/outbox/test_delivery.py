"""Delivery: each message once, tried again when it fails, back again when a worker dies."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from idp.kernel import db
from idp.kernel.contracts import Courier
from idp.kernel.fetch import FetchRefused
from idp.outbox.errors import NotDelivered
from idp.outbox.models import Message
from idp.outbox.service import (
    FIRST_WAIT,
    KEPT_FOR,
    LEASE,
    LONGEST_WAIT,
    MAIL,
    MOST_TRIES,
    Parcel,
    deliver_due,
    deliveries,
    drop,
    newest,
    purge,
    queue,
    queue_all,
)
from tests.idp.outbox.post import Bag, rows, states, write
from tests.support.clock import START, Clock


def test_what_is_due_is_delivered_once(app: Flask, bag: Bag) -> None:
    for number in range(5):
        write(about=str(number))

    assert [deliver_due(3), deliver_due(3), deliver_due(3)] == [3, 2, 0]

    assert sorted(letter["subject"] for letter in bag.delivered) == [
        f"January 15, 2027: {number}" for number in range(5)
    ]
    assert states() == ["sent"] * 5
    assert rows()[0].finished_at == START


def test_the_courier_gets_the_letter_and_its_rows_id(app: Flask, bag: Bag) -> None:
    write()
    deliver_due(1)

    (letter,) = bag.delivered
    assert set(letter) == {"id", "to", "subject", "text", "html"}
    assert letter["id"] == rows()[0].id


def test_a_failure_is_tried_again_later_and_later(app: Flask, bag: Bag, clock: Clock) -> None:
    write()
    bag.trouble = NotDelivered("SMTPDataError 451")

    assert deliver_due(10) == 1
    assert (states(), rows()[0].error, rows()[0].attempts) == (["waiting"], "SMTPDataError 451", 1)

    clock.advance(FIRST_WAIT - 1)
    assert deliver_due(10) == 0
    clock.advance(1)
    assert deliver_due(10) == 1
    clock.advance(2 * FIRST_WAIT - 1)
    assert deliver_due(10) == 0

    bag.trouble = None
    clock.advance(1)
    assert deliver_due(10) == 1
    assert (states(), len(bag.delivered), bag.tried) == (["sent"], 1, 3)


def test_after_ten_tries_a_message_is_given_up(app: Flask, bag: Bag, clock: Clock) -> None:
    write()
    bag.trouble = OSError("no route to ada@residents.example")

    for _ in range(MOST_TRIES + 3):
        deliver_due(10)
        clock.advance(24 * 3600)

    assert (states(), bag.tried, rows()[0].attempts) == (["failed"], 10, 10)
    assert rows()[0].error == "OSError", "an error's own words may hold an address"
    assert rows()[0].finished_at is not None


def test_letters_go_before_everything_else(app: Flask, bag: Bag, receivers: Receivers, clock: Clock) -> None:
    queue_all("note", [Parcel({"app": name}, client_id=name) for name in ("one", "other")])
    clock.advance(60)
    write()

    assert deliver_due(1) == len(bag.delivered) == 1 and receivers.tried == []
    assert deliver_due(10) == len(receivers.tried) == 2


def test_what_still_waits_can_be_dropped(app: Flask, receivers: Receivers) -> None:
    receivers.silent = {"one"}
    queue("note", {"app": "other"}, client_id="other")
    deliver_due(10)
    queue_all("note", [Parcel({"app": name}, client_id=name) for name in ("one", "one", "other")])
    queue("word", {"app": "one"}, client_id="one")
    drop("note", "one")

    assert [(one.kind, one.state) for one in deliveries("one")] == [("word", "waiting")]
    assert sorted(one.state for one in deliveries("other")) == ["sent", "waiting"]


def test_one_bad_message_does_not_hold_up_the_others(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered = []

    def picky(letter: Any) -> None:
        if letter["to"].startswith("bad"):
            raise ValueError
        delivered.append(letter["to"])

    monkeypatch.setitem(app.extensions["beacon.registry"].couriers, MAIL, Courier(MAIL, picky))
    for to in ("bad@residents.example", "ada@residents.example", "bob@residents.example"):
        write(to)

    deliver_due(10)

    assert sorted(delivered) == ["ada@residents.example", "bob@residents.example"]
    assert states() == ["waiting", "sent", "sent"]


def test_a_message_nobody_can_carry_waits(app: Flask) -> None:
    write()
    with db.transaction():
        db.execute(update(Message).values(kind="pigeon"))

    deliver_due(1)

    assert (states(), rows()[0].error) == (["waiting"], "no courier for this kind")


def test_a_dead_workers_message_comes_back_when_its_lease_is_over(app: Flask, bag: Bag, clock: Clock) -> None:
    write()
    bag.trouble = SystemExit()
    with pytest.raises(SystemExit):
        deliver_due(1)
    bag.trouble = None
    assert states() == ["sending"]

    clock.advance(LEASE - 1)
    assert deliver_due(1) == 0
    clock.advance(1)
    assert deliver_due(1) == 1
    assert (states(), rows()[0].attempts) == (["sent"], 2)


def test_a_worker_that_lost_its_lease_does_not_write_over_the_others_result(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    tries = []

    def slow(_letter: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            clock.advance(LEASE)
            assert deliver_due(1) == 1
            raise TimeoutError

    monkeypatch.setitem(app.extensions["beacon.registry"].couriers, MAIL, Courier(MAIL, slow))
    deliver_due(1)

    assert (states(), rows()[0].attempts, len(tries)) == (["sent"], 2, 2)


def test_a_worker_turns_to_its_other_work_after_a_while(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(_letter: Any) -> None:
        clock.advance(2)

    monkeypatch.setitem(app.extensions["beacon.registry"].couriers, MAIL, Courier(MAIL, slow))
    for _ in range(10):
        write()

    assert deliver_due(10) == 3
    assert Counter(states()) == {"sent": 3, "waiting": 7}


def test_many_workers_deliver_each_letter_once(app: Flask, bag: Bag) -> None:
    for number in range(60):
        write(about=str(number))
    together = Barrier(6)

    def work(_number: int) -> int:
        with app.app_context():
            together.wait()
            return sum(deliver_due(100) for _ in range(3))

    with ThreadPoolExecutor(6) as pool:
        tried = sum(pool.map(work, range(6)))

    assert tried == bag.tried == 60
    assert Counter(letter["subject"] for letter in bag.delivered) == {f"January 15, 2027: {n}": 1 for n in range(60)}
    assert states() == ["sent"] * 60


def test_development_keeps_what_was_sent_to_show_it(app: Flask, bag: Bag) -> None:
    write()
    deliver_due(1)

    assert [letter.state for letter in newest(10)] == ["sent"]


@pytest.mark.parametrize("trouble", [None, OSError()], ids=["sent", "failed"])
def test_production_erases_what_a_finished_letter_said(
    production: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch, trouble: BaseException | None
) -> None:
    bag = Bag(trouble=trouble)
    monkeypatch.setitem(production.extensions["beacon.registry"].couriers, MAIL, Courier(MAIL, bag.deliver))
    write()
    assert rows()[0].payload is not None

    for _ in range(MOST_TRIES):
        deliver_due(1)
        clock.advance(24 * 3600)

    assert rows()[0].state == ("failed" if trouble else "sent")
    assert rows()[0].payload is None
    assert newest(10) == []


def test_finished_messages_go_after_a_month_and_waiting_ones_stay(app: Flask, bag: Bag, clock: Clock) -> None:
    for _ in range(3):
        write()
    deliver_due(10)
    bag.trouble = OSError()
    clock.advance(1)
    write()
    deliver_due(10)

    clock.advance(KEPT_FOR - 1)
    assert purge(10) == 0
    clock.advance(1)
    assert [purge(2), purge(2)] == [2, 1]
    assert states() == ["waiting"]


class Receivers:
    """Apps by client id; those in ``silent`` do not answer."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.silent: set[str] = set()
        self.tried: list[str] = []
        monkeypatch.setitem(app.extensions["beacon.registry"].couriers, "note", Courier("note", self.deliver))

    def deliver(self, message: Any) -> None:
        self.tried.append(message["app"])
        if message["app"] in self.silent:
            raise FetchRefused("It did not answer.", detail="TimeoutError")


@pytest.fixture
def receivers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Receivers:
    return Receivers(app, monkeypatch)


def test_an_app_that_does_not_answer_waits_and_holds_up_nobody(app: Flask, receivers: Receivers, clock: Clock) -> None:
    queue_all("note", [Parcel({"app": name}, client_id=name) for name in ("slow", "slow", "slow", "good", "slow")])
    receivers.silent = {"slow"}
    deliver_due(10)
    assert sorted(receivers.tried) == ["good", "slow"], "one try, and the rest of them wait"

    clock.advance(FIRST_WAIT - 1)
    assert deliver_due(10) == 0
    receivers.silent = set()
    clock.advance(1)
    assert deliver_due(10) == 4
    assert states() == ["sent"] * 5


def test_what_is_too_old_for_a_silent_app_is_given_up(app: Flask, receivers: Receivers, clock: Clock) -> None:
    queue_all("note", [Parcel({"app": "slow"}, client_id="slow") for _ in range(4)])
    clock.advance(LONGEST_WAIT)
    queue("note", {"app": "slow"}, client_id="slow")
    receivers.silent = {"slow"}
    deliver_due(10)

    assert Counter((one.state, one.error) for one in deliveries("slow")) == {
        ("failed", "the app does not answer"): 4,
        ("waiting", None): 1,
    }
    assert len(receivers.tried) == 1


def test_the_log_of_an_app_is_newest_first_and_says_nothing_of_the_content(
    app: Flask, receivers: Receivers, clock: Clock
) -> None:
    queue("note", {"app": "one", "sub": "secret"}, client_id="one", account_id="ana")
    clock.advance(5)
    queue("note", {"app": "one"}, client_id="one")
    queue("note", {"app": "other"}, client_id="other")
    deliver_due(10)

    log = deliveries("one")
    assert [(one.kind, one.state, one.attempts, one.created_at, one.finished_at) for one in log] == [
        ("note", "sent", 1, START + 5, START + 5),
        ("note", "sent", 1, START, START + 5),
    ]
    assert "secret" not in str(log) and "ana" not in str(log)
    assert len(deliveries("one", limit=1)) == 1 and deliveries("unknown") == []
