"""Sends the steps of a plan and tells what became of each; it never adds to or changes a step.

It may only leave a step out, and then says why. Every step ends in exactly one result, whatever
happens: a refused sign-in, a full disk, Ctrl-C.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from reconciler.applying.attempt import CreateAttempt
from reconciler.applying.audit_evidence import AuditEvidence
from reconciler.applying.create_breaker import CreateBreaker
from reconciler.applying.create_log import CreateLog
from reconciler.applying.creates import PreparedCreate
from reconciler.applying.preflight import Preflight, preflight
from reconciler.applying.results import after, ended, in_flight, result, unsent
from reconciler.live_state import for_each
from reconciler.model.plan import Create, Outcome, StepResult
from reconciler.planning.staleness import Grounds, Moved, judge

if TYPE_CHECKING:
    from reconciler.applying.apply_input import ApplyInput, Dependencies
    from reconciler.applying.journal_lines import CreateRecord
    from reconciler.applying.stop import StopSignal
    from reconciler.model.plan import Step, StepKey
    from reconciler.model.secret import Secret

SENDING: Final = "creates, each after a read of its customer"

DONE = frozenset({Outcome.CREATED, Outcome.ALREADY_PRESENT})


class Engine:
    """Applies one plan once. `results` is true at any moment, also when `run` is cancelled."""

    def __init__(self, given: ApplyInput, dependencies: Dependencies, stop: StopSignal) -> None:
        self._input = given
        self._dependencies = dependencies
        self._stop = stop
        self._breaker = CreateBreaker(stop)
        self._log = CreateLog(
            dependencies.journal,
            dependencies.now,
            stop,
            dependencies.audit_log,
            dependencies.follows,
        )
        self._ended = 0
        self._grounds = given.by_customer(dependencies.now())
        self._preflight = Preflight()
        self._attempts: dict[StepKey, CreateAttempt] = {}
        self._results: dict[StepKey, StepResult] = {}

    async def run(self) -> None:
        """Send what may be sent. Raises nothing of the service's: that is in the results.

        Once somebody asks to stop, what is in flight has a while to be settled, and is left then.
        """
        limit = asyncio.timeout(None)
        try:
            async with limit:
                watch = asyncio.create_task(self._limit_once_requested(limit))
                try:
                    await self._apply()
                finally:
                    watch.cancel()
        except TimeoutError:
            if not limit.expired():
                raise

    async def _limit_once_requested(self, limit: asyncio.Timeout) -> None:
        await self._stop.requested()
        now = asyncio.get_running_loop().time()
        limit.reschedule(now + self._dependencies.retry_limits.after_stop)

    async def _apply(self) -> None:
        self._leave_out()
        if self._stop:
            return
        await self._check_before_writes()
        self._dependencies.progress(SENDING, 0, len(self._input.plan.steps))
        await for_each(self._grounds.values(), self._customer, self._dependencies.concurrency)

    @property
    def results(self) -> tuple[StepResult, ...]:
        return tuple(self._result(step) for step in self._input.plan.steps)

    def _result(self, step: Step) -> StepResult:
        if step.key in self._results:
            return self._results[step.key]
        attempt = self._attempts.get(step.key)
        if attempt is not None and attempt.may_have_happened:
            return in_flight(attempt.prepared)
        return unsent(step, self._stop)

    def _leave_out(self) -> None:
        """Leave out what manifests and policy no longer stand for: no read is wasted on it."""
        for grounds in self._grounds.values():
            for step in grounds.steps:
                match judge(step, grounds, None):
                    case Moved(because):
                        self._results[step.key] = result(step, Outcome.NOT_ATTEMPTED, because)

    async def _check_before_writes(self) -> None:
        given, dependencies, stop = self._input, self._dependencies, self._stop
        steps = [step for step in given.plan.steps if step.key not in self._results]
        to_send = {step.customer_id for step in steps}
        customers = [grounds for each, grounds in self._grounds.items() if each in to_send]
        self._preflight = await preflight(given, dependencies, customers, steps, stop)

    async def _customer(self, grounds: Grounds) -> None:
        """Send one customer's steps in order; after one that fails, the rest isn't attempted."""
        failed: Step | None = None
        for step in grounds.steps:
            if failed is not None:
                self._results.setdefault(step.key, after(step, failed))
            elif step.key not in self._results and not self._stop:
                self._results[step.key] = await self._step(step, grounds)
            if self._result(step).outcome not in DONE:
                failed = failed or step
            self._report_ended(step)

    def _report_ended(self, step: Step) -> None:
        if step.key in self._results:
            self._ended += 1
            self._dependencies.follows.ended(self._results[step.key])
            self._dependencies.progress(SENDING, self._ended, len(self._input.plan.steps))

    async def _step(self, step: Step, grounds: Grounds) -> StepResult:
        prepared = self._prepare(step, grounds)
        async with self._breaker.admission() as admission:
            attempt = CreateAttempt(
                prepared=prepared,
                service=self._dependencies.service,
                log=self._log,
                stop=self._stop,
                admission=admission,
                limits=self._dependencies.retry_limits,
                evidence=self._evidence(prepared),
            )
            self._attempts[step.key] = attempt
            outcome = await attempt.run()
        if not (attempt.sent or prepared.unsettled):
            return ended(step, outcome, None)
        self._log.settled(prepared, outcome)
        return ended(step, outcome, prepared.request_id)

    def _evidence(self, prepared: PreparedCreate) -> AuditEvidence:
        history, now = self._input.history, self._dependencies.now
        earlier = history.unsettled.get(prepared.step.key) if prepared.unsettled else None
        return AuditEvidence(
            self._dependencies.service.audit_records,
            now,
            prepared.step.customer_id,
            since=earlier.at if earlier else now(),
            correlation_ids=list(history.correlation_ids.get(prepared.request_id, ())),
        )

    def _prepare(self, step: Step, grounds: Grounds) -> PreparedCreate:
        unsettled = self._input.history.unsettled.values()
        earlier = [each for each in unsettled if each.customer_id == step.customer_id]
        same = [each for each in earlier if each.qualification is step.qualification]
        resumed = same[0] if len(same) == 1 and same[0].matches(step) else None
        barred = (
            _other_create(same[0]) if same and not resumed else self._preflight.barred.get(step.key)
        )
        request_id = resumed.request_id if resumed else self._dependencies.new_request_id()
        return PreparedCreate(
            step=step,
            create=_create_of(step, self._preflight.codes.get(step.key)),
            request_id=request_id,
            grounds=grounds,
            barred=barred,
            unsettled=resumed is not None,
            accepted=request_id in self._input.history.accepted,
            awaited=(*grounds.done, *(each.step for each in earlier if each is not resumed)),
        )


def _create_of(step: Step, code: Secret | None) -> Create:
    return Create(
        customer_id=step.customer_id,
        qualification=step.qualification,
        education_segment=step.education_segment,
        website=step.website,
        validation_code=code,
    )


def _other_create(earlier: CreateRecord) -> str:
    """An unsettled create is repeated as it was or not at all: its request id answers for it."""
    declared = [earlier.education_segment, earlier.website]
    particulars = ", ".join(each for each in declared if each) or "no particulars"
    return (
        f"an earlier create of it with {particulars} (MS-RequestId {earlier.request_id}) may have "
        "happened, and this step asks for something else; look at the customer in Partner Center. "
        "If it is absent for good, declare it as it was sent, or free the step with "
        f"`reconciler journal settle {earlier.request_id} absent --reason ...`"
    )
