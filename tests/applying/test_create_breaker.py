"""While the service fails, creates go one at a time, those first that are in doubt already."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from reconciler.applying.create_breaker import MOST_AT_ONCE, MOST_LOST, CreateBreaker
from reconciler.applying.stop import StopSignal
from reconciler.model.plan import Outcome

if TYPE_CHECKING:
    from reconciler.applying.create_breaker import Admission

NEW = False
DOUBTFUL = True


class Trial:
    """A breaker that a first create has closed, and admissions to it."""

    def __init__(self) -> None:
        self.stop = StopSignal()
        self.breaker = CreateBreaker(self.stop)
        self.stack = AsyncExitStack()

    async def begin(self) -> None:
        async with self.breaker.admission() as first:
            await first.wait(doubtful=NEW)
            assert first.enter()
            first.ended(Outcome.CREATED, unanswered=False)

    async def create(self) -> Admission:
        return await self.stack.enter_async_context(self.breaker.admission())

    async def sent(self) -> Admission:
        admission = await self.create()
        await admission.wait(doubtful=NEW)
        assert admission.enter()
        return admission


async def may_go(admission: Admission, *, doubtful: bool) -> bool:
    """Whether it may go now; if not, it waits no longer."""
    waiting = asyncio.create_task(admission.wait(doubtful=doubtful))
    for _ in range(3):
        await asyncio.sleep(0)
    if waiting.done():
        return True
    waiting.cancel()
    return False


def test_a_new_create_waits_for_all_that_are_under_way() -> None:
    """Each of them may turn out to be lost as well; what is in doubt already goes first."""

    async def run() -> None:
        trial = Trial()
        await trial.begin()
        lost, hanging, new = await trial.sent(), await trial.sent(), await trial.create()
        lost.failed(doubtful=True)
        assert not await may_go(new, doubtful=NEW)
        assert await may_go(lost, doubtful=DOUBTFUL)
        lost.leave()
        assert not await may_go(new, doubtful=NEW)
        hanging.leave()
        assert await may_go(new, doubtful=NEW)

    asyncio.run(run())


def test_what_certainly_did_not_happen_is_under_way_no_more() -> None:
    """A create that waits out its Retry-After keeps nobody from going."""

    async def run() -> None:
        trial = Trial()
        await trial.begin()
        throttled, new = await trial.sent(), await trial.create()
        throttled.failed(doubtful=False)
        assert await may_go(new, doubtful=NEW)
        assert not await may_go(throttled, doubtful=NEW)

    asyncio.run(run())


@pytest.mark.parametrize("outcome", [Outcome.CREATED, Outcome.REJECTED])
def test_an_answer_from_before_the_trouble_does_not_end_it(outcome: Outcome) -> None:
    """Only a create that was sent since, and so alone, tells that the service is back."""

    async def run() -> None:
        trial = Trial()
        await trial.begin()
        lost, early = await trial.sent(), await trial.sent()
        lost.failed(doubtful=True)
        early.ended(outcome, unanswered=False)
        early.leave()
        assert not trial.breaker.is_closed
        await lost.wait(doubtful=DOUBTFUL)
        assert lost.enter()
        lost.ended(Outcome.CREATED, unanswered=False)
        assert trial.breaker.is_closed

    asyncio.run(run())


def test_trouble_that_begins_while_a_create_reads_sends_it_back() -> None:
    """It has not been POSTed yet, and need not be put in doubt."""

    async def run() -> None:
        trial = Trial()
        await trial.begin()
        lost, reading = await trial.sent(), await trial.create()
        await reading.wait(doubtful=NEW)
        lost.failed(doubtful=True)
        assert not reading.enter()
        lost.leave()
        await reading.wait(doubtful=NEW)
        assert reading.enter()

    asyncio.run(run())


def test_so_many_lost_in_a_row_stop_the_run() -> None:
    """However many creates they were of; what certainly did not happen is not counted."""

    async def run() -> None:
        trial = Trial()
        await trial.begin()
        sent = await trial.sent()
        for _ in range(MOST_LOST):
            assert not trial.stop
            sent.failed(doubtful=False)
            sent.failed(doubtful=True)
        assert trial.stop

    asyncio.run(run())


def test_four_go_side_by_side() -> None:
    """What is on its way when an outage begins may be lost; the fifth goes when one has ended."""

    async def run() -> None:
        trial = Trial()
        await trial.begin()
        first, *_ = [await trial.sent() for _ in range(MOST_AT_ONCE)]
        fifth = await trial.create()
        assert not await may_go(fifth, doubtful=NEW)
        first.leave()
        assert await may_go(fifth, doubtful=NEW)

    asyncio.run(run())


def test_who_waits_out_a_retry_after_lets_others_go() -> None:
    """It may be that customer's own, and the very first create of a run has it as well."""

    async def run() -> None:
        trial = Trial()
        first, second = await trial.sent(), await trial.create()
        assert not await may_go(second, doubtful=NEW)
        first.failed(doubtful=False, waits=True)
        assert await may_go(second, doubtful=NEW)
        assert second.enter()
        assert not await may_go(first, doubtful=NEW)

    asyncio.run(run())
