"""Sends the steps of a plan and tells what became of each; it never adds to or changes a step.

It may only leave a step out, and then says why. Every step ends in exactly one result, whatever
happens: a refused sign-in, a full disk, Ctrl-C.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from reconciler.applying.attempt import CreateAttempt, RetryLimits, read_caught_up, with_way_out
from reconciler.applying.stop import FirstRequestGate
from reconciler.live_state import ChecksWanted, for_each, read_side_checks
from reconciler.model.errors import ServiceError, SignInFailed, SignInRefused, StateError
from reconciler.model.plan import Create, Outcome, StepResult
from reconciler.model.policy import SideCheck
from reconciler.model.state import LiveCustomer, Qualification
from reconciler.planning.decision import ORDER, Decision, decide
from reconciler.planning.side_checks import checked, sign_in_findings
from reconciler.planning.staleness import evidence, explain_drift, find_drift, held_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from reconciler.applying.attempt import CreateOutcome, CreatesQualifications
    from reconciler.applying.journal_lines import CreateRecord
    from reconciler.applying.stop import StopSignal
    from reconciler.model.plan import Plan, Step, StepKey
    from reconciler.model.policy import Policy
    from reconciler.model.secret import Secret
    from reconciler.model.state import CustomerId, DesiredCustomer

DONE = frozenset({Outcome.CREATED, Outcome.ALREADY_PRESENT})


class Records(Protocol):
    """The journal, as far as the engine needs it. Raises StateError where nothing may be sent."""

    def sending(self, at: datetime, step: Step, request_id: str) -> None: ...

    def posting(self, at: datetime, request_id: str, correlation_id: str) -> None: ...

    def settled(self, at: datetime, request_id: str, outcome: Outcome) -> None: ...


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the engine needs of the world, handed in so that a test can hand in another."""

    service: CreatesQualifications
    journal: Records
    now: Callable[[], datetime]
    new_request_id: Callable[[], str]
    retry_limits: RetryLimits = field(default_factory=RetryLimits)
    concurrency: int = 8
    cloud_has_agreements: bool = True


@dataclass(frozen=True, slots=True)
class ApplyInput:
    """What is to be applied. `left_out` names the steps not to be sent, and why."""

    plan: Plan
    customers: Mapping[CustomerId, DesiredCustomer]
    policy: Policy
    left_out: Mapping[StepKey, str]
    unsettled: Mapping[StepKey, CreateRecord]
    read_code: Callable[[Step], Secret | None]
    freshly_done: Mapping[StepKey, CreateRecord] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Creates of earlier runs that reads may not show yet."""


class Engine:
    """Applies one plan once. `results` is true at any moment, also when `run` is cancelled."""

    def __init__(self, orders: ApplyInput, around: Dependencies, stop: StopSignal) -> None:
        self._orders = orders
        self._around = around
        self._stop = stop
        self._results: dict[StepKey, StepResult] = {}
        self._in_flight: dict[StepKey, str] = {}
        self._codes: dict[StepKey, Secret] = {}
        self._barred: dict[StepKey, str] = {}
        self._vanguard = FirstRequestGate()
        self._done = _by_customer(orders.freshly_done.values())
        seen_to = {step.key for step in orders.plan.steps} - set(orders.left_out)
        self._open = _by_customer(s for key, s in orders.unsettled.items() if key not in seen_to)

    async def run(self) -> None:
        """Send what may be sent. Raises nothing of the service's: that is in the results."""
        for step in self._orders.plan.steps:
            reason = self._orders.left_out.get(step.key)
            if reason is not None:
                self._results[step.key] = _result(step, Outcome.NOT_ATTEMPTED, reason)
        if self._stop:
            return
        self._read_codes()
        await self._check_before_writes()
        groups = self._open_steps()
        await for_each(groups.values(), self._customer, self._around.concurrency)

    @property
    def results(self) -> tuple[StepResult, ...]:
        return tuple(self._result(step) for step in self._orders.plan.steps)

    def _result(self, step: Step) -> StepResult:
        key = step.key
        if key in self._results:
            return self._results[key]
        if key in self._in_flight:
            message = (
                "left at once while it was in flight: it may have been created; run apply again"
            )
            return _result(step, Outcome.UNKNOWN, message, request_id=self._in_flight[key])
        return _result(step, Outcome.NOT_ATTEMPTED, self._stop.reason or "the run was cut short")

    def _open_steps(self) -> dict[CustomerId, list[Step]]:
        """Group by customer, in the order to send them, whatever order an edited plan has."""
        groups: dict[CustomerId, list[Step]] = defaultdict(list)
        for step in self._orders.plan.steps:
            groups[step.customer_id].append(step)
        return {
            customer_id: sorted(steps, key=lambda step: ORDER.index(step.qualification))
            for customer_id, steps in groups.items()
        }

    def _read_codes(self) -> None:
        for step in self._orders.plan.steps:
            if step.qualification is not Qualification.GCC or step.key in self._results:
                continue
            code = self._orders.read_code(step)
            if code:
                self._codes[step.key] = code
            else:
                where = step.validation_code_from
                reason = f"the validation code ({where}) can't be read here, or is empty"
                self._barred[step.key] = reason

    async def _check_before_writes(self) -> None:
        """Make the side checks that policy blocks on, whatever the plan knew."""
        policy = self._orders.policy
        wanted = ChecksWanted(
            policy.account_status is SideCheck.BLOCK,
            policy.customer_agreement is SideCheck.BLOCK,
            self._around.cloud_has_agreements,
        )
        waiting = {
            customer_id: [step for step in steps if step.key not in self._results]
            for customer_id, steps in self._open_steps().items()
        }
        customers = [self._orders.customers[each] for each, steps in waiting.items() if steps]
        try:
            checks = await read_side_checks(
                self._around.service, customers, wanted, self._around.concurrency
            )
        except SignInFailed as error:
            self._stop.request(error.message, error)
            return
        for customer in customers:
            steps = tuple(waiting[customer.customer_id])
            asked = checks[customer.customer_id]
            decision = checked(customer, Decision(steps=steps), asked, policy)
            if not decision.steps:
                told = [*decision.findings, *sign_in_findings([asked], policy)]
                reason = "; ".join(dict.fromkeys(finding.message for finding in told))
                self._barred |= {step.key: reason for step in steps}

    async def _customer(self, steps: Sequence[Step]) -> None:
        """Send one customer's steps in order; after one that fails, the rest isn't attempted."""
        failed: Step | None = None
        for step in steps:
            if failed is not None:
                self._results.setdefault(step.key, _after(step, failed))
            elif step.key not in self._results and not self._stop:
                self._results[step.key] = await self._step(step, steps)
            if self._result(step).outcome not in DONE:
                failed = failed or step

    async def _step(self, step: Step, steps: Sequence[Step]) -> StepResult:
        try:
            live = await self._read(step.customer_id)
        except (SignInRefused, SignInFailed) as error:
            self._stop.request(error.message, error)
            return _result(step, Outcome.NOT_ATTEMPTED, error.message)
        except ServiceError as error:
            message = f"the customer could not be read before the write: {with_way_out(error)}"
            return _result(step, Outcome.NOT_ATTEMPTED, message)
        held = held_by(step, live)
        if held is not None:
            return self._already_present(step, held.vetting_status)
        reason = self._outdated(step, steps, live)
        if reason is not None:
            return _result(step, Outcome.NOT_ATTEMPTED, reason)
        return await self._create(step)

    def _outdated(self, step: Step, steps: Sequence[Step], live: LiveCustomer) -> str | None:
        """Say why what was read is no ground for the step, if it isn't."""
        for done in self._done.get(step.customer_id, ()):
            if evidence(done, live) is None:
                return (
                    f"what the service tells lags behind: it lacks {done.qualification}, which an "
                    "earlier run created; run again later"
                )
        move = find_drift(self._orders.plan.basis.get(step.customer_id, ()), steps, live)
        if move is not None:
            return f"the customer moved since the plan: {explain_drift(move)}; plan again"
        if not self._still_decided(step, steps, live):
            return "the manifest and what is live no longer give this step; plan again"
        return None

    async def _read(self, customer_id: CustomerId) -> LiveCustomer:
        """Read before a write. What earlier runs created, or may have, is given time to show."""
        awaited = [*self._done.get(customer_id, ()), *self._open.get(customer_id, ())]
        around = self._around
        return await read_caught_up(around.service, customer_id, awaited, around.retry_limits)

    def _still_decided(self, step: Step, steps: Sequence[Step], live: LiveCustomer) -> bool:
        """Decide the customer anew: a plan that was edited can't smuggle a step past the table.

        Where the manifest has come to want GCC, which the plan lacks, nothing goes before it: SOE
        first could bar GCC for good.
        """
        customer = self._orders.customers[step.customer_id]
        fresh = decide(customer, live, self._orders.policy)
        wanted = {each.qualification for each in fresh.steps}
        if Qualification.GCC in wanted - {each.qualification for each in steps}:
            return False
        return any(replace(each, source=step.source) == step for each in fresh.steps)

    def _already_present(self, step: Step, vetting_status: str | None) -> StepResult:
        earlier = self._orders.unsettled.get(step.key)
        if earlier is None:
            return _result(step, Outcome.ALREADY_PRESENT, None, vetting_status=vetting_status)
        message = "settled: the create of an earlier run is there"
        result = _result(
            step,
            Outcome.ALREADY_PRESENT,
            message,
            vetting_status=vetting_status,
            request_id=earlier.request_id,
        )
        self._record(earlier.request_id, Outcome.ALREADY_PRESENT)
        return result

    async def _create(self, step: Step) -> StepResult:
        reason = self._stop.reason or self._barred.get(step.key)
        if reason is not None:
            return _result(step, Outcome.NOT_ATTEMPTED, reason)
        key = step.key
        earlier = self._orders.unsettled.get(key)
        if earlier is not None and not earlier.says(step):
            return _result(step, Outcome.NOT_ATTEMPTED, _other_create(earlier))
        request_id = earlier.request_id if earlier else self._around.new_request_id()
        if earlier:
            self._in_flight[key] = request_id
        pursuit = self._pursuit(step, request_id, doubtful=earlier is not None)
        settled = await pursuit.settle()
        if pursuit.sent or earlier:
            self._record(request_id, settled.outcome)
        return _settled_result(step, settled, self._in_flight.get(key))

    def _pursuit(self, step: Step, request_id: str, *, doubtful: bool) -> CreateAttempt:
        return CreateAttempt(
            service=self._around.service,
            step=step,
            create=_create_of(step, self._codes.get(step.key)),
            request_id=request_id,
            stop=self._stop,
            retry_limits=self._around.retry_limits,
            doubtful=doubtful,
            announce=lambda: self._announce(step, request_id),
            first_request=self._vanguard,
            permit=lambda correlation_id: self._permit(request_id, correlation_id),
        )

    def _announce(self, step: Step, request_id: str) -> None:
        """Record that a create is about to be sent; where the disk won't take it, nothing is."""
        try:
            self._around.journal.sending(self._around.now(), step, request_id)
        except StateError as error:
            self._stop.request(error.message, error)
        else:
            self._in_flight[step.key] = request_id

    def _permit(self, request_id: str, correlation_id: str) -> bool:
        """Record a POST in its turn; where the disk won't take it, it is not sent."""
        try:
            self._around.journal.posting(self._around.now(), request_id, correlation_id)
        except StateError as error:
            self._stop.request(error.message, error)
        return not self._stop

    def _record(self, request_id: str, outcome: Outcome) -> None:
        """Record an outcome; where the disk won't take it, nothing more is sent."""
        try:
            self._around.journal.settled(self._around.now(), request_id, outcome)
        except StateError as error:
            self._stop.request(error.message, error)


def _by_customer(sendings: Iterable[CreateRecord]) -> dict[CustomerId, list[Step]]:
    steps: dict[CustomerId, list[Step]] = defaultdict(list)
    for sending in sendings:
        steps[sending.customer_id].append(sending.step)
    return dict(steps)


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
    told = [earlier.education_segment, earlier.website]
    particulars = ", ".join(each for each in told if each) or "no particulars"
    return (
        f"an earlier create of it with {particulars} (MS-RequestId {earlier.request_id}) may have "
        "happened, and this step asks for something else; look at the customer in Partner Center. "
        "If it is absent for good, declare it as it was sent, or move the journal away"
    )


def _after(step: Step, failed: Step) -> StepResult:
    message = f"{failed.qualification}, which comes before it, was not created"
    return _result(step, Outcome.NOT_ATTEMPTED, message)


def _settled_result(step: Step, settled: CreateOutcome, request_id: str | None) -> StepResult:
    return _result(
        step,
        settled.outcome,
        settled.message,
        vetting_status=settled.vetting_status,
        request_id=request_id,
        correlation_id=settled.correlation_id,
    )


def _result(  # noqa: PLR0913 - a result has this many parts, all named
    step: Step,
    outcome: Outcome,
    message: str | None,
    *,
    vetting_status: str | None = None,
    request_id: str | None = None,
    correlation_id: str | None = None,
) -> StepResult:
    return StepResult(
        customer_id=step.customer_id,
        name=step.name,
        qualification=step.qualification,
        outcome=outcome,
        vetting_status=vetting_status,
        request_id=request_id,
        correlation_id=correlation_id,
        message=message,
    )
