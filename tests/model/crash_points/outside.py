"""What the real code finds outside, in the model's world: Partner Center and its own journal."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from reconciler.applying.audit_evidence import none_recorded
from reconciler.model.errors import (
    Answered,
    CallRefused,
    OutcomeUnknown,
    SignInRefused,
    StateError,
    Unavailable,
    UnreadableAnswer,
)
from reconciler.model.plan import Created, Outcome
from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    LiveQualification,
)
from tests.model.crash_points.words import Event, Kind
from tests.worlds import (
    DENIED_ON,
    LATER,
    denied,
    education,
    gcc,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import date, datetime
    from pathlib import Path

    from reconciler.applying.journal import Journal
    from reconciler.model.audit import AuditRecord
    from reconciler.model.plan import Create, Step
    from reconciler.model.state import CustomerId
    from tests.model.crash_points.world import World

HANGS: Final = 60.0
ENDS: Final = {
    Outcome.CREATED: Event.CREATED,
    Outcome.ALREADY_PRESENT: Event.PRESENT,
    Outcome.REJECTED: Event.REJECTED,
    Outcome.UNKNOWN: Event.UNKNOWN,
    Outcome.NOT_ATTEMPTED: Event.UNSENT,
}
DECLARED: Final = {
    Kind.PLAIN: (education(), ()),
    Kind.GCC: (gcc(), ()),
    Kind.RESUBMISSION: (education(resubmit=DENIED_ON), (denied(),)),
}
CREATED: Final = {
    Kind.PLAIN: LiveQualification("Education", "InReview"),
    Kind.GCC: LiveQualification("GovernmentCommunityCloud"),
    Kind.RESUBMISSION: LiveQualification("Education", "InReview", None, LATER),
}


@dataclass(frozen=True, slots=True)
class Service:
    """Partner Center, as the engine asks for it."""

    world: World

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        self.world.may_stop()
        yield

    async def qualifications(self, _customer_id: CustomerId) -> tuple[LiveQualification, ...]:
        kind = self.world.setting.kind
        match self.world.read():
            case Event.UNREAD:
                raise Unavailable("no connection")
            case Event.SEEN:
                return (CREATED[kind],)
            case _:
                return DECLARED[kind][1]

    async def create_qualification(
        self,
        _create: Create,
        request_id: str,
        wanted: Callable[[str], bool],
        heard: Callable[[int], None],
    ) -> Created:
        self.world.may_be_interrupted()
        if not wanted("correlation"):
            raise Unavailable("stopped before its turn")
        fate = self.world.post(request_id)
        if fate in (Event.ODD, Event.ODD_VAIN):
            heard(HTTPStatus.ACCEPTED)
        if fate is Event.LEFT or self.world.body_hangs(fate):
            await asyncio.sleep(HANGS)
        if fate is not Event.KEPT:
            raise _error(fate)
        return Created(CREATED[self.world.setting.kind], "correlation")

    def audit_records(
        self, since: date, customer_id: CustomerId | None
    ) -> AsyncIterator[AuditRecord]:
        return none_recorded(since, customer_id)

    async def customer_domain(self, _customer_id: CustomerId) -> CustomerDomain:
        raise AssertionError("nothing here makes a side check needed")

    async def account_status(self, _customer_id: CustomerId) -> CustomerAccount:
        raise AssertionError("nothing here makes a side check needed")

    async def customer_agreement(self, _customer_id: CustomerId) -> CustomerAgreement:
        raise AssertionError("nothing here makes a side check needed")


def _error(fate: Event) -> Exception:
    match fate:
        case Event.DOWN:
            return Unavailable("throttled", answered=Answered(429))
        case Event.SIGNED_OUT:
            return SignInRefused("who are you?", answered=Answered(401))
        case Event.REFUSED:
            return CallRefused("a definite no", answered=Answered(400))
        case Event.ODD | Event.ODD_VAIN:
            return UnreadableAnswer("an odd 2xx", answered=Answered(202))
        case _:
            return OutcomeUnknown("no answer came in time")


@dataclass(slots=True)
class Lines:
    """The real journal. Each line may be torn by a kill, or refused by a full disk."""

    world: World
    journal: Journal
    path: Path
    at_death: bytes | None = None
    ended: bool = False

    def sending(self, at: datetime, step: Step, request_id: str) -> None:
        self._line(Event.LINE, lambda: self.journal.sending(at, step, request_id))

    def posting(self, at: datetime, request_id: str, correlation_id: str) -> None:
        self._line(None, lambda: self.journal.posting(at, request_id, correlation_id))

    def accepted(self, at: datetime, request_id: str) -> None:
        self._line(Event.NOTED, lambda: self.journal.accepted(at, request_id))

    def settled(
        self, at: datetime, request_id: str, outcome: Outcome, audited: str | None = None
    ) -> None:
        self.ended = True
        self._line(ENDS[outcome], lambda: self.journal.settled(at, request_id, outcome, audited))

    def _line(self, event: Event | None, write: Callable[[], None]) -> None:
        before = self.path.read_bytes()
        match self.world.line(event):
            case Event.KILLED:
                self.world.dies(Event.KILLED)
            case Event.TORN:
                write()
                torn = len(before) + (self.path.stat().st_size - len(before)) // 2
                self.at_death = self.path.read_bytes()[:torn]
                self.world.dies(Event.TORN)
            case Event.FULL:
                raise StateError("the disk is full")
            case _:
                write()
