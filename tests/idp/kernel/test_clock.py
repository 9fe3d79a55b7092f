"""The one clock: whole seconds, replaceable, put back afterwards."""

from __future__ import annotations

import time

import pytest

from idp.kernel import clock
from tests.support.clock import Clock


def test_the_present_is_whole_seconds_of_the_system_clock():
    before = int(time.time())
    assert before <= clock.now() <= time.time()
    assert isinstance(clock.now(), int)


def test_a_test_drives_the_clock_and_gives_it_back():
    mine = Clock(1000)
    with clock.driven_by(mine):
        assert clock.now() == 1000
        mine.advance(clock.MINUTE)
        assert clock.now() == 1060
        assert clock.precisely() == 1060.0
    assert clock.now() > 1_700_000_000


def test_the_clock_is_given_back_after_an_error_too():
    with pytest.raises(ZeroDivisionError), clock.driven_by(Clock(1000)):
        _ = 1 / 0
    assert clock.now() > 1_700_000_000
