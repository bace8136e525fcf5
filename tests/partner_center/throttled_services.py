"""Services that throttle, in the kinds that are met: buckets and windows; no code of the pace."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

Permitted = float
"""Requests a second."""


class Limit(Protocol):
    """Asked at an instant, with what is permitted then: 0 where it takes one more, else a wait."""

    def ask(self, _now: float, _permitted: Permitted, /) -> float: ...

    def permits(self, permitted: Permitted, /) -> Permitted:
        """What it lets pass in the long run: a window takes whole requests only."""
        ...


def whole(permitted: Permitted, seconds: float) -> int:
    """The requests that a window of so many seconds takes."""
    return max(1, round(permitted * seconds))


class Unlimited:
    """Refuses nothing."""

    def ask(self, _now: float, _permitted: Permitted) -> float:
        return 0.0

    def permits(self, permitted: Permitted) -> Permitted:
        return permitted

    def never(self, _now: float, _customer: int) -> float | None:
        return None


@dataclass(slots=True)
class Bucket:
    """A token bucket, as many seconds deep as is said; `counted` lets refused requests drain it."""

    depth: float
    counted: bool = False
    _level: float | None = None
    _at: float = 0.0

    def ask(self, now: float, permitted: Permitted) -> float:
        depth = max(1.0, self.depth * permitted)
        level = depth if self._level is None else self._level
        level = min(depth, level + (now - self._at) * permitted)
        self._at, taken = now, level >= 1
        self._level = max(level - 1, -1.0) if taken or self.counted else level
        return 0.0 if taken else (1 - self._level) / permitted

    def permits(self, permitted: Permitted) -> Permitted:
        return permitted


@dataclass(slots=True)
class FixedWindow:
    """So many from one full `seconds` to the next; refused ones make no difference."""

    seconds: float
    _window: int = -1
    _heard: int = 0

    def ask(self, now: float, permitted: Permitted) -> float:
        window = int(now // self.seconds)
        if window != self._window:
            self._window, self._heard = window, 0
        self._heard += 1
        most = whole(permitted, self.seconds)
        return 0.0 if self._heard <= most else (window + 1) * self.seconds - now

    def permits(self, permitted: Permitted) -> Permitted:
        return whole(permitted, self.seconds) / self.seconds


@dataclass(slots=True)
class SlidingWindow:
    """So many in any `seconds`; `counted` says whether refused ones are among them."""

    seconds: float
    counted: bool = False
    _heard: deque[float] = field(default_factory=deque)

    def ask(self, now: float, permitted: Permitted) -> float:
        most = whole(permitted, self.seconds)
        while self._heard and self._heard[0] <= now - self.seconds:
            self._heard.popleft()
        taken = len(self._heard) < most
        if taken or self.counted:
            self._heard.append(now)
        return 0.0 if taken else self._heard[-most] + self.seconds - now

    def permits(self, permitted: Permitted) -> Permitted:
        return whole(permitted, self.seconds) / self.seconds


@dataclass(slots=True)
class ThrottledService:
    """A limit that may change half-way, be shared with others, and have odd customers beside it."""

    limit: Limit
    per_minute: int
    changes_at: float = math.inf
    factor: float = 1.0
    others: float = 0.0
    """The share of the limit that somebody else uses, steadily."""
    odd_one_in: int = 0
    """One customer in so many answers 429 twice by itself; by chance, several in a row."""
    own_refusals: int = 0
    _others_asked: int = 0
    _odd: dict[int, int] = field(default_factory=dict)

    def permitted(self, now: float) -> Permitted:
        return self.per_minute / 60 * (self.factor if now >= self.changes_at else 1.0)

    def ask(self, now: float, customer: int) -> float | None:
        """None where the request is taken; else its Retry-After in whole seconds."""
        self._let_others_ask(now)
        wait = self.limit.ask(now, self.permitted(now))
        if wait > 0:
            return float(max(1, math.ceil(wait)))
        if self.odd_one_in and Random(customer).random() < 1 / self.odd_one_in:  # noqa: S311
            self._odd[customer] = self._odd.get(customer, 0) + 1
            if self._odd[customer] <= 2:
                self.own_refusals += 1
                return 1.0
        return None

    def _let_others_ask(self, now: float) -> None:
        due = int(now * self.others * self.per_minute / 60)
        for number in range(self._others_asked + 1, due + 1):
            at = number / (self.others * self.per_minute / 60)
            self.limit.ask(at, self.permitted(at))
        self._others_asked = due

    def permitted_to_us(self, now: float) -> Permitted:
        return self.limit.permits(self.permitted(now)) - self.others * self.per_minute / 60

    def seconds_for(self, requests: int) -> float:
        """How long so many take at the very pace that is permitted."""
        rate, later = self.permitted_to_us(0.0), self.permitted_to_us(math.inf)
        before = min(requests, rate * self.changes_at)
        return before / rate + (requests - before) / later
