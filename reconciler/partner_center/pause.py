"""When nothing passes: single requests find out whether that is over. Pure; it sends none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PROMISED: Final = 32
"""Times the pause so far: the longest Retry-After that everybody waits out, once."""
LONGEST_PAUSE: Final = 60.0
FAILED_PROBES: Final = 3
"""From so many on a pause was a closed window, and belongs to what is sustained."""


@dataclass(slots=True)
class Pause:
    """The probes of a limit that is met: each after twice the time. All times are seconds."""

    shortest: float
    seconds: float = 0.0
    next_probe: float = 0.0
    refused_at: float = 0.0
    failed: int = 0
    trusts_retry_after: bool = True
    promised: bool = False
    """Whether `next_probe` is the end of a Retry-After."""

    def begin(self, now: float, retry_after: float | None) -> None:
        self.seconds = self.shortest
        self._wait(now, retry_after)

    def probe(self, now: float) -> None:
        """Count a request that goes now: no other goes before its answer, or long after it."""
        self.next_probe = now + self.seconds

    def refuse(self, now: float, retry_after: float | None) -> None:
        """Wait twice as long, but no longer than the service asks: that may be one customer's."""
        self.failed += 1
        longest = max(self.shortest, retry_after or LONGEST_PAUSE)
        self.seconds = min(longest, 2 * self.seconds)
        self._wait(now, retry_after)

    def ask_another(self, now: float) -> None:
        """That probe met a customer's own refusal, and found out nothing."""
        self.next_probe = now + self.shortest

    def _wait(self, now: float, retry_after: float | None) -> None:
        if self.promised:
            self.trusts_retry_after = False
        requested = retry_after or 0.0
        # A Retry-After of a second may be any part of one: it has no smaller number.
        self.promised = self.trusts_retry_after and 1 < requested <= PROMISED * self.seconds
        if self.promised:
            self.seconds = requested
        self.refused_at = now
        self.next_probe = now + self.seconds

    def was_closed(self) -> bool:
        """Whether it was a window's end that was waited for, and not a few tokens."""
        return self.promised or self.failed >= FAILED_PROBES
