"""Plans on a snapshot: a part of it read anew, or, against it, nothing asked of the service."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.documents.snapshot_file import load_snapshot, save_snapshot
from reconciler.model.audit import first_day
from reconciler.model.errors import ServiceError
from reconciler.model.plan import Against, Incremental, Selection
from reconciler.model.remedies import NOT_IN_SNAPSHOT
from reconciler.model.snapshot import Reading, Snapshot
from reconciler.model.state import (
    LiveCustomer,
    LiveState,
    NotChecked,
    SideChecks,
    UnreadableCustomer,
)
from reconciler.operations.plan import make_document, plan_of, plan_options
from reconciler.planning.planner import customers_to_check, decide_customers, make_plan
from reconciler.planning.refreshing import NIGHT, customers_to_refresh, share_to_refresh

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    from reconciler.configuration.config import Configuration
    from reconciler.model.audit import AuditRecord
    from reconciler.model.plan import PlanDocument, Scope
    from reconciler.model.state import CustomerId, DesiredState
    from reconciler.operations.run import Run

NOT_READ: Final = NotChecked("a plan against a snapshot asks the service nothing", app_only=True)
NO_ENTRY: Final = UnreadableCustomer(
    not_found=False,
    message="the snapshot has no entry of this customer",
    remedy=NOT_IN_SNAPSHOT,
)


@dataclass(frozen=True, slots=True)
class IncrementalRequest:
    """The snapshot to go by and to replace, and how long a customer may stay unread."""

    file: Path
    refresh_within: timedelta


async def plan_incrementally(
    desired: DesiredState, scope: Scope, run: Run, request: IncrementalRequest
) -> PlanDocument:
    """Read what can have changed and a share of the rest. Raises PlanRefused, StateError.

    Whatever the snapshot can't answer for is read: without a snapshot, or without the audit
    records, that is everybody.
    """
    target, now = run.configuration.target, run.now()
    empty = Snapshot(target, {})
    snapshot = load_snapshot(request.file, target) if request.file.exists() else empty
    to_read = await _to_read(desired, snapshot, run, request)
    ids = [each.customer_id for each in desired.customers if each.customer_id in to_read]
    run.hold_codes(desired)
    fresh = await run.read_customers(ids)
    kept = {
        each.customer_id: snapshot.customers[each.customer_id]
        for each in desired.customers
        if each.customer_id not in to_read
    }
    states = {**{each: reading.live for each, reading in kept.items()}, **fresh}
    oldest = min((reading.read_at for reading in kept.values()), default=now)
    selection = replace(scope.selection, incremental=Incremental(len(ids), len(kept), oldest))
    document = await plan_of(states, desired, replace(scope, selection=selection), run)
    others = {} if scope.selection == Selection() else dict(snapshot.customers)
    save_snapshot(request.file, Snapshot(target, _readings(others, kept, fresh, now)))
    return document


def _readings(
    others: Mapping[CustomerId, Reading],
    kept: Mapping[CustomerId, Reading],
    fresh: Mapping[CustomerId, LiveCustomer | UnreadableCustomer],
    now: datetime,
) -> dict[CustomerId, Reading]:
    """Who could not be read keeps no entry, so that the next run reads it."""
    known = {**{each: reading for each, reading in others.items() if each not in fresh}, **kept}
    read = {
        each: Reading(now, live) for each, live in fresh.items() if isinstance(live, LiveCustomer)
    }
    return known | read


async def _to_read(
    desired: DesiredState, snapshot: Snapshot, run: Run, request: IncrementalRequest
) -> frozenset[CustomerId]:
    everybody = frozenset(customer.customer_id for customer in desired.customers)
    if everybody.isdisjoint(snapshot.customers):
        return everybody
    records = await _records(snapshot, run)
    if records is None:
        return everybody
    policy = run.configuration.policy
    changed = customers_to_refresh(desired, snapshot, records, policy)
    kept = {each: snapshot.customers[each] for each in everybody - changed}
    share = share_to_refresh(kept, len(everybody), request.refresh_within, run.now())
    return changed | share


async def _records(snapshot: Snapshot, run: Run) -> list[AuditRecord] | None:
    """The audit records since the oldest reading; None, said aloud, where they can't be had."""
    now = run.now()
    since = max(first_day(now), ((snapshot.oldest or now) - NIGHT).date())
    try:
        return [record async for record in run.service.audit_records(since, None)]
    except ServiceError as error:
        run.say(f"this is a full run: the audit records can't be had: {error.message}")
        return None


def plan_against(
    file: Path, desired: DesiredState, scope: Scope, configuration: Configuration, now: datetime
) -> PlanDocument:
    """Plan on a snapshot alone: no sign-in, no request. Raises PlanRefused for one not ours."""
    snapshot = load_snapshot(file, configuration.target)
    customers: dict[CustomerId, LiveCustomer | UnreadableCustomer] = {}
    for customer in desired.customers:
        reading = snapshot.customers.get(customer.customer_id)
        customers[customer.customer_id] = NO_ENTRY if reading is None else reading.live
    live = LiveState(customers)
    decisions = decide_customers(desired, live, configuration.policy)
    to_check = customers_to_check(desired, decisions)
    checks = {each.customer_id: _unasked(has_domain=each.domain is not None) for each in to_check}
    against = Against(file.name, snapshot.oldest)
    scope = replace(scope, selection=replace(scope.selection, against=against))
    options = plan_options(configuration, scope, now)
    return make_document(make_plan(desired, replace(live, checks=checks), options, decisions), now)


def _unasked(*, has_domain: bool) -> SideChecks:
    return SideChecks(NOT_READ if has_domain else None, NOT_READ, NOT_READ)
