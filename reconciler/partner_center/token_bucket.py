"""A token bucket, and the ceiling that no minute exceeds. Pure: times are handed in, in seconds."""

from __future__ import annotations

from collections import deque
from typing import Final

MINUTE: Final = 60.0
WINDOW: Final = 61.0
"""Seconds in which the ceiling holds: a second to spare, as requests don't travel equally fast."""

INSTANT: Final = 1e-6
"""Seconds: a shorter wait is none, or rounding could make it endless."""


class TokenBucket:
    """Each request takes a token; they come at `rate` a second, and at most `depth` are kept."""

    def __init__(self, rate: float, depth: float, tokens: float, now: float) -> None:
        self.rate = rate
        self._depth = depth
        self._tokens = tokens
        self._filled = now

    def wait(self, now: float) -> float:
        self._fill(now)
        wait = (1 - self._tokens) / self.rate
        return wait if wait > INSTANT else 0.0

    def take(self, now: float) -> bool:
        """Take a token; whether the bucket is what holds requests back."""
        self._fill(now)
        held = self._tokens < 2  # noqa: PLR2004 - the one that is taken and no other
        self._tokens -= 1
        return held

    def empty(self, now: float) -> None:
        self._fill(now)
        self._tokens = min(self._tokens, 0.0)

    def _fill(self, now: float) -> None:
        gained = (now - self._filled) * self.rate
        if self._tokens < self._depth:
            self._tokens = min(self._tokens + gained, self._depth)
        self._filled = now


class Ceiling:
    """So many requests in any minute, whatever else is decided; None allows any number."""

    def __init__(self, requests_per_minute: int | None) -> None:
        self._most = requests_per_minute
        self._sent: deque[float] = deque(maxlen=requests_per_minute)

    def wait(self, now: float) -> float:
        if self._most is None or len(self._sent) < self._most:
            return 0.0
        wait = self._sent[0] + WINDOW - now
        return wait if wait > INSTANT else 0.0

    def take(self, now: float) -> None:
        if self._most is not None:
            self._sent.append(now)
