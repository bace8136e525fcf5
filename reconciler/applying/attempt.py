"""Sends one create until its outcome is known: a lost answer never becomes a second create.

Before every POST, in its own turn, the customer is read. What became of the POST decides the rest:

| so far   | certainly not | may have     | sign-in refused     | definite no              |
|----------|---------------|--------------|---------------------|--------------------------|
| certain  | look, again   | now doubtful | not attempted; stop | rejected                 |
| doubtful | look          | look         | unknown; stop       | look: held is created,   |
|          |               |              |                     | unseen unknown, else no  |

To look is to read the customer until what is awaited shows, or the settling time is over. Held ends
it, and so do moved and unseen: not attempted where it is certain, unknown where it is doubtful. A
doubtful create that is absent is sent again with the same `MS-RequestId` (the page "REST headers":
the retry of a timed-out call carries the same value), unless it must never be. Where it would end
unknown, and before an earlier run's is sent again, the service's audit log is asked, once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, assert_never

from reconciler.applying.audit_evidence import ON_RECORD, AuditEvidence
from reconciler.applying.creates import CreateOutcome, with_way_out
from reconciler.applying.look import ONCE, Unseen, look
from reconciler.applying.results import in_doubt
from reconciler.applying.waits import RetryLimits
from reconciler.model.errors import (
    AppOnlyRefused,
    OutcomeUnknown,
    ServiceError,
    SignInFailed,
    SignInRefused,
    Unavailable,
    UnreadableAnswer,
)
from reconciler.model.plan import Created, Outcome
from reconciler.planning.staleness import Held, Moved, Send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.applying.create_breaker import Admission
    from reconciler.applying.create_log import CreateLog
    from reconciler.applying.creates import CreatesQualifications, PreparedCreate
    from reconciler.applying.look import Sight
    from reconciler.applying.stop import StopSignal
    from reconciler.model.state import LiveQualification


@dataclass(slots=True)
class CreateAttempt:
    prepared: PreparedCreate
    service: CreatesQualifications
    log: CreateLog
    stop: StopSignal
    admission: Admission
    limits: RetryLimits = field(default_factory=RetryLimits)
    evidence: AuditEvidence = field(default_factory=AuditEvidence)
    sent: bool = False
    doubtful: bool = field(init=False)
    """An earlier POST of it may have happened."""
    _last: ServiceError | None = None
    _status: int | None = None
    """Of the answer to the POST under way, where its head has come."""
    _found_no_service: bool = False

    def __post_init__(self) -> None:
        self.doubtful = self.prepared.unsettled

    @property
    def may_have_happened(self) -> bool:
        return self.sent or self.doubtful

    async def run(self) -> CreateOutcome:
        """Send it until its outcome is known. Every failure of the service becomes an outcome."""
        outcome = await self._send_until_decided()
        if outcome.outcome is Outcome.UNKNOWN:
            outcome = await self._find_on_record() or outcome
        lost = isinstance(self._last, (Unavailable, OutcomeUnknown, UnreadableAnswer))
        if self.sent or self._found_no_service:
            unanswered = lost or self._found_no_service
            self.admission.ended(outcome.outcome, unanswered=unanswered)
        return outcome

    async def _send_until_decided(self) -> CreateOutcome:
        for post in range(self.limits.posts):
            await self._back_off(post)
            outcome = await self._settle() or await self._take_turn()
            if outcome is not None:
                return outcome
            if self._requested_wait > self.limits.longest_requested:
                break
        return await self._give_up()

    async def _settle(self) -> CreateOutcome | None:
        """Let what may have been created show; None where the create may go (again)."""
        others = self.prepared.awaited and not self.stop
        if not (self.doubtful or others):
            return None
        outcome = self._conclude(await self._look(self.limits.settling_waits))
        if outcome is None and self.doubtful and not self.sent:
            return await self._find_on_record()
        return outcome

    async def _find_on_record(self) -> CreateOutcome | None:
        """Ask the audit log, where reads leave it open whether the create happened."""
        if isinstance(self.stop.error, (SignInRefused, SignInFailed)):
            return None
        record = await self.evidence.find()
        if record is None:
            return None
        audited = str(record.correlation_id)
        message = f"no read shows it yet, but {ON_RECORD.format(audited)}"
        return CreateOutcome(Outcome.CREATED, None, audited, message, audited)

    async def _take_turn(self) -> CreateOutcome | None:
        """Read and send in one turn: what was read is never older than that."""
        if not self.stop:
            await self.admission.wait(doubtful=self.doubtful)
        if self.stop:
            return self._stopped()
        async with self.service.turn():
            became = self._conclude(await self._look(ONCE)) or await self._send()
        if became is None:
            return await self._take_turn()
        return became if isinstance(became, CreateOutcome) else await self._decide(became)

    async def _send(self) -> CreateOutcome | Created | ServiceError | SignInFailed | None:
        """None where trouble began while it read: then it goes in another turn, or not at all."""
        if not self.admission.enter():
            return None
        return self._announced() or await self._post()

    def _announced(self) -> CreateOutcome | None:
        if not self.sent:
            self.log.sending(self.prepared)
        return self._stopped() if self.stop else None

    async def _post(self) -> Created | ServiceError | SignInFailed:
        self.sent, self._status = True, None
        try:
            return await self.service.create_qualification(
                self.prepared.create, self.prepared.request_id, self._wanted, self._heard
            )
        except (ServiceError, SignInFailed) as error:
            return error
        except asyncio.CancelledError:
            # Who gives up on the body has still seen the status: no later run sends it again.
            self._note_taken(self._status)
            raise

    def _wanted(self, correlation_id: str) -> bool:
        if not self.stop:
            self.log.posting(self.prepared, correlation_id)
            self.evidence.correlation_ids.append(correlation_id)
        return not self.stop

    def _heard(self, status: int) -> None:
        self._status = status

    async def _decide(self, answer: Created | ServiceError | SignInFailed) -> CreateOutcome | None:
        """Read the table's columns; None is to look, and to send it again if it is absent."""
        self._last = answer if isinstance(answer, ServiceError) else None
        self.log.answered(self.prepared, answer)
        match answer:
            case Created(live=live, correlation_id=correlation_id):
                return CreateOutcome(Outcome.CREATED, live.vetting_status, correlation_id)
            case Unavailable():
                self._failed()
                return None
            case OutcomeUnknown() | UnreadableAnswer():
                self._doubt(answer)
                self._failed()
                return None
            case SignInRefused() | AppOnlyRefused() | SignInFailed():
                self.stop.request(answer.message, answer)
                return self._ended(answer.message, answer.remedy)
            case ServiceError():
                return await self._refused(answer)
            case _:
                assert_never(answer)

    def _failed(self) -> None:
        self.admission.failed(doubtful=self.doubtful, waits=bool(self._requested_wait))

    def _doubt(self, error: ServiceError) -> None:
        self.doubtful = True
        self._note_taken(error.answered.status)

    def _note_taken(self, status: int | None) -> None:
        if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            self.prepared = replace(self.prepared, accepted=True)
            self.log.accepted(self.prepared)

    async def _refused(self, error: ServiceError) -> CreateOutcome:
        """Take a definite no; after doubt it may be a no to a second create.

        Where the create doesn't show after all, the no was to this one, and it is over: the page
        "REST headers" wants a fresh `MS-RequestId` after an answer.
        """
        sight = await self._look(self.limits.settling_waits) if self.doubtful else Send()
        match sight:
            case Held(live):
                return self._held(live)
            case Unseen():
                return self._unknown()
            case Send() | Moved():
                no = with_way_out(error)
                return CreateOutcome(Outcome.REJECTED, None, error.answered.correlation_id, no)
            case _:
                assert_never(sight)

    async def _look(self, waits: Sequence[float]) -> Sight:
        sight = await look(self.service, self.prepared, waits, doubtful=self.doubtful)
        self._found_no_service = isinstance(sight, Unseen) and sight.found_no_service
        if isinstance(sight, Unseen) and sight.refused:
            self.stop.request(sight.error.message, sight.error)
        return sight

    async def _give_up(self) -> CreateOutcome:
        settled = await self._settle() if self.doubtful else None
        message = self._last.message if self._last else "it was not sent"
        return settled or self._ended(f"nothing was created: {message}")

    def _conclude(self, sight: Sight) -> CreateOutcome | None:
        """End with what was seen; None where the create may be sent."""
        match sight:
            case Held(live):
                return self._held(live)
            case Moved(because):
                return self._ended(because)
            case Unseen():
                return self._ended(_unread(sight))
            case Send():
                return self._withheld()
            case _:
                assert_never(sight)

    def _withheld(self) -> CreateOutcome | None:
        if self.doubtful and self.prepared.why_once:
            return self._unknown()
        if self.stop:
            return self._stopped()
        return None if self.prepared.barred is None else self._ended(self.prepared.barred)

    async def _back_off(self, post: int) -> None:
        if post == 0:
            return
        ceiling = min(self.limits.largest_wait, self.limits.first_wait * 2 ** (post - 1))
        own = 0 if self.doubtful else ceiling * (1 + self.limits.chance()) / 2
        await self.stop.wait(self._requested_wait + own)

    @property
    def _requested_wait(self) -> float:
        return (self._last.answered.retry_after if self._last else None) or 0.0

    def _held(self, live: LiveQualification) -> CreateOutcome:
        outcome, message = Outcome.ALREADY_PRESENT, None
        if self.doubtful and self.sent:
            outcome = Outcome.CREATED
            message = "the answer was lost; read back, the customer has it"
        elif self.doubtful:
            message = "settled: the create of an earlier run is there"
        return CreateOutcome(outcome, live.vetting_status, None, message)

    def _stopped(self) -> CreateOutcome:
        return self._ended(str(self.stop.reason), self.stop.remedy)

    def _ended(self, message: str, remedy: str | None = None) -> CreateOutcome:
        """End without the create: it was not sent, or nobody knows."""
        if self.doubtful:
            return self._unknown()
        not_attempted = CreateOutcome(Outcome.NOT_ATTEMPTED, None, self._correlation_id, message)
        return replace(not_attempted, remedy=remedy or None)

    def _unknown(self) -> CreateOutcome:
        message = in_doubt(self.prepared, self._last)
        return CreateOutcome(Outcome.UNKNOWN, None, self._correlation_id, message)

    @property
    def _correlation_id(self) -> str | None:
        return None if self._last is None else self._last.answered.correlation_id


def _unread(unseen: Unseen) -> str:
    error = unseen.error
    if unseen.refused or not isinstance(error, ServiceError):
        return error.message
    return f"the customer could not be read before the write: {with_way_out(error)}"
