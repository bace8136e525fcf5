"""Places for those who ask at the same time: how many, and who is next. It knows no pace."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass


class Places:
    """So many at once. Unlike a semaphore it knows two queues: who goes ahead, and who begins."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._ahead: deque[asyncio.Future[None]] = deque()
        self._beginning: deque[asyncio.Future[None]] = deque()

    def one(self, *, ahead: bool) -> Place:
        """A place to hold; who comes `ahead` is served before those who begin."""
        return Place(self, ahead)

    async def take(self, *, ahead: bool) -> None:
        if self._free:
            self._free -= 1
            return
        handed_over = asyncio.get_running_loop().create_future()
        (self._ahead if ahead else self._beginning).append(handed_over)
        try:
            await handed_over
        except asyncio.CancelledError:
            if not handed_over.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """Hand the place over to who is next; whoever was cancelled waits no more."""
        for queue in (self._ahead, self._beginning):
            while queue:
                handed_over = queue.popleft()
                if not handed_over.done():
                    handed_over.set_result(None)
                    return
        self._free += 1


@dataclass(frozen=True, slots=True)
class Place:
    """Held from entering to leaving. No generator: there is one for each request."""

    _places: Places
    _ahead: bool

    async def __aenter__(self) -> None:
        await self._places.take(ahead=self._ahead)

    async def __aexit__(self, *_: object) -> None:
        self._places.give_back()
