"""Reads back the creates that earlier runs left unsettled; it sends nothing and records nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.live_state import read_customers
from reconciler.model.state import LiveCustomer, UnreadableCustomer
from reconciler.planning.staleness import find_held

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.applying.journal_lines import CreateRecord
    from reconciler.live_state import ReadsCustomers


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What became of unsettled creates, as far as one read tells."""

    there: tuple[CreateRecord, ...] = ()
    absent: tuple[CreateRecord, ...] = ()
    unread: tuple[tuple[CreateRecord, str], ...] = ()
    """Those whose customer could not be read, and why."""


async def read_back(
    records: Iterable[CreateRecord], service: ReadsCustomers, concurrency: int
) -> ReadBack:
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
    return ReadBack(tuple(there), tuple(absent), tuple(unread))
