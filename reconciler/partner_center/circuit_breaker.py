"""A service that has stopped answering costs its time-outs once, not for every customer.

After enough failures in a row the circuit is open: nothing more is asked, but for one read now and
then that tries whether the service is back. It sends nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.errors import Unavailable
from reconciler.partner_center.calls import SIDE_CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.partner_center.calls import Kind

PAUSE: Final = 30.0
"""Seconds until one read may try whether the service answers again."""


class CircuitBreaker:
    """`failure_threshold`: reads in a row that find no service. `clock` counts seconds."""

    def __init__(self, failure_threshold: int, clock: Callable[[], float]) -> None:
        self._failure_threshold = failure_threshold
        self._clock = clock
        self._failures = 0
        self._try_again_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._failure_threshold

    def admit(self, what: str) -> None:
        """Raise Unavailable while the circuit is open; now and then let one try."""
        if not self.is_open:
            return
        if self._clock() < self._try_again_at:
            raise Unavailable(
                f"could not {what}: the last {self._failures} reads got nothing from the "
                "service, so nothing more is asked",
                "run again later; `reconciler doctor` tries the way there",
            )
        self._try_again_at = self._clock() + PAUSE

    def answered(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        """Count a read that found no service, after all its tries."""
        self._failures += 1
        if self._failures == self._failure_threshold:
            self._try_again_at = self._clock() + PAUSE


class CircuitBreakers:
    """One for each kind of side check, so that none can bar what matters; one for the rest."""

    def __init__(self, failure_threshold: int, clock: Callable[[], float]) -> None:
        self._rest = CircuitBreaker(failure_threshold, clock)
        self._own = {kind: CircuitBreaker(failure_threshold, clock) for kind in SIDE_CHECKS}

    def of(self, kind: Kind) -> CircuitBreaker:
        return self._own.get(kind, self._rest)
