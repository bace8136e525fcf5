"""The pace as turns that callers take: how many at once, in what order, and what slows them."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.partner_center.pacing import Pace
from tests.partner_center.fake_time import FakeTime


def test_places_are_bounded_in_number() -> None:
    """No more than `concurrency` callers hold a place at once."""

    async def run() -> int:
        pace, held, most = Pace(3, timing=FakeTime().timing), [0], [0]

        async def work() -> None:
            async with pace.place():
                held[0] += 1
                most[0] = max(most[0], held[0])
                await asyncio.sleep(0)
                held[0] -= 1

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
            await pace.turn()
            given.append(time.seconds)
        return given

    given = asyncio.run(run())
    assert given == pytest.approx([each / 0.96 for each in range(20)])


def test_what_is_reserved_does_not_wait() -> None:
    """A read that is repeated waits for its own turn: the one kept for the create stays free."""
    time = FakeTime()

    async def run() -> list[float]:
        pace, given = Pace(1, 60, time.timing), []
        await pace.turn()
        async with pace.reserve(2):
            for keep in (1, 1, 0):
                await pace.turn(keep=keep)
                given.append(time.seconds)
        await pace.turn()
        given.append(time.seconds)
        return given

    second = 1 / 0.96
    assert asyncio.run(run()) == pytest.approx([each * second for each in (2, 3, 3, 4)])


def refuse_in_a_row(pace: Pace, number: int) -> None:
    async def run() -> None:
        for each in range(number):
            (await pace.turn()).throttled(f"read {each}", None)

    asyncio.run(run())


def test_turns_that_are_all_refused_slow_everyone_down() -> None:
    """After two refusals in a row nobody goes at once, whoever it is."""
    time = FakeTime()
    pace = Pace(8, timing=time.timing)
    refuse_in_a_row(pace, 2)
    assert time.seconds == 0
    refuse_in_a_row(pace, 1)
    assert time.seconds >= 0.1


def test_one_refusal_slows_nobody_else() -> None:
    """A 429 whose neighbours pass is that customer's own."""
    time = FakeTime()

    async def run() -> None:
        pace = Pace(8, timing=time.timing)
        (await pace.turn()).throttled("read", 57.0)
        for each in range(7):
            (await pace.turn()).answered(f"another {each}")

    asyncio.run(run())
    assert time.slept == []


def test_who_is_not_paced_never_waits() -> None:
    """A service in this very process needs nobody to be gentle."""
    time = FakeTime()
    refuse_in_a_row(Pace(1, 1, time.timing, paced=False), 100)
    assert time.slept == []


def test_traffic_is_counted() -> None:
    """Requests and refusals of the run so far, and its requests a minute."""
    time = FakeTime()
    pace = Pace(8, timing=time.timing)
    refuse_in_a_row(pace, 2)
    time.seconds += 60
    refuse_in_a_row(pace, 1)
    assert (pace.traffic.requests, pace.traffic.refused) == (3, 3)
    assert pace.traffic.per_minute(time.seconds) == pytest.approx(3)
    assert pace.traffic.describe(time.seconds) == "3 requests a minute, 3 refused"


def test_a_cancelled_wait_gives_its_place_back() -> None:
    """A caller that is cancelled while it waits for its pace blocks nobody."""

    async def run() -> None:
        pace = Pace(1, 1)
        await _hold(pace)
        waiting = asyncio.create_task(_hold(pace))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_hold(pace), 0.01)

    asyncio.run(run())


async def _hold(pace: Pace) -> None:
    async with pace.place():
        await pace.turn()
