"""Settles what earlier runs left in doubt, before anything is counted; it sends nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.applying.audit_evidence import ON_RECORD, AuditEvidence
from reconciler.applying.history import read_history
from reconciler.applying.journal import Journal
from reconciler.applying.lock import JOURNAL_FILE, hold_lock
from reconciler.live_state import read_customers
from reconciler.model.errors import (
    SignInFailed,
    SignInRefused,
    StateError,
)
from reconciler.model.plan import (
    Outcome,
)
from reconciler.model.state import LiveCustomer, UnreadableCustomer
from reconciler.operations.run import Run, utc_now
from reconciler.planning.staleness import Grounds, Send, find_held, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from reconciler.applying.history import History
    from reconciler.applying.journal_lines import CreateRecord
    from reconciler.applying.state_folder import HeldFolder
    from reconciler.applying.stop import StopSignal
    from reconciler.configuration.config import Configuration
    from reconciler.live_state import ReadsCustomers
    from reconciler.model.plan import Plan, StepKey
    from reconciler.model.policy import Policy
    from reconciler.model.state import DesiredState


@dataclass(frozen=True, slots=True)
class _ReadBack:
    """What became of unsettled creates, as far as one read tells."""

    there: tuple[CreateRecord, ...] = ()
    absent: tuple[CreateRecord, ...] = ()
    unread: tuple[tuple[CreateRecord, str], ...] = ()
    """Those whose customer could not be read, and why."""


async def _read_back(
    records: Iterable[CreateRecord], service: ReadsCustomers, concurrency: int
) -> _ReadBack:
    """Raises SignInRefused or SignInFailed."""
    records = tuple(records)
    ids = sorted({record.customer_id for record in records})
    # They are few, and the first that is refused for its sign-in ends them all.
    states = await read_customers(service, ids, concurrency, most_waiting=0)
    there: list[CreateRecord] = []
    absent: list[CreateRecord] = []
    unread: list[tuple[CreateRecord, str]] = []
    for record in records:
        match states[record.customer_id]:
            case LiveCustomer() as live:
                (there if find_held(record.step, live, sent=True) else absent).append(record)
            case UnreadableCustomer(message=message):
                unread.append((record, message))
    return _ReadBack(tuple(there), tuple(absent), tuple(unread))


@dataclass(frozen=True, slots=True)
class Settling:
    """Finds out what became of the creates that earlier runs left in doubt."""

    run: Run
    stop: StopSignal
    held: HeldFolder

    @property
    def _path(self) -> Path:
        return self.run.configuration.state_dir / JOURNAL_FILE

    def history(self) -> History:
        return read_history(self._path, self.run.configuration.target)

    async def settle(self, records: Iterable[CreateRecord]) -> _ReadBack:
        """Record what is there; where that can't be done, nothing is to be sent."""
        if self.stop:
            return _ReadBack()
        try:
            found = await _read_back(records, self.run.service, self.run.concurrency)
            self._record(found.there)
        except (SignInRefused, SignInFailed, StateError) as error:
            self.stop.request(error.message, error)
            return _ReadBack()
        for record, why in found.unread:
            self.run.tell(f"unsettled: {_describe(record)} can't be read back: {why}")
        return found

    async def settle_by_audit(self, records: Iterable[CreateRecord]) -> Sequence[CreateRecord]:
        """Ask the service's audit log about each, and return those that it doesn't settle."""
        history, left = self.history(), []
        for record in records:
            found = None if self.stop else await self._evidence(record, history).find()
            if found is None:
                left.append(record)
                continue
            try:
                self._record([record], str(found.correlation_id))
            except StateError as error:
                self.stop.request(error.message, error)
        return left

    def _evidence(self, record: CreateRecord, history: History) -> AuditEvidence:
        """Nothing is asked before the settling time of its last POST is over."""
        now, sent = self.run.now(), history.posted.get(record.request_id, record.at)
        if (now - sent).total_seconds() < sum(self.run.retry_limits.settling_waits):
            return AuditEvidence()
        return AuditEvidence(
            self.run.service.audit_records,
            self.run.now,
            record.customer_id,
            since=record.at,
            correlation_ids=list(history.correlation_ids.get(record.request_id, ())),
        )

    def _record(self, records: Sequence[CreateRecord], audited: str | None = None) -> None:
        if not records:
            return
        how = f": {ON_RECORD.format(audited)}" if audited else ""
        with Journal(self._path, str(uuid.uuid4()), self.held) as journal:
            for record in records:
                journal.settled(self.run.now(), record.request_id, Outcome.CREATED, audited)
                self.run.tell(f"settled: {_describe(record)} was created by an earlier run{how}")


async def settle_before(settling: Settling) -> Sequence[CreateRecord]:
    """Settle before anything is planned, so that nothing dead is counted; return what is absent."""
    unsettled = settling.history().unsettled.values()
    return (await settling.settle(unsettled)).absent if unsettled else ()


async def settle_unplanned(
    absent: Sequence[CreateRecord], plan: Plan, desired: DesiredState, settling: Settling
) -> None:
    """Look once more for what no step stands for: the plan may lack it because it is there."""
    wanted = _wanted(plan, desired, settling.run.configuration.policy)
    unplanned = [record for record in absent if record.key not in wanted]
    if not unplanned:
        return
    absent = (await settling.settle(unplanned)).absent
    for record in await settling.settle_by_audit(absent):
        settling.run.tell(
            f"unsettled: {_describe(record)} is not there, and no step stands for it now: "
            "nothing is sent"
        )


def _wanted(plan: Plan, desired: DesiredState, policy: Policy) -> set[StepKey]:
    """Find the steps that today's manifests and policy still stand for."""
    customers = desired.by_id
    return {
        step.key
        for step in plan.steps
        if judge(step, Grounds((step,), (), customers.get(step.customer_id), policy), None)
        == Send()
    }


def _describe(record: CreateRecord) -> str:
    return f"{record.qualification} of {record.name} (MS-RequestId {record.request_id})"


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
