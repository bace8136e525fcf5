"""How fast requests go against services that throttle, in a simulation that waits for nothing."""

from __future__ import annotations

from collections import deque

import pytest

from reconciler.partner_center.rate import SLOWEST, Rate
from tests.partner_center.pacing_simulation import Case, Simulation, outcome
from tests.partner_center.throttled_services import ThrottledService, Unlimited


def willing(reads: int, concurrency: int, ceiling: int | None = None) -> Simulation:
    """A run against a service that refuses nothing."""
    service = ThrottledService(Unlimited(), 60)
    rate = Rate(concurrency, ceiling, 0.0)
    return Simulation(rate, service.ask, reads, concurrency, round_trip=0.1).run()


def most_in_a_minute(instants: list[float]) -> int:
    window: deque[float] = deque()
    most = 0
    for each in instants:
        window.append(each)
        while window[0] <= each - 60:
            window.popleft()
        most = max(most, len(window))
    return most


SET = [
    Case(limit, per_minute, 400, "steady", known=True)
    for per_minute in (60, 500, 1800, 9000)
    for limit in ("bucket 1", "bucket 60", "fixed 10", "sliding 60, counted")
]


@pytest.mark.parametrize("case", SET, ids=str)
def test_a_ceiling_that_is_the_limit_is_used_and_kept(case: Case) -> None:
    """At least 0.95 of what is permitted, at most 1 % refused; it was 0.20 and 6 % once."""
    run = outcome(case)
    assert run.share >= 0.95
    assert run.refused <= 0.01


UNKNOWN = [
    Case(limit, per_minute, 2000, "steady", known=False)
    for per_minute in (60, 500, 1800)
    for limit in ("bucket 0.1", "bucket 1", "bucket 10", "fixed 10", "fixed 60", "sliding 60")
]


@pytest.mark.parametrize("case", UNKNOWN, ids=str)
def test_a_limit_that_nobody_named_is_found(case: Case) -> None:
    """Whatever its kind: at least 0.85 of it is used, at most 5 % are refused."""
    run = outcome(case)
    assert run.share >= 0.85
    assert run.refused <= 0.05


@pytest.mark.parametrize("limit", ["bucket 1", "fixed 10", "sliding 60, counted"])
def test_single_customers_that_refuse_slow_nobody_else(limit: str) -> None:
    """One in ten answers 429 twice by itself, under a ceiling: the others go on at their pace."""
    assert outcome(Case(limit, 1800, 2000, "own refusals", known=True)).share >= 0.95


def test_single_customers_that_refuse_cost_little_where_nothing_else_does() -> None:
    """600 customers, one in ten of which refuses twice: 3 times as long as without, plus waits."""
    service = ThrottledService(Unlimited(), 60, odd_one_in=10)
    run = Simulation(Rate(8, None, 0.0), service.ask, 600, 8, round_trip=0.05).run()
    without = Simulation(Rate(8, None, 0.0), Unlimited().never, 600, 8, round_trip=0.05).run()
    own_waits = 2 * 1.5
    assert run.now <= 3 * without.now + own_waits


@pytest.mark.parametrize("workers", [8, 64])
def test_a_service_without_a_limit_is_used_to_the_full(workers: int) -> None:
    """Where nothing is refused, what is in flight is soon the only bound that is left."""
    assert willing(8000, workers).now <= 1.35 * 8000 * 0.1 / workers


@pytest.mark.parametrize("ceiling", [1, 7, 60, 480])
def test_no_minute_exceeds_the_ceiling_and_none_is_wasted(ceiling: int) -> None:
    """A ceiling holds in every minute from the first on, and the run goes about as fast as it."""
    total = ceiling * 4 + 3
    run = willing(total, 8, ceiling)
    assert len(run.sent) == total
    assert most_in_a_minute(run.sent) <= ceiling
    assert total * 60 / ceiling >= 0.9 * run.now


@pytest.mark.parametrize("ceiling", [1, 7, 60, 480])
def test_idleness_saves_nothing_up_beyond_the_ceiling(ceiling: int) -> None:
    """After minutes without a request, no minute holds more of them than any other."""
    rate, now, sent = Rate(8, ceiling, 0.0), 200.0, list[float]()
    for _ in range(3 * ceiling):
        while (wait := rate.wait(now)) > 0:
            now += wait
        rate.take(now)
        rate.accepted(now, now)
        sent.append(now)
    assert most_in_a_minute(sent) <= ceiling


def test_a_small_run_is_not_slowed() -> None:
    """A dozen customers with their side checks go about as fast as eight at once can."""
    assert willing(30, 8).now < 0.7


@pytest.mark.parametrize("ceiling", [60, 480, 9000])
def test_no_burst_is_deeper_than_a_second_of_the_ceiling(ceiling: int) -> None:
    """However many could be under way at once."""
    run = willing(300, 64, ceiling)
    assert sum(each == 0 for each in run.sent) <= max(1, ceiling / 60)


def test_the_pace_never_stops_altogether() -> None:
    """However much is refused, now and then a request finds out whether that is over."""
    rate, now = Rate(8, None, 0.0), 0.0
    for _ in range(100):
        now += rate.wait(now)
        rate.take(now)
        rate.refused(now, now + 0.1)
        now += 0.1
    assert rate.wait(now) <= 60
    assert rate.requests_per_second >= SLOWEST
