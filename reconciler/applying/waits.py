"""The waits of apply, and how often a create is tried: numbers only.

How long reads of a customer may lag behind its create is here too, and what a stop leaves.
"""

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
    settling_waits: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0)
    """Before each read after a create: how far reads may lag behind writes."""
    after_stop: float = 20.0
    """What creates in flight have left once somebody asks to stop."""
    chance: Callable[[], float] = random.random
    """In [0, 1): spreads the waits of creates that failed together."""
