"""How often and how long one create is tried, and how long its read-backs wait: numbers only."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """How long one create is tried. Waits are seconds."""

    posts: int = 5
    first_wait: float = 0.5
    largest_wait: float = 8.0
    longest_requested: float = 120.0
    """A Retry-After above this ends the attempt."""
    settling: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0)
    """The waits before each read-back: how far reads may lag behind writes."""
    after_stop: float = 20.0
    """What creates in flight have left once somebody asks to stop."""
    chance: Callable[[], float] = random.random
    """In [0, 1): spreads the waits of creates that failed together."""
