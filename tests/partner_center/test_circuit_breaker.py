"""A service that has stopped answering is not asked for every customer."""

from __future__ import annotations

import pytest

from reconciler.model.errors import Unavailable
from reconciler.partner_center.calls import SIDE_CHECKS, Kind
from reconciler.partner_center.circuit_breaker import PAUSE, CircuitBreaker, CircuitBreakers
from tests.partner_center.fake_time import FakeTime


def breaker_of(failure_threshold: int, time: FakeTime | None = None) -> CircuitBreaker:
    return CircuitBreaker(failure_threshold, (time or FakeTime()).timing.clock)


def test_reads_that_find_no_service_end_the_asking() -> None:
    """After as many failures in a row as the threshold says, no read is admitted."""
    breaker = breaker_of(3)
    for _ in range(2):
        breaker.failed()
        breaker.admit("read x")
    breaker.failed()
    with pytest.raises(Unavailable, match="could not read x: the last 3 reads got nothing"):
        breaker.admit("read x")


def test_any_answer_closes_the_circuit() -> None:
    """Failures count only where nothing succeeds between them."""
    breaker = breaker_of(2)
    for _ in range(5):
        breaker.failed()
        breaker.answered()
    breaker.admit("read x")
    assert not breaker.is_open
    breaker.failed()
    breaker.failed()
    assert breaker.is_open


def test_now_and_then_one_read_may_try() -> None:
    """A service that comes back is noticed: one read is let through every 30 seconds."""
    time = FakeTime()
    breaker = breaker_of(1, time)
    breaker.failed()
    time.seconds = 29.9
    with pytest.raises(Unavailable):
        breaker.admit("read x")
    time.seconds = 30.0
    breaker.admit("read x")
    with pytest.raises(Unavailable):
        breaker.admit("read y")
    breaker.answered()
    breaker.admit("read y")


@pytest.mark.parametrize("kind", Kind)
def test_a_side_check_bars_only_itself(kind: Kind) -> None:
    """One that fails for everyone opens its own circuit; any other failure that of all the rest."""
    breakers = CircuitBreakers(1, FakeTime().timing.clock)
    breakers.of(kind).failed()
    opened = {each for each in Kind if breakers.of(each).is_open}
    assert opened == ({kind} if kind in SIDE_CHECKS else set(Kind) - SIDE_CHECKS)


def test_failures_while_it_is_open_put_no_trial_off() -> None:
    """Reads that were under way when it opened fail later; the next trial is when it was due."""
    time = FakeTime()
    breaker = breaker_of(1, time)
    breaker.failed()
    time.seconds = PAUSE - 1
    breaker.failed()
    time.seconds = PAUSE
    breaker.admit("read x")
