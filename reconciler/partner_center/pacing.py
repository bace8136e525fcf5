"""One pace for all requests of a run: how many a minute, and how many at once. It sends nothing.

The pace is a rate, under a ceiling where one is configured: calls in flight can't express less
than one in flight, which 500 a minute at 100 ms would need. How fast is for `rate` to say; a
refused request waits out its own Retry-After, which is its caller's to do.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.partner_center.rate import Rate
from reconciler.partner_center.timing import REAL, Timing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

NAP: Final = 0.05
"""Seconds: who waits looks again that often, as an answer can end a pause at any moment."""


@dataclass(slots=True)
class Traffic:
    """What was sent and refused so far, for whoever shows progress; it decides nothing."""

    started: float
    requests: int = 0
    refused: int = 0

    def per_minute(self, now: float) -> float:
        return 60 * self.requests / max(now - self.started, 1.0)

    def describe(self, now: float) -> str:
        rate = f"{self.per_minute(now):,.0f} requests a minute"
        return f"{rate}, {self.refused} refused" if self.refused else rate


@dataclass(slots=True)
class RateSlot:
    """One request under way: what became of it moves the pace. Unanswered, it moves nothing."""

    _pace: Pace
    _sent: float

    def answered(self, request_id: str) -> None:
        self._pace.answered(request_id, self._sent)

    def throttled(self, request_id: str, retry_after: float | None) -> None:
        self._pace.refused(request_id, self._sent, retry_after)


@dataclass(slots=True)
class _Reservation:
    """The requests that may still go without a wait."""

    left: int


_RESERVED: Final[ContextVar[_Reservation | None]] = ContextVar("reserved", default=None)
"""Of the task that asks: what it does within its reservation needs no argument handed through."""


_OPEN: Final = nullcontext()


@dataclass(frozen=True, slots=True)
class _Place:
    """One of the places, waited for at the entrance where it is not an open one."""

    places: asyncio.Semaphore
    entrance: AbstractAsyncContextManager[None]

    async def __aenter__(self) -> None:
        async with self.entrance:
            await self.places.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.places.release()


class Pace:
    """Hands out turns: at most `concurrency` at once, and no faster than the rate allows."""

    def __init__(
        self,
        concurrency: int,
        requests_per_minute: int | None = None,
        timing: Timing = REAL,
        *,
        paced: bool = True,
    ) -> None:
        """Not `paced`, only `concurrency` bounds: for a service that is in this very process."""
        self.concurrency = concurrency
        self.timing = timing
        self.traffic = Traffic(timing.clock())
        self._rate = Rate(concurrency, requests_per_minute, timing.clock()) if paced else None
        self._refused: Counter[str] = Counter()
        self._places = asyncio.Semaphore(concurrency)
        self._entrance = asyncio.Lock()
        """Of those who begin, one at a time waits for a place."""
        self._queue = asyncio.Lock()

    @asynccontextmanager
    async def reserve(self, requests: int) -> AsyncIterator[None]:
        """Wait once for this many requests: within, each of them goes without a wait."""
        async with self._places:
            for _ in range(requests):
                await self._next()
            token = _RESERVED.set(_Reservation(requests))
            try:
                yield
            finally:
                _RESERVED.reset(token)

    def place(self, *, ahead: bool = False) -> AbstractAsyncContextManager[None]:
        """Hold a place through the tries of a read; within a reservation there is one already.

        Who comes `ahead`, when a wait is over that the service asked for, goes before those who
        begin: else the refused would be left to the end, and look like a service that refuses all.
        """
        if _RESERVED.get() is not None:
            return _OPEN
        return _Place(self._places, _OPEN if ahead else self._entrance)

    async def turn(self, *, keep: int = 0) -> RateSlot:
        """Wait for one request; within a reservation, for none until only `keep` are left of it.

        Whoever asks holds a place or a reservation.
        """
        reserved = _RESERVED.get()
        if reserved is not None and reserved.left > keep:
            reserved.left -= 1
        else:
            await self._next()
        return RateSlot(self, self.timing.clock())

    def answered(self, request_id: str, sent: float) -> None:
        self._refused.pop(request_id, None)
        if self._rate is not None:
            self._rate.accepted(sent, self.timing.clock())

    def refused(self, request_id: str, sent: float, retry_after: float | None) -> None:
        self.traffic.refused += 1
        before = self._refused[request_id]
        self._refused[request_id] += 1
        if self._rate is not None:
            self._rate.refused(sent, self.timing.clock(), retry_after, refused_before=before)

    async def _next(self) -> None:
        if self._rate is not None:
            await self._wait_for(self._rate)
        self.traffic.requests += 1

    async def _wait_for(self, rate: Rate) -> None:
        async with self._queue:
            while (wait := rate.wait(self.timing.clock())) > 0:
                await self.timing.sleep(min(wait, NAP))
            rate.take(self.timing.clock())
