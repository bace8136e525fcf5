"""Places as those who wait for one see them: how many are held, and who is next."""

from __future__ import annotations

import asyncio

from reconciler.partner_center.places import Places


async def until_all_wait() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_who_comes_ahead_is_served_first() -> None:
    """Those who begin were there before, and wait on; each queue keeps its order."""

    async def run() -> list[str]:
        places, served = Places(1), list[str]()

        async def hold(name: str, *, ahead: bool) -> None:
            async with places.one(ahead=ahead):
                served.append(name)

        async with asyncio.TaskGroup() as group, places.one(ahead=False):
            for name, ahead in (("b1", False), ("b2", False), ("a1", True), ("a2", True)):
                group.create_task(hold(name, ahead=ahead))
                await until_all_wait()
        return served

    assert asyncio.run(run()) == ["a1", "a2", "b1", "b2"]


def test_who_is_cancelled_as_its_turn_comes_hands_the_place_on() -> None:
    """Its place is given back, though it never held it."""

    async def run() -> None:
        places = Places(1)
        await places.take(ahead=False)
        waiting = asyncio.create_task(places.take(ahead=False))
        await until_all_wait()
        places.give_back()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.wait_for(places.take(ahead=False), 1)

    asyncio.run(run())


def test_who_is_cancelled_while_it_waits_is_passed_over() -> None:
    """A place that is given back goes to the next who still waits."""

    async def run() -> None:
        places = Places(1)
        await places.take(ahead=False)
        gone, next_one = (asyncio.create_task(places.take(ahead=False)) for _ in range(2))
        await until_all_wait()
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        places.give_back()
        await asyncio.wait_for(next_one, 1)

    asyncio.run(run())
