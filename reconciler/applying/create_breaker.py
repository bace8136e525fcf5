"""A circuit breaker for creates: where the service fails for everyone, it ends the run early.

Reads have one of their own. Here a probe is a create that can't be undone, so while it is half-open
they go one at a time.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from reconciler.model.errors import Unavailable
from reconciler.model.plan import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.applying.stop import StopSignal

FAILURE_THRESHOLD: Final = 3
"""Creates in a row that found no service, or got no answer, before nothing more is sent."""


class CreateBreaker:
    """Closed, creates go side by side; half-open, one at a time; open, the run is stopped.

    It begins half-open, as the sign-in of the first may be refused: then none follows.
    """

    def __init__(self, stop: StopSignal) -> None:
        self._stop = stop
        self._turn = asyncio.Lock()
        self._closed = False
        self._failures = 0
        self._in_trouble = False

    @asynccontextmanager
    async def admission(self) -> AsyncIterator[Admission]:
        """Let one create through, from before its first POST until its outcome is known."""
        admission = Admission(self, self._turn)
        try:
            yield admission
        finally:
            admission.leave()

    @property
    def is_closed(self) -> bool:
        return self._closed

    def failed(self) -> None:
        """Note a POST without an answer: whoever has not sent yet waits what becomes of it."""
        self._closed = False
        self._in_trouble = True

    def ended(self, outcome: Outcome, *, unanswered: bool) -> None:
        """Note how a create ended, where it asked the service; `unanswered` at its last try."""
        if outcome is Outcome.CREATED:
            self._closed, self._in_trouble, self._failures = True, False, 0
        elif not unanswered:
            self._closed, self._failures = not self._in_trouble, 0
        elif outcome in (Outcome.UNKNOWN, Outcome.NOT_ATTEMPTED):
            self.failed()
            self._failures += 1
            if self._failures >= FAILURE_THRESHOLD:
                self._stop.request(_WHY.message, _WHY)


_WHY: Final = Unavailable(
    f"the service answered none of the last {FAILURE_THRESHOLD} creates, so nothing more is sent",
    "run again later: what may have been created is looked for first",
)


class Admission:
    """One create's way through the breaker."""

    def __init__(self, breaker: CreateBreaker, turn: asyncio.Lock) -> None:
        self.breaker = breaker
        self._turn = turn
        self._alone = False

    async def wait(self) -> None:
        """Wait before each POST until it may go: alone, unless the breaker is closed."""
        if self._alone or self.breaker.is_closed:
            return
        await self._turn.acquire()
        if self.breaker.is_closed:
            self._turn.release()
        else:
            self._alone = True

    def leave(self) -> None:
        if self._alone:
            self._alone = False
            self._turn.release()
