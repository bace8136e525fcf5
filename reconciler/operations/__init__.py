"""The verbs: plan and apply, a short function for each. Nothing is printed here."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from reconciler.applying.creates import RetryLimits
from reconciler.applying.engine import DONE, ApplyInput, Dependencies, Engine
from reconciler.applying.history import read_history
from reconciler.applying.journal import Journal
from reconciler.applying.kept_report import report_kept_true
from reconciler.applying.limits import (
    counted_creates,
    refuse_other_digest,
    refuse_other_target,
    refuse_too_many,
)
from reconciler.applying.lock import JOURNAL_FILE, hold_lock
from reconciler.applying.settling import ReadBack, read_back
from reconciler.applying.validation_codes import CodeReader, unreadable_codes
from reconciler.documents.digest import plan_digest
from reconciler.documents.plan_file import load_plan
from reconciler.live_state import checks_wanted, read_customers, read_side_checks
from reconciler.model.errors import (
    NotApproved,
    SignInFailed,
    SignInRefused,
    StateError,
)
from reconciler.model.plan import (
    ApplyReport,
    Outcome,
    PlanDocument,
    PlanOptions,
    Scope,
    Step,
    StepResult,
)
from reconciler.model.secret import KnownSecrets
from reconciler.model.state import LiveState
from reconciler.planning.planner import customers_to_check, make_plan
from reconciler.planning.staleness import Grounds, Send, judge
from reconciler.version import VERSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from reconciler.applying.creates import CreatesQualifications
    from reconciler.applying.history import History
    from reconciler.applying.journal_lines import CreateRecord
    from reconciler.applying.state_folder import HeldFolder
    from reconciler.applying.stop import StopSignal
    from reconciler.configuration.config import Configuration
    from reconciler.model.audit import AuditRecord
    from reconciler.model.findings import Category
    from reconciler.model.plan import Plan, StepKey
    from reconciler.model.policy import Policy
    from reconciler.model.secret import Secret
    from reconciler.model.state import CustomerId, CustomerSummary, DesiredState

DONE_PLAN: Final = 0
FAILED: Final = 1
STEPS_WAIT: Final = 2
FINDINGS_STAND: Final = 3


def utc_now() -> datetime:
    """Tell the time to the second: what people and documents need of it."""
    return datetime.now(UTC).replace(microsecond=0)


def say_nothing(_line: str) -> None:
    """Tell nobody."""


def show_nothing(_done: int, _total: int) -> None:
    """Show no progress."""


async def nobody_listed() -> AsyncIterator[CustomerSummary]:
    """List no customer, for verbs that ask for none."""
    none: tuple[CustomerSummary, ...] = ()
    for customer in none:
        yield customer


async def none_recorded(_since: date, _customer: CustomerId | None) -> AsyncIterator[AuditRecord]:
    """Tell no record, for verbs that ask for none."""
    none: tuple[AuditRecord, ...] = ()
    for record in none:
        yield record


@dataclass(frozen=True, slots=True)
class Run:
    """What a verb needs of the world. `say` takes a line for people, `progress` done and total."""

    configuration: Configuration
    environ: Mapping[str, str]
    service: CreatesQualifications
    now: Callable[[], datetime] = utc_now
    retry_limits: RetryLimits = field(default_factory=RetryLimits)
    say: Callable[[str], None] = say_nothing
    progress: Callable[[int, int], None] = show_nothing
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits between two states of the report that is kept while creates are sent."""
    list_customers: Callable[[], AsyncIterator[CustomerSummary]] = nobody_listed
    """Every customer of the partner, once; an error in its course means it is not whole."""
    audit_records: Callable[[date, CustomerId | None], AsyncIterator[AuditRecord]] = none_recorded
    """What was done since a day, of one customer or of all."""
    secrets: KnownSecrets = field(default_factory=KnownSecrets)
    """Those of `service`, which must know a code before an answer can quote it."""

    @property
    def codes(self) -> CodeReader:
        settings = self.configuration
        return CodeReader(self.environ, settings.folder, settings.secrets_folder, self.secrets)

    def hold_codes(self, desired: DesiredState) -> None:
        """Read every code that the manifests name, so that no answer can quote one."""
        unreadable_codes(desired, self.codes)

    @property
    def cloud_has_agreements(self) -> bool:
        return self.configuration.partner_center.cloud.has_agreements

    @property
    def concurrency(self) -> int:
        return self.configuration.partner_center.concurrency


async def plan(desired: DesiredState, scope: Scope, run: Run) -> PlanDocument:
    """Read live state and compare. Raises SignInRefused or SignInFailed; writes nothing."""
    settings = run.configuration
    ids = [customer.customer_id for customer in desired.customers]
    unreadable = unreadable_codes(desired, run.codes)
    customers = await read_customers(run.service, ids, run.concurrency, run.progress)
    live = LiveState(customers, {}, unreadable)
    wanted = checks_wanted(settings.policy, cloud_has_agreements=run.cloud_has_agreements)
    to_check = customers_to_check(desired, live, settings.policy)
    checks = await read_side_checks(run.service, to_check, wanted, run.concurrency)
    live = LiveState(customers, checks, live.unreadable_codes)
    options = PlanOptions(settings.policy, settings.target, run.now().date(), scope)
    made = make_plan(desired, live, options)
    return PlanDocument(made, plan_digest(made), run.now(), VERSION)


def plan_exit_code(plan: Plan, fail_on: frozenset[Category], *, detailed: bool = False) -> int:
    """1 beats 3 beats 2, as the contract's table of exit codes says."""
    if not plan.complete:
        return FAILED
    if any(finding.category in fail_on for finding in plan.findings):
        return FINDINGS_STAND
    return STEPS_WAIT if detailed and plan.steps else DONE_PLAN


class Dialogue(Protocol):
    """How apply talks with the admin."""

    def show(self, document: PlanDocument) -> None:
        """Show the plan that is about to be applied."""
        ...

    def approve(self, document: PlanDocument) -> bool:
        """Ask. Raises NotApproved where nobody can be asked."""
        ...

    def keep(self, report: ApplyReport) -> None:
        """Take the report as it stands while creates are sent.

        Raises StateError where it can't be kept: where it is the first, nothing is sent.
        """
        ...

    def deliver(self, report: ApplyReport) -> None:
        """Take the report: called once, whatever happened."""
        ...


Selected = tuple["DesiredState", Scope]
"""Customers, and how they were narrowed."""


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """What apply is asked to do. `saved` is the reviewed plan; without it, one is made."""

    desired: DesiredState
    scope: Scope
    saved: Path | None = None
    expect_digest: str | None = None
    allow_creates: int | None = None
    reselect: Callable[[Plan], Selected] | None = None
    """Finds the customers that a saved plan was made for; without it, all."""


async def apply(request: ApplyRequest, run: Run, stop: StopSignal, dialogue: Dialogue) -> int:
    """Plan or load, show, ask, send. Returns the exit code; raises ReconcilerError on a refusal."""
    state = run.configuration.state_dir
    with hold_lock(state, run.now(), within=run.configuration.folder) as held:
        settling = _Settling(run, stop, held)
        absent = await _settle_before(settling)
        document = await _plan_to_apply(request, run, stop)
        await _settle_unplanned(absent, document.plan, request, settling)
        history = settling.history()
        refuse_other_digest(document.digest, request.expect_digest)
        dialogue.show(document)
        _refuse_too_many(request, run, document, history)
        _tell_oddities(history, run)
        return await _approved(request, run, _Applying(document, history, stop, dialogue, held))


def forget_creates(configuration: Configuration) -> None:
    """Note that the emulator is back at its seed: its creates are not to be settled any more.

    Raises LockHeld while an apply is running, StateError where the journal can't be written.
    """
    path = configuration.state_dir / JOURNAL_FILE
    if not path.exists():
        return
    folder = configuration.folder
    with (
        hold_lock(configuration.state_dir, utc_now(), within=folder) as held,
        Journal(path, str(uuid.uuid4()), held) as journal,
    ):
        journal.reset(utc_now(), configuration.target)


@dataclass(frozen=True, slots=True)
class _Applying:
    document: PlanDocument
    history: History
    stop: StopSignal
    dialogue: Dialogue
    held: HeldFolder


async def _plan_to_apply(request: ApplyRequest, run: Run, stop: StopSignal) -> PlanDocument:
    if request.saved is None:
        return await plan(request.desired, request.scope, run)
    document = load_plan(request.saved)
    run.hold_codes(request.desired)
    refuse_other_target(document.plan.target, run.configuration.target)
    try:
        return await _decide_anew(document, request, run)
    except (SignInRefused, SignInFailed) as error:
        stop.request(error.message, error)
        return document


async def _decide_anew(document: PlanDocument, request: ApplyRequest, run: Run) -> PlanDocument:
    """Find anew what the digest doesn't cover: in the file, anybody may have edited it."""
    saved = document.plan
    everybody = request.desired, Scope(saved.selection)
    desired, scope = request.reselect(saved) if request.reselect else everybody
    fresh = (await plan(desired, scope, run)).plan
    decided = replace(
        saved,
        findings=fresh.findings,
        summary=replace(fresh.summary, steps=len(saved.steps)),
        complete=fresh.complete,
    )
    return replace(document, plan=decided)


def _refuse_too_many(
    request: ApplyRequest, run: Run, document: PlanDocument, history: History
) -> None:
    creates = counted_creates(document.plan, document.digest, history)
    names = {customer.customer_id: customer.name for customer in request.desired.customers}
    names |= {step.customer_id: step.name for step in document.plan.steps}
    refuse_too_many(creates, names, run.configuration.policy, request.allow_creates)


def _tell_oddities(history: History, run: Run) -> None:
    if history.is_ahead_of(run.now()):
        run.say(
            "the journal has lines dated in the future, so a clock is or was wrong: look at this "
            "machine's; such lines count as old"
        )
    if history.elsewhere:
        run.say(
            f"the journal has {history.elsewhere} unsettled creates that are not of "
            f"{run.configuration.target.address}: left alone"
        )


async def _approved(request: ApplyRequest, run: Run, applying: _Applying) -> int:
    started = run.now()
    plan_ = applying.document.plan
    if applying.stop:
        _deliver_unsent(applying, run, started, str(applying.stop.reason))
        return FAILED
    try:
        agreed = not plan_.steps or applying.dialogue.approve(applying.document)
    except NotApproved as refusal:
        _deliver_unsent(applying, run, started, refusal.message)
        raise
    if not agreed:
        _deliver_unsent(applying, run, started, "it was not approved")
        raise NotApproved("not approved, so nothing was sent", "run again and answer yes")
    results = await _send(request, run, applying, started)
    if applying.stop.error is not None or any(result.outcome not in DONE for result in results):
        return FAILED
    return plan_exit_code(plan_, run.configuration.policy.fail_on)


def _deliver_unsent(applying: _Applying, run: Run, started: datetime, reason: str) -> None:
    results = tuple(
        StepResult(
            step.customer_id, step.name, step.qualification, Outcome.NOT_ATTEMPTED, message=reason
        )
        for step in applying.document.plan.steps
    )
    digest = applying.document.digest
    applying.dialogue.deliver(ApplyReport(digest, started, run.now(), results))


async def _send(
    request: ApplyRequest, run: Run, applying: _Applying, started: datetime
) -> tuple[StepResult, ...]:
    """Send with the journal open. The report is delivered whatever happens."""
    document = applying.document
    orders = _orders(request, run, applying)
    with _open_journal(run, applying, started) as journal:
        engine = Engine(orders, _around(run, journal), applying.stop)

        def report_now() -> ApplyReport:
            return ApplyReport(document.digest, started, None, engine.results)

        try:
            async with report_kept_true(report_now, applying.dialogue.keep, run.pause):
                journal.started(started, document.digest, document.plan.target)
                await engine.run()
            if not applying.stop:
                journal.ended(run.now())
        finally:
            report = replace(report_now(), finished_at=run.now())
            applying.dialogue.deliver(report)
    return report.results


def _open_journal(run: Run, applying: _Applying, started: datetime) -> Journal:
    try:
        path = run.configuration.state_dir / JOURNAL_FILE
        return Journal(path, str(uuid.uuid4()), applying.held)
    except StateError as error:
        _deliver_unsent(applying, run, started, error.message)
        raise


def _orders(request: ApplyRequest, run: Run, applying: _Applying) -> ApplyInput:
    customers = {customer.customer_id: customer for customer in request.desired.customers}
    codes = run.codes

    def read_code(step: Step) -> Secret | None:
        reference = step.validation_code_from
        manifest = customers[step.customer_id].source.file
        return None if reference is None else codes.read(reference, manifest)

    policy = run.configuration.policy
    return ApplyInput(
        plan=applying.document.plan,
        customers=customers,
        policy=policy,
        history=applying.history,
        read_code=read_code,
    )


def _around(run: Run, journal: Journal) -> Dependencies:
    return Dependencies(
        service=run.service,
        journal=journal,
        now=run.now,
        new_request_id=lambda: str(uuid.uuid4()),
        retry_limits=run.retry_limits,
        concurrency=run.concurrency,
        cloud_has_agreements=run.cloud_has_agreements,
    )


@dataclass(frozen=True, slots=True)
class _Settling:
    """Finds out what became of the creates that earlier runs left in doubt."""

    run: Run
    stop: StopSignal
    held: HeldFolder

    @property
    def _path(self) -> Path:
        return self.run.configuration.state_dir / JOURNAL_FILE

    def history(self) -> History:
        return read_history(self._path, self.run.configuration.target)

    async def settle(self, records: Iterable[CreateRecord]) -> ReadBack:
        """Record what is there; where that can't be done, nothing is to be sent."""
        if self.stop:
            return ReadBack()
        try:
            found = await read_back(records, self.run.service, self.run.concurrency)
            self._record(found.there)
        except (SignInRefused, SignInFailed, StateError) as error:
            self.stop.request(error.message, error)
            return ReadBack()
        for record, why in found.unread:
            self.run.say(f"unsettled: {_describe(record)} can't be read back: {why}")
        return found

    def _record(self, records: Sequence[CreateRecord]) -> None:
        if not records:
            return
        with Journal(self._path, str(uuid.uuid4()), self.held) as journal:
            for record in records:
                journal.settled(self.run.now(), record.request_id, Outcome.CREATED)
                self.run.say(f"settled: {_describe(record)} was created by an earlier run")


async def _settle_before(settling: _Settling) -> Sequence[CreateRecord]:
    """Settle before anything is planned, so that nothing dead is counted; return what is absent."""
    unsettled = settling.history().unsettled.values()
    return (await settling.settle(unsettled)).absent if unsettled else ()


async def _settle_unplanned(
    absent: Sequence[CreateRecord], plan: Plan, request: ApplyRequest, settling: _Settling
) -> None:
    """Look once more for what no step stands for: the plan may lack it because it is there."""
    wanted = _wanted(plan, request.desired, settling.run.configuration.policy)
    unplanned = [record for record in absent if record.key not in wanted]
    if not unplanned:
        return
    for record in (await settling.settle(unplanned)).absent:
        settling.run.say(
            f"unsettled: {_describe(record)} is not there, and no step stands for it now: "
            "nothing is sent"
        )


def _wanted(plan: Plan, desired: DesiredState, policy: Policy) -> set[StepKey]:
    """Find the steps that today's manifests and policy still stand for."""
    customers = {customer.customer_id: customer for customer in desired.customers}
    return {
        step.key
        for step in plan.steps
        if judge(step, Grounds((step,), (), customers.get(step.customer_id), policy), None)
        == Send()
    }


def _describe(record: CreateRecord) -> str:
    return f"{record.qualification} of {record.name} (MS-RequestId {record.request_id})"
