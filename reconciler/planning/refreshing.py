"""Decides which customers of a snapshot are read anew: those that can have changed, and a share.

The share makes sure that everything is read again in time, whatever the audit log misses: it has
no vetting decisions, and its delay is not documented.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.model.state import LiveState, VettingStatus
from reconciler.planning.planner import customers_to_check, decide_customers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from reconciler.model.audit import AuditRecord
    from reconciler.model.policy import Policy
    from reconciler.model.snapshot import Reading, Snapshot
    from reconciler.model.state import CustomerId, DesiredState, LiveCustomer

NIGHT = timedelta(days=1)
"""How often such a run is made, and how coarse the days of the audit records are."""

_SETTLED = frozenset({VettingStatus.APPROVED, VettingStatus.DENIED})


def customers_to_refresh(
    desired: DesiredState,
    snapshot: Snapshot,
    records: Iterable[AuditRecord],
    policy: Policy,
) -> frozenset[CustomerId]:
    """Find those that can have changed, those with steps, and those that the snapshot lacks."""
    wanted = {customer.customer_id for customer in desired.customers}
    kept = {each: reading for each, reading in snapshot.customers.items() if each in wanted}
    unsettled = {each for each, reading in kept.items() if not _is_settled(reading.live)}
    changed = set(_changed(kept, records))
    known = _restricted(desired, kept)
    live = LiveState({each: reading.live for each, reading in kept.items()})
    decisions = decide_customers(known, live, policy)
    with_steps = {customer.customer_id for customer in customers_to_check(known, decisions)}
    return frozenset((wanted - kept.keys()) | unsettled | changed | with_steps)


def share_to_refresh(
    kept: Mapping[CustomerId, Reading], total: int, within: timedelta, now: datetime
) -> frozenset[CustomerId]:
    """Find the oldest, so many that at one run a night none stays unread for longer than `within`.

    `kept` are those that nothing else reads tonight, of `total`.
    """
    nights = max(1, within // NIGHT)
    share = -(-total // nights)
    oldest = sorted(kept, key=lambda each: (kept[each].read_at, each))
    overdue = {each for each in oldest if now + NIGHT - kept[each].read_at > within}
    return frozenset(oldest[:share]) | overdue


def _is_settled(live: LiveCustomer) -> bool:
    """Nothing but Microsoft's decision changes a vetting under way, and no record tells of that."""
    return all(
        each.vetting_status is None or each.documented_status in _SETTLED
        for each in live.qualifications
    )


def _changed(
    kept: Mapping[CustomerId, Reading], records: Iterable[AuditRecord]
) -> Iterable[CustomerId]:
    for record in records:
        customer_id = record.customer_id
        if customer_id is None or customer_id not in kept or not record.sets_qualification:
            continue
        # A day of grace: the log is asked by days, and when a record appears is not documented.
        if record.at is None or record.at >= kept[customer_id].read_at - NIGHT:
            yield customer_id


def _restricted(desired: DesiredState, kept: Mapping[CustomerId, Reading]) -> DesiredState:
    return type(desired)(tuple(each for each in desired.customers if each.customer_id in kept))
