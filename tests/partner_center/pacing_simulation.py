"""A run against a throttled service, event by event, on a clock of its own: nothing waits."""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final, Literal

from reconciler.partner_center.rate import Rate
from tests.partner_center.throttled_services import (
    Bucket,
    FixedWindow,
    SlidingWindow,
    ThrottledService,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.partner_center.throttled_services import Limit

LIMITS: Final[dict[str, Callable[[], Limit]]] = {
    **{f"bucket {depth:g}": partial(Bucket, depth) for depth in (0.1, 1, 10, 60)},
    **{f"bucket {depth:g}, counted": partial(Bucket, depth, True) for depth in (0.1, 1, 10, 60)},
    **{f"fixed {seconds}": partial(FixedWindow, seconds) for seconds in (1, 10, 60)},
    **{f"sliding {seconds}": partial(SlidingWindow, seconds) for seconds in (1, 10, 60)},
    **{
        f"sliding {seconds}, counted": partial(SlidingWindow, seconds, True)
        for seconds in (1, 10, 60)
    },
}
"""Seconds deep or long; `counted` where refused requests use up the limit too."""

Event = Literal["steady", "own refusals", "halves", "doubles", "others"]


@dataclass(frozen=True, slots=True)
class Case:
    """One cell of the grid; `known` where the ceiling that is configured is the limit."""

    limit: str
    per_minute: int
    reads: int
    event: Event
    known: bool

    def __str__(self) -> str:
        known = "set" if self.known else "unknown"
        return f"{self.limit}; {self.per_minute} a minute; {self.reads}; {self.event}; {known}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`share` of the permitted rate, `refused` as a share of the requests, own refusals aside."""

    share: float
    refused: float


def outcome(case: Case, concurrency: int = 64, round_trip: float = 0.05) -> Outcome:
    """Run a case; measured until nothing is left to begin but what waits out its Retry-After."""
    service = ThrottledService(LIMITS[case.limit](), case.per_minute)
    match case.event:
        case "halves" | "doubles":
            service.changes_at = case.reads / (case.per_minute / 60) / 2
            service.factor = 0.5 if case.event == "halves" else 2.0
        case "own refusals":
            service.odd_one_in = 10
        case "others":
            service.others = 0.3
    ceiling = math.floor(60 * service.limit.permits(case.per_minute / 60) + 1e-9)
    rate = Rate(concurrency, ceiling if case.known else None, 0.0)
    run = Simulation(rate, service.ask, case.reads, concurrency, round_trip).run()
    assert run.emptied is not None
    seconds, accepted = run.emptied
    permitted = service.seconds_for(accepted + service.own_refusals)
    return Outcome(permitted / seconds, (run.refused - service.own_refusals) / len(run.sent))


@dataclass(slots=True)
class Simulation:
    """So many reads, at most `concurrency` under way; a refused one waits out its Retry-After."""

    rate: Rate
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
    _refused: set[int] = field(default_factory=set)
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
            assert len(self.sent) <= 10 * self.reads, "a pace that asks for ever"
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
            wait = self.rate.wait(self.now)
            if wait > 0:
                self._at(self.now + wait, partial(self._woken, self._pacing))
                return
            self.rate.take(self.now)
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
            self.rate.accepted(sent, self.now)
        else:
            self.refused += 1
            self.rate.refused(sent, self.now, retry_after, repeated=customer in self._refused)
            self._refused.add(customer)
            wait = retry_after + self.chance.random() / 2
            self._at(self.now + wait, lambda: self._ask_again(customer))
        if not self._waiting and self.emptied is None:
            self.emptied = (self.now, self.accepted)
        self._pace()
