"""Asks what the service's own limits leave: verifications of a customer, creates of a code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.applying.verification_count import count_verifications
from reconciler.live_state import for_each
from reconciler.model.audit import first_day
from reconciler.model.errors import JournalRefused, ServiceError
from reconciler.model.state import NotChecked, Qualification, Verifications
from reconciler.planning.planner import planned_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.audit import AuditRecord
    from reconciler.model.plan import Step
    from reconciler.model.secret import Secret
    from reconciler.model.state import CodeReference, CustomerId, DesiredCustomer, LiveState
    from reconciler.operations.run import Run


async def read_limits(customers: Sequence[DesiredCustomer], live: LiveState, run: Run) -> LiveState:
    """Ask for customers with a resubmission, and once for all codes where one is to be used."""
    steps = planned_steps(customers, live, run.configuration.policy)
    live = await _with_code_uses(live, customers, steps, run)
    ids = [step.customer_id for step in steps if step.resubmit_denial_of is not None]
    return replace(live, verifications=await _read_verifications(ids, run)) if ids else live


async def _read_verifications(
    ids: Iterable[CustomerId], run: Run
) -> Mapping[CustomerId, Verifications]:
    journal, unread = _read_journal(run)
    found: dict[CustomerId, Verifications] = {}
    first = first_day(run.now())

    async def count(customer_id: CustomerId) -> None:
        done, doubts = list(journal.get(customer_id, ())), [unread] if unread else []
        try:
            records = [each async for each in run.service.audit_records(first, customer_id)]
        except ServiceError as error:
            records = []
            doubts.append(f"the audit records could not be read: {error.message}")
        others = _others(records, done, customer_id)
        found[customer_id] = Verifications(len(done) + others, "; ".join(doubts) or None)

    await for_each(ids, count, run.concurrency)
    return found


def _read_journal(run: Run) -> tuple[Mapping[CustomerId, tuple[frozenset[str], ...]], str | None]:
    settings = run.configuration
    try:
        return count_verifications(settings.state_dir, settings.target), None
    except (JournalRefused, OSError):
        return {}, "the journal could not be read"


def _others(
    records: Iterable[AuditRecord], done: Sequence[frozenset[str]], customer_id: CustomerId
) -> int:
    """Count the verifications of Education that the journal doesn't have: those of others."""
    known = frozenset[str]().union(*done)
    return sum(
        record.sets_qualification
        and record.succeeded
        and record.qualification == Qualification.EDUCATION
        and record.customer_id in (None, customer_id)
        and (record.correlation_id or "").casefold() not in known
        for record in records
    )


async def _with_code_uses(
    live: LiveState, customers: Sequence[DesiredCustomer], steps: Sequence[Step], run: Run
) -> LiveState:
    codes = _codes(customers, steps, run)
    if not codes:
        return live
    try:
        left = dict(await run.service.remaining_creates(frozenset(codes.values())))
    except ServiceError as error:
        return replace(live, code_uses=NotChecked(error.message, remedy=error.remedy))
    exhausted = set()
    for key, code in codes.items():
        if code in left:
            left[code] -= 1
            if left[code] < 0:
                exhausted.add(key)
    return replace(live, exhausted_codes=frozenset(exhausted))


def _codes(
    customers: Sequence[DesiredCustomer], steps: Sequence[Step], run: Run
) -> dict[tuple[CustomerId, CodeReference], Secret]:
    """Read the codes that steps would use; one that isn't readable here isn't checked."""
    manifests = {customer.customer_id: customer.source.file for customer in customers}
    codes = {}
    for step in steps:
        reference = step.validation_code_from
        if step.qualification is not Qualification.GCC or reference is None:
            continue
        code = run.codes.read(reference, manifests[step.customer_id])
        if code is not None:
            codes[step.customer_id, reference] = code
    return codes
