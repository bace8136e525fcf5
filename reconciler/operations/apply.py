"""The verb apply: plans or loads, shows, asks, and has the engine send what was agreed to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from reconciler.applying.compaction import compact_journal
from reconciler.applying.engine import DONE, ApplyInput, Dependencies, Engine
from reconciler.applying.journal import Journal
from reconciler.applying.kept_report import report_kept_true
from reconciler.applying.limits import (
    counted_creates,
    refuse_other_digest,
    refuse_other_target,
    refuse_snapshot,
    refuse_too_many,
)
from reconciler.applying.lock import JOURNAL_FILE, hold_lock
from reconciler.documents.plan_file import load_plan
from reconciler.model.errors import (
    ConfigurationError,
    NotApproved,
    SignInFailed,
    SignInRefused,
    StateError,
)
from reconciler.model.plan import (
    ApplyReport,
    Outcome,
    PlanDocument,
    Scope,
    Step,
    StepResult,
)
from reconciler.operations.auditing import open_audit_log
from reconciler.operations.plan import FAILED, plan, plan_exit_code
from reconciler.operations.settle import Settling, settle_before, settle_unplanned
from reconciler.planning.limited_steps import LIMIT_RULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from reconciler.applying.audit_log import AuditLog, NoAuditLog
    from reconciler.applying.history import History
    from reconciler.applying.state_folder import HeldFolder
    from reconciler.applying.stop import StopSignal
    from reconciler.model.plan import Plan, StepKey
    from reconciler.model.secret import Secret
    from reconciler.model.state import DesiredState
    from reconciler.operations.run import Run


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
        settling = Settling(run, stop, held)
        absent = await settle_before(settling)
        document = await _plan_to_apply(request, run, stop)
        await settle_unplanned(absent, document.plan, request.desired, settling)
        history = settling.history()
        refuse_other_digest(document.digest, request.expect_digest)
        dialogue.show(document)
        _refuse_too_many(request, run, document, history)
        _report_oddities(history, run)
        return await _approved(request, run, _Applying(document, history, stop, dialogue, held))


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
    refuse_snapshot(document.plan)
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


def _report_oddities(history: History, run: Run) -> None:
    if history.is_ahead_of(run.now()):
        run.tell(
            "the journal has lines dated in the future, so a clock is or was wrong: look at this "
            "machine's; such lines count as old"
        )
    if history.elsewhere:
        run.tell(
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
    with (
        await _open_audit_log(run, applying, started) as audit_log,
        _open_journal(run, applying, started) as journal,
    ):
        around = replace(_around(run, journal), audit_log=audit_log)
        engine = Engine(orders, around, applying.stop)

        def report_now() -> ApplyReport:
            return ApplyReport(document.digest, started, None, engine.results)

        try:
            async with report_kept_true(report_now, applying.dialogue.keep, run.pause):
                journal.started(started, document.digest, document.plan.target)
                await engine.run()
        finally:
            report = replace(report_now(), finished_at=run.now())
            applying.dialogue.deliver(report)
            _record_ending(audit_log, report, applying.stop, run)
    if not applying.stop:
        _compact_journal(run, applying.held)
    return report.results


def _compact_journal(run: Run, held: HeldFolder) -> None:
    """Archive what is over. Where that can't be, the journal stays long, and the run is done."""
    path = run.configuration.state_dir / JOURNAL_FILE
    try:
        held.ensure_in_place()
        compact_journal(path, run.now())
    except (OSError, StateError) as error:
        run.tell(f"the journal {path} can't be compacted, which harms nothing: {error}")


async def _open_audit_log(
    run: Run, applying: _Applying, started: datetime
) -> AuditLog | NoAuditLog:
    try:
        return await open_audit_log(run, applying.document.digest)
    except (StateError, ConfigurationError) as error:
        _deliver_unsent(applying, run, started, error.message)
        raise


def _record_ending(
    audit_log: AuditLog | NoAuditLog, report: ApplyReport, stop: StopSignal, run: Run
) -> None:
    """What was sent is on record already; that the end can't be is told, and fails the run."""
    try:
        audit_log.ended(run.now(), report, stop.reason)
    except StateError as error:
        stop.request(error.message, error)


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
        barred=_over_limits(applying.document.plan),
    )


def _over_limits(plan_: Plan) -> dict[StepKey, str]:
    """Find the steps of a reviewed plan that the limits, as they are now, leave no room for."""
    over = {
        (finding.customer_id, finding.qualification): finding.message
        for finding in plan_.findings
        if finding.rule in LIMIT_RULES
    }
    return {
        step.key: over[named]
        for step in plan_.steps
        if (named := (step.customer_id, step.qualification.value)) in over
    }


def _around(run: Run, journal: Journal) -> Dependencies:
    return Dependencies(
        service=run.service,
        journal=journal,
        now=run.now,
        new_request_id=lambda: str(uuid.uuid4()),
        retry_limits=run.retry_limits,
        concurrency=run.concurrency,
        cloud_has_agreements=run.cloud_has_agreements,
        audit_records=run.audit_records,
        progress=run.progress,
        follows=run.creates,
    )
