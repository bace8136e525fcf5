"""One pace for all requests of a run: how many a minute, and how many at once. It sends nothing.

The service refuses what goes beyond "500 requests per minute per tenant identifier"; its limits
change without notice, and refused requests count too ("API throttling guidance for partners"). So
the pace is a rate, under a ceiling where one is configured: calls in flight can't express less
than one in flight, which 500 a minute at 100 ms would need. After a refusal everyone slows down at
once; the refused request alone waits out Retry-After, which is its caller's to do.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.partner_center.timing import REAL, Timing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MINUTE: Final = 60.0
WINDOW: Final = 61.0
"""Seconds in which the ceiling holds: a second to spare, as requests don't travel equally fast."""

INSTANT: Final = 1e-6
"""Seconds: a shorter wait is none, or rounding could make it endless."""

SHRINK: Final = 0.7
SEEKING: Final = 2.0
"""Requests a second, gained with each answer while the service has not refused any."""
RECOVERING: Final = 0.5
"""The same where it has, well below the rate that it then sustained."""
CAREFUL: Final = 0.015
"""The same from there on. All three are from simulation, which the tests repeat."""
SLOWEST: Final = 0.25
"""Requests a second: what the rate never shrinks below, so that recovery is noticed."""


class Rate:
    """How fast requests may go: additive increase, multiplicative decrease. Times are seconds."""

    def __init__(self, concurrency: int, requests_per_minute: int | None, now: float) -> None:
        self._ceiling = requests_per_minute
        self._burst = 4 * concurrency if self._ceiling is None else max(1, self._ceiling // 8)
        self._depth = min(concurrency, self._burst, 8)
        self._tokens = float(self._burst)
        self._started = self._counted = now
        self._shrunk = float("-inf")
        self._sustained: float | None = None
        self._sent: deque[float] = deque()
        self._accepted: deque[float] = deque()
        self._rate = 2.0 * concurrency if self._ceiling is None else self._most(now)

    def wait(self, now: float) -> float:
        """Tell how long the next request has to wait; 0 where it may go."""
        self._count(now)
        wait = 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._rate
        if self._ceiling is not None and len(self._sent) >= self._ceiling:
            wait = max(wait, self._sent[-self._ceiling] + WINDOW - now)
        return wait if wait > INSTANT else 0.0

    def take(self, now: float) -> None:
        """Count a request that goes now, as every request counts."""
        self._count(now)
        self._tokens -= 1
        if self._ceiling is not None:
            self._sent.append(now)
            _forget(self._sent, now - WINDOW)

    def accepted(self, now: float) -> None:
        self._accepted.append(now)
        _forget(self._accepted, now - MINUTE)
        if self._tokens >= 1:
            return  # the pace holds nobody back, so nothing is learned of a faster one
        self._rate = min(self._rate + self._gain(), self._most(now))

    def refused(self, sent: float, now: float) -> None:
        """Slow down; once for all the requests that were under way together."""
        if sent < self._shrunk:
            return
        _forget(self._accepted, now - MINUTE)
        sustained = len(self._accepted) / MINUTE
        if sustained > SLOWEST:
            self._sustained = sustained
            self._rate = min(self._rate, sustained)
        self._rate = max(SLOWEST, self._rate * SHRINK)
        self._tokens = min(self._tokens, 0.0)
        self._shrunk = now

    def _gain(self) -> float:
        if self._sustained is None:
            return SEEKING
        return RECOVERING if self._rate < SHRINK * self._sustained else CAREFUL

    @property
    def requests_per_second(self) -> float:
        return self._rate

    def _most(self, now: float) -> float:
        """In the first minute the burst is paid back, so that no minute exceeds the ceiling."""
        if self._ceiling is None:
            return float("inf")
        first = now - self._started < WINDOW and self._ceiling > self._burst
        return (self._ceiling - (self._burst if first else 0)) / WINDOW

    def _count(self, now: float) -> None:
        """Gain what time has brought; idleness brings no more than a small depth."""
        gained = (now - self._counted) * self._rate
        if self._tokens < self._depth:
            self._tokens = min(self._tokens + gained, float(self._depth))
        self._counted = now


def _forget(instants: deque[float], until: float) -> None:
    while instants and instants[0] <= until:
        instants.popleft()


@dataclass(slots=True)
class RateSlot:
    """One request under way: what became of it moves the pace. Unanswered, it moves nothing."""

    _rate: Rate
    _timing: Timing
    _sent: float

    def answered(self, *, throttled: bool) -> None:
        now = self._timing.clock()
        if throttled:
            self._rate.refused(self._sent, now)
        else:
            self._rate.accepted(now)


@dataclass(slots=True)
class _Reservation:
    """The requests that may still go without a wait."""

    left: int


_RESERVED: Final[ContextVar[_Reservation | None]] = ContextVar("reserved", default=None)
"""Of the task that asks: what it does within its reservation needs no argument handed through."""


class Pace:
    """Hands out turns: at most `concurrency` at once, and no faster than the rate allows."""

    def __init__(
        self,
        concurrency: int,
        requests_per_minute: int | None = None,
        timing: Timing = REAL,
    ) -> None:
        self.concurrency = concurrency
        self.timing = timing
        self._rate = Rate(concurrency, requests_per_minute, timing.clock())
        self._places = asyncio.Semaphore(concurrency)
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

    @asynccontextmanager
    async def turn(self, *, keep: int = 0) -> AsyncIterator[RateSlot]:
        """Wait for one request; within a reservation, for none until only `keep` are left of it."""
        reserved = _RESERVED.get()
        if reserved is not None:
            await self._draw(reserved, keep)
            yield self._slot()
            return
        async with self._places:
            await self._next()
            yield self._slot()

    def _slot(self) -> RateSlot:
        return RateSlot(self._rate, self.timing, self.timing.clock())

    async def _draw(self, reserved: _Reservation, keep: int) -> None:
        if reserved.left > keep:
            reserved.left -= 1
        else:
            await self._next()

    async def _next(self) -> None:
        async with self._queue:
            while (wait := self._rate.wait(self.timing.clock())) > 0:
                await self.timing.sleep(wait)
            self._rate.take(self.timing.clock())
