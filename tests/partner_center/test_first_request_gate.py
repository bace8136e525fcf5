"""The first request of a kind goes alone; those after it all at once."""

from __future__ import annotations

import asyncio

from reconciler.partner_center.calls import Kind
from reconciler.partner_center.first_request_gate import FirstRequestGate


class Requests:
    """Requests through one gate, each under way until `answer` is set."""

    def __init__(self) -> None:
        self.gate = FirstRequestGate()
        self.under_way = 0
        self.answer = asyncio.Event()

    async def send(self, kind: Kind = Kind.QUALIFICATIONS) -> None:
        async with self.gate.admit(kind):
            self.under_way += 1
            await self.answer.wait()

    async def after_all_ran(self) -> int:
        for _ in range(10):
            await asyncio.sleep(0)
        return self.under_way


def test_the_first_of_a_kind_goes_alone() -> None:
    """The others of its kind wait; another kind has a first of its own."""

    async def run() -> tuple[int, int]:
        requests = Requests()
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(requests.send())
            alone = await requests.after_all_ran()
            group.create_task(requests.send(Kind.ACCOUNT_STATUS))
            beside = await requests.after_all_ran()
            requests.answer.set()
        return alone, beside

    assert asyncio.run(run()) == (1, 2)


def test_the_later_ones_go_at_once() -> None:
    """They queue behind nobody, also where the first one failed or was given up."""

    async def run() -> int:
        requests = Requests()
        first = asyncio.create_task(requests.send())
        waiting = [asyncio.create_task(requests.send()) for _ in range(3)]
        await requests.after_all_ran()
        first.cancel()
        await requests.after_all_ran()
        late = [asyncio.create_task(requests.send()) for _ in range(3)]
        count = await requests.after_all_ran()
        requests.answer.set()
        await asyncio.gather(*waiting, *late)
        return count

    assert asyncio.run(run()) == 1 + 3 + 3
