"""A run against a throttled service, event by event, on a clock of its own: nothing waits."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class RunawayPaceError(AssertionError):
    """It asks for ever, and is refused."""


class Paces(Protocol):
    """What decides when the next request goes: `Rate`, or whoever is compared with it."""

    def wait(self, now: float, /) -> float: ...

    def take(self, now: float, /) -> None: ...

    def accepted(self, sent: float, now: float, /) -> None: ...

    def refused(
        self, sent: float, now: float, retry_after: float | None, /, *, refused_before: int
    ) -> None: ...


@dataclass(slots=True)
class Simulation:
    """So many reads, at most `concurrency` under way; a refused one waits out its Retry-After."""

    pace: Paces
    ask: Callable[[float, int], float | None]
    reads: int
    concurrency: int
    round_trip: float = 0.05
    chance: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - repeatable
    now: float = 0.0
    sent: list[float] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    emptied: tuple[float, int] | None = None
    """When the last read was begun that waits for nothing, and what was accepted by then."""
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _to_begin: deque[int] = field(default_factory=deque)
    _waiting: deque[int] = field(default_factory=deque)
    """As at `Pace.place`: those who come again, and of those who begin one at a time."""
    _refused: Counter[int] = field(default_factory=Counter)
    _under_way: int = 0
    _pacing: int = 0
    _number: int = 0

    def run(self) -> Simulation:
        self._to_begin.extend(range(1, self.reads))
        self._waiting.append(0)
        self._pace()
        while self._events:
            self.now, _, do = heapq.heappop(self._events)
            do()
            if len(self.sent) > 10 * self.reads:
                raise RunawayPaceError
        return self

    def _at(self, instant: float, do: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (instant, self._number, do))

    def _ask_again(self, customer: int) -> None:
        self._waiting.append(customer)
        self._pace()

    def _woken(self, pacing: int) -> None:
        if pacing == self._pacing:
            self._pace()

    def _pace(self) -> None:
        self._pacing += 1
        while self._waiting and self._under_way < self.concurrency:
            wait = self.pace.wait(self.now)
            if wait > 0:
                self._at(self.now + wait, partial(self._woken, self._pacing))
                return
            self.pace.take(self.now)
            self._send(self._next())

    def _next(self) -> int:
        customer = self._waiting.popleft()
        if customer not in self._refused and self._to_begin:
            self._waiting.append(self._to_begin.popleft())
        return customer

    def _send(self, customer: int) -> None:
        self._under_way += 1
        self.sent.append(self.now)
        sent = self.now
        self._at(self.now + self._way(), lambda: self._serve(sent, customer))

    def _way(self) -> float:
        return self.round_trip / 2 * (0.9 + 0.2 * self.chance.random())

    def _serve(self, sent: float, customer: int) -> None:
        retry_after = self.ask(self.now, customer)
        self._at(self.now + self._way(), lambda: self._answer(sent, customer, retry_after))

    def _answer(self, sent: float, customer: int, retry_after: float | None) -> None:
        self._under_way -= 1
        if retry_after is None:
            self.accepted += 1
            self.pace.accepted(sent, self.now)
        else:
            self.refused += 1
            before = self._refused[customer]
            self.pace.refused(sent, self.now, retry_after, refused_before=before)
            self._refused[customer] += 1
            wait = retry_after + self.chance.random() / 2
            self._at(self.now + wait, lambda: self._ask_again(customer))
        if not self._waiting and self.emptied is None:
            self.emptied = (self.now, self.accepted)
        self._pace()
