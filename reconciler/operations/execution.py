"""Executes an approved plan: the engine sends it, with journal and audit log open.

The report is delivered whatever happens. It decides nothing and asks nobody.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.applying.apply_input import ApplyInput, Dependencies
from reconciler.applying.compaction import compact_journal
from reconciler.applying.engine import Engine
from reconciler.applying.journal import Journal
from reconciler.applying.kept_report import report_kept_true
from reconciler.applying.lock import JOURNAL_FILE
from reconciler.applying.results import result
from reconciler.model.errors import ConfigurationError, StateError
from reconciler.model.plan import ApplyReport, Outcome
from reconciler.operations.auditing import open_audit_log
from reconciler.planning.service_limits import LIMIT_RULES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from reconciler.applying.audit_log import AuditLog, NoAuditLog
    from reconciler.applying.history import History
    from reconciler.applying.state_folder import HeldFolder
    from reconciler.applying.stop import StopSignal
    from reconciler.model.plan import Plan, PlanDocument, Step, StepKey, StepResult
    from reconciler.model.secret import Secret
    from reconciler.model.state import CustomerId, DesiredCustomer
    from reconciler.operations.dialogue import Dialogue
    from reconciler.operations.run import Run


@dataclass(frozen=True, slots=True)
class Execution:
    """One plan on its way: what it rests on, what stops it, and who hears of it."""

    document: PlanDocument
    customers: Mapping[CustomerId, DesiredCustomer]
    """As the manifests of today declare them."""
    history: History
    held: HeldFolder
    run: Run
    stop: StopSignal
    dialogue: Dialogue
    started: datetime

    async def send(self) -> tuple[StepResult, ...]:
        """Send what may be sent, and tell of each step what became of it."""
        with await self._open_audit_log() as audit_log, self._open_journal() as journal:
            engine = Engine(self._input(), self._dependencies(journal, audit_log), self.stop)
            report = await self._run(engine, journal, audit_log)
        if not self.stop:
            self._compact_journal()
        return report.results

    async def _run(
        self, engine: Engine, journal: Journal, audit_log: AuditLog | NoAuditLog
    ) -> ApplyReport:
        document = self.document

        def report_now() -> ApplyReport:
            return ApplyReport(document.digest, self.started, None, engine.results)

        try:
            async with report_kept_true(report_now, self.dialogue.keep, self.run.pause):
                journal.started(self.started, document.digest, document.plan.target)
                await engine.run()
        finally:
            report = replace(report_now(), finished_at=self.run.now())
            self.dialogue.deliver(report)
            self._record_ending(audit_log, report)
        return report

    def deliver_unsent(self, reason: str, remedy: str) -> None:
        """Deliver the report of a plan of which nothing was sent."""
        results = tuple(
            result(step, Outcome.NOT_ATTEMPTED, reason, remedy=remedy or None)
            for step in self.document.plan.steps
        )
        digest = self.document.digest
        self.dialogue.deliver(ApplyReport(digest, self.started, self.run.now(), results))

    async def _open_audit_log(self) -> AuditLog | NoAuditLog:
        try:
            return await open_audit_log(self.run, self.document.digest)
        except (StateError, ConfigurationError) as error:
            self.deliver_unsent(error.message, error.remedy)
            raise

    def _open_journal(self) -> Journal:
        try:
            return Journal(self._journal_path, str(uuid.uuid4()), self.held)
        except StateError as error:
            self.deliver_unsent(error.message, error.remedy)
            raise

    def _record_ending(self, audit_log: AuditLog | NoAuditLog, report: ApplyReport) -> None:
        """What was sent is on record already; that the end can't be is told, and fails the run."""
        try:
            audit_log.ended(self.run.now(), report, self.stop.reason)
        except StateError as error:
            self.stop.request(error.message, error)

    def _compact_journal(self) -> None:
        """Archive what is over. Where that can't be, the journal stays long; the run is done."""
        path = self._journal_path
        try:
            self.held.ensure_in_place()
            compact_journal(path, self.run.now())
        except (OSError, StateError) as error:
            self.run.tell(f"the journal {path} can't be compacted, which harms nothing: {error}")

    @property
    def _journal_path(self) -> Path:
        return self.run.configuration.state_dir / JOURNAL_FILE

    def _input(self) -> ApplyInput:
        return ApplyInput(
            plan=self.document.plan,
            customers=self.customers,
            policy=self.run.configuration.policy,
            history=self.history,
            read_code=self._read_code,
            barred=_over_limits(self.document.plan),
        )

    def _read_code(self, step: Step) -> Secret | None:
        if step.validation_code_from is None:
            return None
        manifest = self.customers[step.customer_id].source.file
        return self.run.codes.read(step.validation_code_from, manifest)

    def _dependencies(self, journal: Journal, audit_log: AuditLog | NoAuditLog) -> Dependencies:
        run = self.run
        return Dependencies(
            service=run.service,
            journal=journal,
            now=run.now,
            new_request_id=lambda: str(uuid.uuid4()),
            retry_limits=run.retry_limits,
            concurrency=run.concurrency,
            cloud_has_agreements=run.cloud_has_agreements,
            progress=run.progress,
            follows=run.follows,
            audit_log=audit_log,
        )


def _over_limits(plan: Plan) -> dict[StepKey, str]:
    """Find the steps of a reviewed plan that the limits, as they are now, leave no room for."""
    over = {
        (finding.customer_id, finding.qualification): finding.message
        for finding in plan.findings
        if finding.rule in LIMIT_RULES
    }
    return {
        step.key: over[named]
        for step in plan.steps
        if (named := (step.customer_id, step.qualification.value)) in over
    }
