"""Codes sent to an address."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp.accounts import codes
from idp.accounts.errors import CodeExhausted, CodeExpired, WrongCode
from idp.accounts.models import OneTimeCode
from idp.audit.service import search
from idp.kernel.db import execute
from idp.kernel.errors import DomainError
from tests.support.clock import Clock


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def redeem_many(app: Flask, times: int, redeem: Callable[[], None]) -> Counter[str]:
    """Run ``redeem`` at once in many threads, each with its own connection; count what each was told."""
    told: list[str] = []
    start = threading.Barrier(times)

    def run() -> None:
        with app.app_context():
            start.wait()
            try:
                redeem()
            except DomainError as refusal:
                told.append(refusal.code)
            else:
                told.append("done")

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(told)


def test_the_code_that_was_sent_works_once(app: Flask) -> None:
    code = codes.issue("sign_up", "holder")
    codes.redeem("sign_up", "holder", code)
    with pytest.raises(CodeExpired):
        codes.redeem("sign_up", "holder", code)


@pytest.mark.parametrize("shape", ["{0}{1}", " {0} {1} ", "{0}-{1}", "{0}\u00a0{1}"])
def test_spaces_and_dashes_do_not_matter(app: Flask, shape: str) -> None:
    code = codes.issue("sign_up", "holder")
    codes.redeem("sign_up", "holder", shape.format(code[:3], code[3:]))
    with pytest.raises(CodeExpired):
        codes.redeem("sign_up", "holder", code)


def test_digits_of_another_keyboard_are_read(app: Flask) -> None:
    code = codes.issue("sign_up", "holder")
    arabic = str.maketrans("0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669")
    codes.redeem("sign_up", "holder", code.translate(arabic))
    with pytest.raises(CodeExpired):
        codes.redeem("sign_up", "holder", code)


@pytest.mark.parametrize("typed", ["", "0", "12345", "1234567", "abcdef", "\0", "9" * 1_000_000, "\ud800"])
def test_anything_else_is_a_wrong_code(app: Flask, typed: str) -> None:
    code = codes.issue("sign_up", "holder")
    with pytest.raises(WrongCode):
        codes.redeem("sign_up", "holder", typed)
    codes.redeem("sign_up", "holder", code)


def test_a_code_is_good_for_its_purpose_and_holder_alone(app: Flask) -> None:
    code = codes.issue("sign_up", "holder")
    codes.issue("sign_up", "other")
    codes.issue("another purpose", "holder")
    for purpose, holder in (("sign_up", "other"), ("another purpose", "holder")):
        with pytest.raises(WrongCode):
            codes.redeem(purpose, holder, code)
    codes.redeem("sign_up", "holder", code)


def test_a_code_is_good_for_ten_minutes_and_no_longer(app: Flask, clock: Clock) -> None:
    first, second = codes.issue("sign_up", "first"), codes.issue("sign_up", "second")
    clock.advance(10 * 60 - 1)
    codes.redeem("sign_up", "first", first)
    clock.advance(1)
    with pytest.raises(CodeExpired):
        codes.redeem("sign_up", "second", second)


def test_a_new_code_ends_the_one_before(app: Flask) -> None:
    old = codes.issue("sign_up", "holder")
    new = codes.issue("sign_up", "holder")
    if old != new:
        with pytest.raises(WrongCode):
            codes.redeem("sign_up", "holder", old)
    codes.redeem("sign_up", "holder", new)


def test_the_fifth_wrong_entry_ends_a_code(app: Flask) -> None:
    code = codes.issue("sign_up", "holder")
    for _ in range(4):
        with pytest.raises(WrongCode):
            codes.redeem("sign_up", "holder", wrong(code))
    with pytest.raises(CodeExhausted):
        codes.redeem("sign_up", "holder", wrong(code))
    with pytest.raises(CodeExhausted):
        codes.redeem("sign_up", "holder", code)


def test_four_wrong_entries_leave_it_alive(app: Flask) -> None:
    code = codes.issue("sign_up", "holder")
    for _ in range(4):
        with pytest.raises(WrongCode):
            codes.redeem("sign_up", "holder", wrong(code))
    codes.redeem("sign_up", "holder", code)


def test_where_none_was_sent_none_works(app: Flask) -> None:
    with pytest.raises(CodeExpired):
        codes.redeem("sign_up", "nobody", "123456")


def test_a_decoy_behaves_like_a_code_that_nobody_finds(app: Flask) -> None:
    codes.issue_decoy("sign_up", "holder")
    told = []
    for guess in range(6):
        with pytest.raises(DomainError) as refusal:
            codes.redeem("sign_up", "holder", f"{guess:06d}")
        told.append(refusal.value.code)
    assert told == ["wrong_code"] * 4 + ["code_exhausted"] * 2


def test_a_refusal_goes_on_record_without_the_code(app: Flask) -> None:
    code = codes.issue("sign_up", "holder")
    with pytest.raises(WrongCode):
        codes.redeem("sign_up", "holder", wrong(code))
    (entry,) = search(kind="code.refused")
    assert entry.facts == {"purpose": "sign_up", "holder": "holder", "why": "wrong_code"}


def test_the_database_holds_no_code(app: Flask) -> None:
    code = codes.issue("sign_up", "holder")
    assert code.encode() not in execute(select(OneTimeCode.digest)).scalar_one()


def test_old_codes_are_swept_and_live_ones_kept(app: Flask, clock: Clock) -> None:
    codes.issue("sign_up", "old")
    clock.advance(2 * 24 * 3600)
    codes.issue("sign_up", "live")
    assert codes.sweep(100) == 1
    assert execute(select(OneTimeCode.holder)).scalars().all() == ["live"]


def test_fifty_at_once_spend_a_code_once(app: Flask) -> None:
    code = codes.issue("sign_up", "holder")
    told = redeem_many(app, 50, lambda: codes.redeem("sign_up", "holder", code))
    assert told["done"] == 1
    assert told["code_expired"] == 49


def test_fifty_wrong_ones_at_once_are_all_counted(app: Flask) -> None:
    code = codes.issue("sign_up", "holder")
    told = redeem_many(app, 50, lambda: codes.redeem("sign_up", "holder", wrong(code)))
    assert told == {"wrong_code": 4, "code_exhausted": 46}
    assert execute(select(func.max(OneTimeCode.failures))).scalar_one() == 50
