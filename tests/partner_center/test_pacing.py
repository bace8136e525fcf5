"""The pace: in a simulation without waiting, and as turns that callers take."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest

from reconciler.partner_center.pacing import SLOWEST, Pace, Rate
from tests.partner_center.fake_time import FakeTime

Service = Callable[[float], float | None]
"""Asked at an instant: None where it takes the request, or the seconds of its Retry-After."""


def sliding(limit: int) -> Service:
    """So many requests in any minute, refused ones counted too."""
    heard: deque[float] = deque()

    def ask(now: float) -> float | None:
        while heard and heard[0] <= now - 60:
            heard.popleft()
        heard.append(now)
        return None if len(heard) <= limit else max(1.0, heard[-limit] + 60 - now)

    return ask


def by_the_minute(limit: int) -> Service:
    """So many requests between two full minutes."""
    heard: dict[int, int] = {}

    def ask(now: float) -> float | None:
        minute = int(now // 60)
        heard[minute] = heard.get(minute, 0) + 1
        return None if heard[minute] <= limit else 60 - now % 60

    return ask


def dripping(limit: int) -> Service:
    """A bucket of fifty that fills by so many a minute."""
    bucket = [50.0, 0.0]

    def ask(now: float) -> float | None:
        bucket[:] = [min(50.0, bucket[0] + (now - bucket[1]) * limit / 60), now]
        if bucket[0] < 1:
            return 1.0
        bucket[0] -= 1
        return None

    return ask


def willing(_now: float) -> float | None:
    """Refuses nothing."""
    return None


@dataclass(slots=True)
class Simulation:
    """Workers that ask one after the other, a round trip of about 100 ms, and no real time."""

    rate: Rate
    service: Service
    left: int
    chance: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - repeatable
    now: float = 0.0
    sent: list[float] = field(default_factory=list)
    refusals: int = 0
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _waiting: int = 0
    _pacing: bool = False
    _number: int = 0

    def run(self, workers: int) -> Simulation:
        for _ in range(workers):
            self._at(0.0, self._take_one)
        while self._events:
            self.now, _, do = heapq.heappop(self._events)
            do()
        return self

    def _at(self, instant: float, do: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (instant, self._number, do))

    def _take_one(self) -> None:
        if self.left:
            self.left -= 1
            self._ask()

    def _ask(self) -> None:
        self._waiting += 1
        self._pace()

    def _woken(self) -> None:
        self._pacing = False
        self._pace()

    def _pace(self) -> None:
        while self._waiting and not self._pacing:
            wait = self.rate.wait(self.now)
            if wait > 0:
                self._pacing = True
                self._at(self.now + wait, self._woken)
                return
            self._waiting -= 1
            self.rate.take(self.now)
            self._send()

    def _send(self) -> None:
        sent, half = self.now, (0.7 + 0.6 * self.chance.random()) / 20
        self.sent.append(sent)
        self._at(sent + half, lambda: self._serve(sent, half))

    def _serve(self, sent: float, half: float) -> None:
        asked = self.service(self.now)
        self._at(self.now + half, lambda: self._answer(sent, asked))

    def _answer(self, sent: float, asked: float | None) -> None:
        if asked is None:
            self.rate.accepted(self.now)
            self._take_one()
        else:
            self.refusals += 1
            self.rate.refused(sent, self.now)
            self._at(self.now + asked + self.chance.random() / 2, self._ask)


def most_in_a_minute(instants: list[float]) -> int:
    window: deque[float] = deque()
    most = 0
    for each in instants:
        window.append(each)
        while window[0] <= each - 60:
            window.popleft()
        most = max(most, len(window))
    return most


@pytest.mark.parametrize("workers", [8, 64])
@pytest.mark.parametrize("kind", [sliding, by_the_minute, dripping])
def test_an_unknown_limit_is_found_and_used(kind: Callable[[int], Service], workers: int) -> None:
    """Against 500 a minute, of three kinds: at least 80 % of it is used, under 3 % are refused."""
    run = Simulation(Rate(workers, None, 0.0), kind(500), 4000).run(workers)
    assert run.refusals <= 0.03 * len(run.sent)
    assert 0.8 * run.now <= 4000 / (500 / 60)


@pytest.mark.parametrize("workers", [8, 64])
def test_a_service_without_a_limit_is_used_to_the_full(workers: int) -> None:
    """Where nothing is refused, what is in flight is the only bound that is left."""
    run = Simulation(Rate(workers, None, 0.0), willing, 4000).run(workers)
    assert run.now <= 1.35 * 4000 * 0.1 / workers


@pytest.mark.parametrize("workers", [8, 64])
@pytest.mark.parametrize("ceiling", [1, 7, 60, 480])
def test_no_minute_exceeds_the_ceiling_and_none_is_wasted(ceiling: int, workers: int) -> None:
    """A ceiling holds in every minute from the first on, and the run goes about as fast as it."""
    total = ceiling * 4 + 3
    run = Simulation(Rate(workers, ceiling, 0.0), willing, total).run(workers)
    assert len(run.sent) == total
    assert most_in_a_minute(run.sent) <= ceiling
    assert total * 60 / ceiling >= 0.9 * run.now


@pytest.mark.parametrize("ceiling", [1, 7, 60, 480])
def test_idleness_saves_nothing_up_beyond_the_ceiling(ceiling: int) -> None:
    """After minutes without a request, no minute holds more of them than any other."""
    rate, now, sent = Rate(8, ceiling, 0.0), 200.0, list[float]()
    for _ in range(3 * ceiling):
        now += rate.wait(now)
        rate.take(now)
        rate.accepted(now)
        sent.append(now)
    assert most_in_a_minute(sent) <= ceiling


def test_a_ceiling_below_the_limit_meets_no_refusal() -> None:
    """With 480 a minute configured, a service that takes 500 refuses nothing."""
    run = Simulation(Rate(8, 480, 0.0), sliding(500), 3000).run(8)
    assert run.refusals == 0


def test_a_ceiling_above_the_limit_slows_down_by_itself() -> None:
    """Others may use the same limit: under a ceiling that is too high the pace still adapts."""
    run = Simulation(Rate(8, 480, 0.0), sliding(240), 3000).run(8)
    assert run.refusals <= 0.04 * len(run.sent)
    assert 0.8 * run.now <= 3000 / (240 / 60)


@pytest.mark.parametrize("ceiling", [None, 480])
def test_a_small_run_is_not_slowed(ceiling: int | None) -> None:
    """A dozen customers with their side checks go as fast as eight at once can."""
    run = Simulation(Rate(8, ceiling, 0.0), willing, 30).run(8)
    assert run.now < 0.7


def test_a_ceiling_lets_no_great_burst_go() -> None:
    """A run starts low: of 480 a minute, no more than an eighth goes out at once."""
    run = Simulation(Rate(64, 480, 0.0), willing, 1000).run(64)
    assert sum(each < 5 for each in run.sent) <= 60 + 5 * 8


def test_refusals_under_way_together_slow_down_once() -> None:
    """Eight requests that left together and are all refused say one thing, not eight."""
    rate = Rate(8, None, 0.0)
    before = rate.requests_per_second
    for _ in range(8):
        rate.refused(0.0, 0.1)
    assert rate.requests_per_second == pytest.approx(0.7 * before)
    rate.refused(0.2, 0.3)
    assert rate.requests_per_second == pytest.approx(0.49 * before)


def test_the_pace_never_stops_altogether() -> None:
    """However much is refused, now and then a request finds out whether that is over."""
    rate = Rate(8, None, 0.0)
    for each in range(100):
        rate.refused(each, each + 0.1)
    assert rate.requests_per_second == SLOWEST
    assert rate.wait(100.0) <= 1 / SLOWEST


def test_turns_are_bounded_in_number() -> None:
    """No more than `concurrency` callers hold a turn at once."""

    async def run() -> int:
        pace, held, most = Pace(3, timing=FakeTime().timing), [0], [0]

        async def work() -> None:
            async with pace.turn() as turn:
                held[0] += 1
                most[0] = max(most[0], held[0])
                await asyncio.sleep(0)
                held[0] -= 1
                turn.answered(throttled=False)

        await asyncio.gather(*(work() for _ in range(20)))
        return most[0]

    assert asyncio.run(run()) == 3


def test_turns_wait_for_their_pace() -> None:
    """Beyond the burst, turns come at the ceiling's pace, in the order of asking."""
    time = FakeTime()

    async def run() -> list[float]:
        pace = Pace(2, 60, time.timing)
        given = []
        for _ in range(20):
            async with pace.turn():
                given.append(time.seconds)
        return given

    given = asyncio.run(run())
    assert given[:7] == [0.0] * 7
    assert given[7:] == pytest.approx([(each + 1) * 61 / 53 for each in range(13)])


def test_what_is_reserved_does_not_wait() -> None:
    """A read that is repeated waits for its own turn: the one kept for the create stays free."""
    time = FakeTime()

    async def run() -> list[float]:
        pace, given = Pace(1, 60, time.timing), []
        for _ in range(6):
            async with pace.turn():
                pass
        async with pace.reserve(2):
            for keep in (1, 1, 0):
                async with pace.turn(keep=keep):
                    given.append(time.seconds)
        async with pace.turn():
            given.append(time.seconds)
        return given

    second = 61 / 53
    assert asyncio.run(run()) == pytest.approx([second, 2 * second, 2 * second, 3 * second])


def test_a_throttled_turn_slows_everyone_down() -> None:
    """After a refusal the next turn has to wait, whoever takes it."""
    time = FakeTime()

    async def run() -> None:
        pace = Pace(8, timing=time.timing)
        async with pace.turn():
            pass
        async with pace.turn() as turn:
            turn.answered(throttled=True)
        assert not time.slept
        async with pace.turn():
            pass

    asyncio.run(run())
    assert time.slept == pytest.approx([1 / (0.7 * 16)])


def test_a_cancelled_wait_gives_its_place_back() -> None:
    """A caller that is cancelled while it waits for its pace blocks nobody."""

    async def run() -> None:
        pace = Pace(1, 1)
        async with pace.turn():
            pass
        waiting = asyncio.create_task(_hold(pace))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_hold(pace), 0.01)

    asyncio.run(run())


async def _hold(pace: Pace) -> None:
    async with pace.turn():
        pass
