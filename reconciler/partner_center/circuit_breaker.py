"""Where this run stands with the service: what need not be asked again. It sends nothing.

A refused sign-in is refused for every customer, and a service that has stopped answering would cost
its time-outs for every customer. Both are remembered, so that a run of thousands ends soon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.errors import ServiceError, SignInRefused, Unavailable
from reconciler.partner_center.calls import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE_CHECKS: Final = frozenset(
    {Kind.CUSTOMER, Kind.ACCOUNT_STATUS, Kind.AGREEMENTS, Kind.DIRECT_SIGNATURE}
)
"""A sign-in that is refused for one of these may still read and write qualifications."""

PAUSE: Final = 30.0
"""Seconds until one read may try whether the service answers again."""


class CircuitBreaker:
    """`failure_threshold`: reads in a row that find no service. `clock` counts seconds."""

    def __init__(self, failure_threshold: int, clock: Callable[[], float]) -> None:
        self._failure_threshold = failure_threshold
        self._clock = clock
        self._barred: dict[Kind, ServiceError] = {}
        self._failed = 0
        self._try_again_at = 0.0

    def check(self, kind: Kind) -> None:
        """Raise what a call of this kind was refused with, if the sign-in was."""
        barred = self._barred.get(kind)
        if barred is not None:
            raise type(barred)(barred.message, barred.remedy, barred.answered)

    def admit_read(self, what: str) -> None:
        """Raise Unavailable where the service has stopped answering; now and then let one try."""
        if not self.is_down:
            return
        if self._clock() < self._try_again_at:
            raise Unavailable(
                f"could not {what}: the last {self._failed} reads got nothing from the "
                "service, so nothing more is asked",
                "run again later; `reconciler doctor` tries the way there",
            )
        self._try_again_at = self._clock() + PAUSE

    @property
    def is_down(self) -> bool:
        return self._failed >= self._failure_threshold

    def refused(self, kind: Kind, error: ServiceError) -> None:
        """Remember that the sign-in was refused: for everything, or for one side check."""
        everything = isinstance(error, SignInRefused) and kind not in SIDE_CHECKS
        for each in Kind if everything else (kind,):
            self._barred.setdefault(each, error)

    def answered(self) -> None:
        self._failed = 0

    def silent(self) -> None:
        """Count a read that found no service, after all its tries."""
        self._failed += 1
        if self._failed == self._failure_threshold:
            self._try_again_at = self._clock() + PAUSE
