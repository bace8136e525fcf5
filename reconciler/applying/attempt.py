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

from reconciler.applying.stop import FirstRequestGate, StopSignal
from reconciler.live_state import ReadsCustomers
from reconciler.model.errors import (
    AppOnlyRefused,
    OutcomeUnknown,
    ReconcilerError,
    ServiceError,
    SignInFailed,
    SignInRefused,
    Unavailable,
    UnreadableAnswer,
)
from reconciler.model.plan import Outcome
from reconciler.model.state import LiveCustomer, Qualification
from reconciler.planning.staleness import evidence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from reconciler.model.plan import Create, Created, Step
    from reconciler.model.state import CustomerId, LiveQualification


class CreatesQualifications(ReadsCustomers, Protocol):
    """What apply asks of Partner Center. Every method raises ServiceError or SignInFailed."""

    async def create_qualification(
        self, create: Create, request_id: str, wanted: Callable[[str], bool]
    ) -> Created:
        """Send exactly one POST; never repeat it.

        When its turn has come, `wanted` is asked with the correlation id it would carry; where it
        is not wanted any more, it is Unavailable and not sent.
        """
        ...


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """How long one create is pursued. Waits are seconds."""

    posts: int = 5
    first_wait: float = 0.5
    largest_wait: float = 8.0
    longest_asked: float = 120.0
    """A Retry-After above this ends the pursuit."""
    settling: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0)
    """The waits before each read-back: how far reads may lag behind writes."""


@dataclass(frozen=True, slots=True)
class CreateOutcome:
    """The outcome of one create, and what is known of it."""

    outcome: Outcome
    vetting_status: str | None = None
    correlation_id: str | None = None
    message: str | None = None


def say_nothing() -> None:
    """Announce to nobody."""


def permit_all(_correlation_id: str) -> bool:
    """Hinder nothing."""
    return True


@dataclass(slots=True)
class CreateAttempt:
    """One create under way. `doubtful`: an earlier try of it may have happened, or has.

    `announce` is called just before it is sent for the first time; where it raises the flag to
    stop, nothing is sent.
    """

    service: CreatesQualifications
    step: Step
    create: Create
    request_id: str
    stop: StopSignal
    retry_limits: RetryLimits = field(default_factory=RetryLimits)
    doubtful: bool = False
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    announce: Callable[[], None] = say_nothing
    first_request: FirstRequestGate = field(default_factory=FirstRequestGate)
    permit: Callable[[str], bool] = permit_all
    """Asked before every POST, with its correlation id: the answer may be lost, the id must not."""
    sent: bool = False
    _last: ServiceError | None = None
    _absent: bool = False
    """What the last read-back saw: False also where it could not see."""

    async def settle(self) -> CreateOutcome:
        """Pursue the create to its outcome. Every failure of the service becomes an outcome."""
        for post in range(self.retry_limits.posts):
            settled = await self._before(post) or await self._post()
            if settled is not None:
                return settled
        return await self._give_up()

    async def _before(self, post: int) -> CreateOutcome | None:
        if self.doubtful:
            await self.stop.wait(self._asked_wait() or 0)
            settled = await self._read_back() or self._unrepeatable()
            if settled is not None:
                return settled
        elif post:
            await self._back_off(post)
        return self._ended(str(self.stop.reason)) if self.stop else None

    def _unrepeatable(self) -> CreateOutcome | None:
        repeatable = self._absent and self.step.qualification is not Qualification.GCC
        return None if repeatable else self._unknown()

    async def _back_off(self, post: int) -> None:
        times = self.retry_limits
        ceiling = min(times.largest_wait, times.first_wait * 2 ** (post - 1))
        jittered = random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, not a secret
        await self.stop.wait((self._asked_wait() or 0) + jittered)

    def _asked_wait(self) -> float | None:
        return None if self._last is None else self._last.answered.retry_after

    async def _post(self) -> CreateOutcome | None:
        try:
            created = await self.first_request.follow(self._send)
        except Unavailable as error:
            return await self._failed(error)
        except (OutcomeUnknown, UnreadableAnswer) as error:
            self.doubtful = True
            return await self._failed(error)
        except (SignInRefused, AppOnlyRefused) as error:
            self._last = error
            return self._shut_out(error)
        except SignInFailed as error:
            return self._shut_out(error)
        except ServiceError as error:
            return await self._refused(error)
        return self._answered(created)

    def _answered(self, created: Created | None) -> CreateOutcome:
        if created is None:
            return self._ended(str(self.stop.reason))
        return CreateOutcome(Outcome.CREATED, created.live.vetting_status, created.correlation_id)

    async def _send(self) -> Created | None:
        """Send it, unless the flag was raised while this waited for its turn."""
        if not self.stop and not self.sent:
            self.announce()
        if self.stop:
            return None
        self.sent = True
        return await self.service.create_qualification(
            self.create,
            self.request_id,
            lambda correlation_id: not self.stop and self.permit(correlation_id),
        )

    def _shut_out(self, error: ReconcilerError) -> CreateOutcome:
        self.stop.request(error.message, error)
        return self._ended(error.message)

    async def _failed(self, error: ServiceError) -> CreateOutcome | None:
        self._last = error
        asked = error.answered.retry_after
        too_long = asked is not None and asked > self.retry_limits.longest_asked
        return await self._give_up() if too_long else None

    async def _refused(self, error: ServiceError) -> CreateOutcome:
        """Take a definite no; after a doubtful try it may be a no to a second create.

        Where the create doesn't show after all, the no was to this one, and it is over: the page
        "REST headers" wants a fresh `MS-RequestId` after an answer.
        """
        self._last = error
        if self.doubtful:
            settled = await self._read_back()
            if settled is not None or not self._absent:
                return settled or self._unknown()
        return CreateOutcome(Outcome.REJECTED, None, self._correlation_id(), with_way_out(error))

    async def _give_up(self) -> CreateOutcome:
        if self.doubtful:
            return await self._read_back() or self._unknown()
        message = self._last.message if self._last else "it was not sent"
        return self._ended(f"nothing was created: {message}")

    async def _read_back(self) -> CreateOutcome | None:
        """Read the customer until the create shows, or the settling time is over."""
        for wait in self.retry_limits.settling:
            await self.sleep(wait)
            self._absent = False
            try:
                live = LiveCustomer(await self.service.qualifications(self.step.customer_id))
            except (SignInRefused, SignInFailed) as error:
                self.stop.request(error.message, error)
                break
            except ServiceError:
                continue
            shown = evidence(self.step, live)
            if shown is not None:
                return self._shown(shown)
            self._absent = True
        return None

    def _shown(self, shown: LiveQualification) -> CreateOutcome:
        if not self.sent:
            message = "settled: the create of an earlier run is there"
            return CreateOutcome(Outcome.ALREADY_PRESENT, shown.vetting_status, None, message)
        message = "the answer was lost; read back, the customer has it"
        return CreateOutcome(Outcome.CREATED, shown.vetting_status, None, message)

    def _ended(self, message: str) -> CreateOutcome:
        if self.doubtful:
            return self._unknown()
        return CreateOutcome(Outcome.NOT_ATTEMPTED, None, self._correlation_id(), message)

    def _unknown(self) -> CreateOutcome:
        why = f" ({self._last.message})" if self._last else ""
        message = f"it may have been created{why}; look at the customer in Partner Center, then "
        if self.step.qualification is Qualification.GCC:
            message += (
                "run apply again if it is there. If it stays absent, set it there by hand: a GCC "
                "create that may have happened is never repeated, as its code is limited"
            )
        else:
            message += (
                "run apply again: the journal keeps the request id, and what is there is not "
                "sent again"
            )
        return CreateOutcome(Outcome.UNKNOWN, None, self._correlation_id(), message)

    def _correlation_id(self) -> str | None:
        return None if self._last is None else self._last.answered.correlation_id


async def read_caught_up(
    service: ReadsCustomers,
    customer_id: CustomerId,
    awaited: Iterable[Step],
    retry_limits: RetryLimits,
) -> LiveCustomer:
    """Read a customer until the creates `awaited` show, at most over the settling time."""
    live = LiveCustomer(await service.qualifications(customer_id))
    for wait in retry_limits.settling:
        if all(evidence(step, live) for step in awaited):
            break
        await asyncio.sleep(wait)
        live = LiveCustomer(await service.qualifications(customer_id))
    return live


def with_way_out(error: ServiceError) -> str:
    """Tell what went wrong and what to do, as a result's message: which roles are missing, say."""
    return f"{error.message}; {error.remedy}" if error.remedy else error.message
