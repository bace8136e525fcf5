"""A circuit breaker for creates: where the service fails for everyone, it ends the run early.

Reads have one of their own. Here a probe is a create that can't be undone, so while it is half-open
they go one at a time, those first that are in doubt already: there one more doubt costs nothing.
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

MOST_AT_ONCE: Final = 4
"""Creates side by side, however many reads may go: a POST on its way can't be called back.

So many may be left unknown where an outage begins. While a read and its POST take a second, four of
them use up 480 requests a minute all the same.
"""

MOST_LOST: Final = 12
"""POSTs in a row that may have happened, before the same: each is looked for seven seconds long."""


class CreateBreaker:
    """Closed, creates go side by side; half-open, one at a time; open, the run is stopped.

    It begins half-open, as the sign-in of the first may be refused: then none follows.
    """

    def __init__(self, stop: StopSignal) -> None:
        self._stop = stop
        self._changed = asyncio.Event()
        self._closed = False
        self._turn_taken = False
        self._admitted = 0
        self._under_way = 0
        """Creates whose POST may have happened and which have not ended."""
        self._failures = 0
        self._lost = 0
        self._in_trouble = False

    @asynccontextmanager
    async def admission(self) -> AsyncIterator[Admission]:
        """Let one create through, from before its first POST until its outcome is known."""
        admission = Admission(self)
        try:
            yield admission
        finally:
            admission.leave()

    @property
    def is_closed(self) -> bool:
        return self._closed

    async def take_turn(self, *, doubtful: bool, admitted: bool) -> bool:
        """Wait until a create may go; True where it goes alone, and has a turn to give back."""
        while not self._admits(doubtful=doubtful, admitted=admitted):
            await self._changed.wait()
        self._admitted += not admitted
        self._turn_taken = not self._closed
        return self._turn_taken

    def _admits(self, *, doubtful: bool, admitted: bool) -> bool:
        """A new one goes alone only where none is under way: each of those may be lost, too."""
        if self._closed:
            return admitted or self._admitted < MOST_AT_ONCE
        return not self._turn_taken and (doubtful or not self._under_way)

    def give_back_turn(self) -> None:
        self._turn_taken = False
        self._wake()

    def left(self) -> None:
        self._admitted -= 1
        self._wake()

    def sent(self) -> None:
        self._under_way += 1

    def over(self) -> None:
        self._under_way -= 1
        self._wake()

    def failed(self, *, lost: bool) -> None:
        """Note a POST without an answer: whoever has not sent yet waits what becomes of it."""
        self._closed = False
        self._in_trouble = True
        self._lost += lost
        if self._lost >= MOST_LOST:
            self._stop.request(_WHY.message, _WHY)

    def ended(self, outcome: Outcome, *, unanswered: bool, alone: bool) -> None:
        """Note how a create ended, where it asked the service; `unanswered` at its last try."""
        if unanswered and outcome in (Outcome.UNKNOWN, Outcome.NOT_ATTEMPTED):
            self.failed(lost=False)
            self._failures += 1
            if self._failures >= FAILURE_THRESHOLD:
                self._stop.request(_WHY.message, _WHY)
        elif outcome is Outcome.CREATED or not unanswered:
            self._failures = self._lost = 0
            if self._closed or alone:  # what was sent before the trouble doesn't end it
                self._in_trouble = self._in_trouble and outcome is not Outcome.CREATED
                self._closed = not self._in_trouble
                self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


_WHY: Final = Unavailable(
    f"the service answered none of the last {FAILURE_THRESHOLD} creates, so nothing more is sent",
    "run again later: what may have been created is looked for first",
)


class Admission:
    """One create's way through the breaker."""

    def __init__(self, breaker: CreateBreaker) -> None:
        self._breaker = breaker
        self._admitted = False
        self._alone = False
        self._under_way = False

    async def wait(self, *, doubtful: bool) -> None:
        """Wait before each POST until it may go: alone, unless the breaker is closed."""
        if not self._alone:
            admitted = self._admitted
            self._alone = await self._breaker.take_turn(doubtful=doubtful, admitted=admitted)
            self._admitted = True

    def enter(self) -> bool:
        """Go now, after the read; False where trouble began meanwhile: then `wait` anew."""
        if not (self._alone or self._breaker.is_closed):
            return False
        if not self._under_way:
            self._under_way = True
            self._breaker.sent()
        return True

    def failed(self, *, doubtful: bool, waits: bool = False) -> None:
        """Note a POST without an answer; one that certainly didn't happen is under way no more.

        Who `waits` out a Retry-After, which may be that customer's own, keeps no other from going.
        """
        self._breaker.failed(lost=doubtful)
        if not doubtful:
            self._over()
        if waits:
            self._give_back_turn()

    def ended(self, outcome: Outcome, *, unanswered: bool) -> None:
        self._breaker.ended(outcome, unanswered=unanswered, alone=self._alone)

    def leave(self) -> None:
        self._over()
        self._give_back_turn()
        if self._admitted:
            self._admitted = False
            self._breaker.left()

    def _over(self) -> None:
        if self._under_way:
            self._under_way = False
            self._breaker.over()

    def _give_back_turn(self) -> None:
        if self._alone:
            self._alone = False
            self._breaker.give_back_turn()
