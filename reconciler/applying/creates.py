"""What goes into sending a create and what comes out of it: data, and what is asked of the service.

Nothing is sent here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.live_state import ReadsCustomers
from reconciler.model.state import Qualification

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import date

    from reconciler.model.audit import AuditRecord
    from reconciler.model.errors import ServiceError
    from reconciler.model.plan import Create, Created, Outcome, Step, StepResult
    from reconciler.model.state import CustomerId
    from reconciler.planning.staleness import Grounds


class CreatesQualifications(ReadsCustomers, Protocol):
    """What apply asks of Partner Center. Every call raises ServiceError or SignInFailed."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for the pace once, for a read and the create that follows it at once."""
        ...

    async def create_qualification(
        self,
        create: Create,
        request_id: str,
        wanted: Callable[[str], bool],
        heard: Callable[[int], None],
    ) -> Created:
        """Send exactly one POST; never repeat it.

        When its turn has come, `wanted` is asked with the correlation id it would carry; where it
        is not wanted any more, it is Unavailable and not sent. `heard` is told the status of the
        answer as soon as that is there.
        """
        ...

    def audit_records(
        self, since: date, customer_id: CustomerId | None
    ) -> AsyncIterator[AuditRecord]:
        """What the service's own log has of one customer, or of all, since a day."""
        ...


class FollowsCreates(Protocol):
    """Who shows what is done: nothing depends on it."""

    def posting(self, step: Step) -> None:
        """Take a step whose create goes out now; once more where it is repeated."""
        ...

    def ended(self, result: StepResult) -> None: ...


class NobodyFollows:
    def posting(self, step: Step) -> None: ...

    def ended(self, result: StepResult) -> None: ...


@dataclass(frozen=True, slots=True)
class PreparedCreate:
    """One step made ready: what is sent, under which id, on which grounds."""

    step: Step
    create: Create
    request_id: str
    grounds: Grounds
    barred: str | None = None
    """Why it must not be sent, whatever a read shows."""
    unsettled: bool = False
    """A create of it by an earlier run, under this id, may have happened."""
    accepted: bool = False
    """The service answered that one with a 2xx."""
    awaited: tuple[Step, ...] = ()
    """Other creates of earlier runs that reads may be late to show."""

    @property
    def why_once(self) -> str | None:
        """Why a create of it that may have happened is never sent again, if it isn't."""
        if self.step.resubmit_denial_of is not None:
            return "verifications are limited"
        if self.step.qualification is Qualification.GCC:
            return "its code is limited"
        return "the service took it" if self.accepted else None


@dataclass(frozen=True, slots=True)
class CreateOutcome:
    outcome: Outcome
    vetting_status: str | None = None
    correlation_id: str | None = None
    message: str | None = None
    audited: str | None = None
    """The MS-CorrelationId by which the service's audit log has it, where that settled it."""
    remedy: str | None = None
    """What to do, where a create was not attempted and the cause has a way out of its own."""


def with_way_out(error: ServiceError) -> str:
    """Tell what went wrong and what to do, as a result's message: which roles are missing, say."""
    return f"{error.message}; {error.remedy}" if error.remedy else error.message
