"""Sends one create until its outcome is known: a lost answer never becomes a second create.

After a failure one question decides. Did it certainly not happen? Then it may be sent again. May it
have happened? Then the customer is read back, several times since reads can lag behind writes, and
only where it stays absent is the same create sent again, with the same `MS-RequestId` (the page
"REST headers": the retry of a timed-out call carries the same value). A GCC create is never sent
again so: its code has a limited number of uses.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.findings import (
    AppOnlyRefused,
    OutcomeUnknown,
    ReconcilerError,
    ServiceError,
    SignInFailed,
    SignInRefused,
    Unavailable,
)
from reconciler.live_state import ReadsCustomers
from reconciler.moved import held_by
from reconciler.plan import Outcome
from reconciler.state import LiveCustomer, Qualification

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.plan import Create, Created, Step
    from reconciler.state import LiveQualification


class CreatesQualifications(ReadsCustomers, Protocol):
    """What apply asks of Partner Center. Every method raises ServiceError or SignInFailed."""

    async def create_qualification(self, create: Create, request_id: str) -> Created:
        """Send exactly one POST; never repeat it."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one create is pursued. Waits are seconds."""

    posts: int = 5
    first_wait: float = 0.5
    largest_wait: float = 8.0
    longest_asked: float = 120.0
    """A Retry-After above this ends the pursuit."""
    settling: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0)
    """The waits before each read-back: how far reads may lag behind writes."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of one create, and what is known of it."""

    outcome: Outcome
    vetting_status: str | None = None
    correlation_id: str | None = None
    message: str | None = None


class Stop:
    """Raised once and for all: no new creates. Those in flight are settled."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.reason: str | None = None
        self.error: ReconcilerError | None = None

    def __bool__(self) -> bool:
        return self._event.is_set()

    def raise_flag(self, reason: str, error: ReconcilerError | None = None) -> None:
        """Stop with the first reason given; later ones change nothing."""
        if not self._event.is_set():
            self.reason, self.error = reason, error
            self._event.set()

    async def wait(self, seconds: float) -> None:
        """Wait, but not longer than until the flag is raised."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return


@dataclass(slots=True)
class Pursuit:
    """One create under way. `doubtful`: an earlier try of it may have happened."""

    service: CreatesQualifications
    step: Step
    create: Create
    request_id: str
    stop: Stop
    patience: Patience = field(default_factory=Patience)
    doubtful: bool = False
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _last: ServiceError | None = None

    async def settle(self) -> Settled:
        """Pursue the create to its outcome. Every failure of the service becomes an outcome."""
        for post in range(self.patience.posts):
            settled = await self._before(post) or await self._post()
            if settled is not None:
                return settled
        return await self._give_up()

    async def _before(self, post: int) -> Settled | None:
        if self.doubtful:
            settled = await self._read_back()
            if settled is not None:
                return settled
        elif post:
            await self._back_off(post)
        return self._ended(str(self.stop.reason)) if self.stop else None

    async def _back_off(self, post: int) -> None:
        times = self.patience
        ceiling = min(times.largest_wait, times.first_wait * 2 ** (post - 1))
        jittered = random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, not a secret
        await self.stop.wait((self._asked_wait() or 0) + jittered)

    def _asked_wait(self) -> float | None:
        return None if self._last is None else self._last.answered.retry_after

    async def _post(self) -> Settled | None:
        try:
            created = await self.service.create_qualification(self.create, self.request_id)
        except Unavailable as error:
            return await self._failed(error)
        except OutcomeUnknown as error:
            self.doubtful = True
            return await self._failed(error)
        except (SignInRefused, AppOnlyRefused, SignInFailed) as error:
            self.stop.raise_flag(error.message, error)
            return self._ended(error.message)
        except ServiceError as error:
            return await self._refused(error)
        return Settled(Outcome.CREATED, created.live.vetting_status, created.correlation_id)

    async def _failed(self, error: ServiceError) -> Settled | None:
        self._last = error
        asked = error.answered.retry_after
        too_long = asked is not None and asked > self.patience.longest_asked
        return await self._give_up() if too_long else None

    async def _refused(self, error: ServiceError) -> Settled:
        """Take a definite no; after a doubtful try it may be a no to a second create."""
        correlation_id = error.answered.correlation_id
        if not self.doubtful:
            return Settled(Outcome.REJECTED, None, correlation_id, error.message)
        self._last = error
        return await self._read_back(last=True) or self._unknown()

    async def _give_up(self) -> Settled:
        if self.doubtful:
            return await self._read_back(last=True) or self._unknown()
        message = self._last.message if self._last else "it was not sent"
        return self._ended(f"nothing was created: {message}")

    async def _read_back(self, *, last: bool = False) -> Settled | None:
        """Read the customer until the create shows. None: absent, and it may be sent again."""
        readable = False
        for wait in self.patience.settling:
            await self.sleep(wait)
            try:
                live = LiveCustomer(await self.service.qualifications(self.step.customer_id))
            except (SignInRefused, SignInFailed) as error:
                self.stop.raise_flag(error.message, error)
                break
            except ServiceError:
                continue
            readable = True
            shown = evidence(self.step, live)
            if shown is not None:
                message = "the answer was lost; read back, the customer has it"
                return Settled(Outcome.CREATED, shown.vetting_status, None, message)
        repeatable = readable and self.step.qualification is not Qualification.GCC
        return None if repeatable and not last else self._unknown()

    def _ended(self, message: str) -> Settled:
        if self.doubtful:
            return self._unknown()
        return Settled(Outcome.NOT_ATTEMPTED, None, self._correlation_id(), message)

    def _unknown(self) -> Settled:
        why = f" ({self._last.message})" if self._last else ""
        message = (
            f"it may have been created{why}; look at the customer in Partner Center, then run "
            "apply again: the journal keeps the request id, and what is there is not sent again"
        )
        if self.step.qualification is Qualification.GCC:
            message += (
                ". A GCC create that may have happened is never repeated: its code is limited"
            )
        return Settled(Outcome.UNKNOWN, None, self._correlation_id(), message)

    def _correlation_id(self) -> str | None:
        return None if self._last is None else self._last.answered.correlation_id


def evidence(step: Step, live: LiveCustomer) -> LiveQualification | None:
    """Find what shows that a create of `step` has happened, where it was absent before.

    For a first create any vetting of it shows that, a denial too.
    """
    if step.resubmit_denial_of is None:
        return live.find(step.qualification)
    return held_by(step, live)
