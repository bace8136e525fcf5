"""The verb `status`: what is live, and waiting for decisions. It sends nothing but GET."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.live_state import ChecksWanted, read_side_checks, show_nothing
from reconciler.model.state import (
    LiveCustomer,
    SideChecks,
    UnreadableCustomer,
    VettingStatus,
)
from reconciler.model.status import CustomerStatus, StatusReport
from reconciler.planning.purchasing import explain_purchase, may_purchase

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from reconciler.model.state import CustomerId, DesiredCustomer, DesiredState, LiveQualification
    from reconciler.operations.run import Run

FIRST_PAUSE: Final = 60.0
"""Seconds. No customer is asked more often: a vetting takes some business days."""

LONGEST_PAUSE: Final = 900.0
GROWTH: Final = 1.5

ALL_APPROVED: Final = 0
TIMED_OUT: Final = 1
SOMETHING_DENIED: Final = 3


NOT_READ: Final = SideChecks()


@dataclass(frozen=True, slots=True)
class WaitLimits:
    """How long to wait at most, in seconds (None: without end), and what counts and waits them."""

    timeout: float | None
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]


async def status(desired: DesiredState, run: Run) -> StatusReport:
    """Read every customer and whether it may buy. Raises SignInRefused or SignInFailed."""
    customers = sorted(desired.customers, key=lambda customer: customer.name)
    ids = [customer.customer_id for customer in customers]
    live = await run.read_customers(ids)
    readable = [each for each in customers if isinstance(live[each.customer_id], LiveCustomer)]
    wanted = ChecksWanted(
        account_status=True,
        customer_agreement=True,
        cloud_has_agreements=run.cloud_has_agreements,
    )
    # The domain is a guard of manifests, and nothing that a customer's status tells.
    without_domain = [replace(customer, domain=None) for customer in readable]
    checks = await read_side_checks(
        run.service, without_domain, wanted, run.concurrency, run.progress
    )
    return StatusReport(
        run.configuration.target.address,
        run.now(),
        tuple(
            _customer_status(each, live[each.customer_id], checks.get(each.customer_id, NOT_READ))
            for each in customers
        ),
    )


def _customer_status(
    customer: DesiredCustomer, live: LiveCustomer | UnreadableCustomer, checks: SideChecks
) -> CustomerStatus:
    return CustomerStatus(
        customer.customer_id,
        customer.name,
        live,
        checks,
        may_purchase(checks),
        explain_purchase(checks),
    )


async def wait_until_decided(
    desired: DesiredState, run: Run, waiting: WaitLimits
) -> tuple[StatusReport, int]:
    """Ask again, ever more slowly, until nothing is in review; tell each change once.

    The code is 0 where all is approved, 3 where something is denied, 1 where the time is over or
    a customer can't be read.
    """
    report = await status(desired, run)
    started, pause = waiting.clock(), FIRST_PAUSE
    while any(map(_in_review, report.customers)):
        left = None if waiting.timeout is None else started + waiting.timeout - waiting.clock()
        if left is not None and left <= pause:
            await waiting.sleep(max(0.0, left))
            run.say("the time is over, and something is in review still")
            return report, TIMED_OUT
        await waiting.sleep(pause)
        pause = min(pause * GROWTH, LONGEST_PAUSE)
        report = await _poll(report, run)
    return report, _decided_code(report)


async def _poll(report: StatusReport, run: Run) -> StatusReport:
    """Read those in review anew. What can't be read this time is as it was."""
    ids = [each.customer_id for each in report.customers if _in_review(each)]
    fresh = await run.read_customers(ids, show_nothing)
    customers = tuple(_brought_up_to_date(each, fresh) for each in report.customers)
    for before, after in zip(report.customers, customers, strict=True):
        for line in _changes(before, after):
            run.say(line)
    return StatusReport(report.address, run.now(), customers)


def _brought_up_to_date(
    customer: CustomerStatus, fresh: Mapping[CustomerId, LiveCustomer | UnreadableCustomer]
) -> CustomerStatus:
    match fresh.get(customer.customer_id):
        case LiveCustomer() as live:
            return replace(customer, live=live)
        case UnreadableCustomer() | None:
            return customer


def _changes(before: CustomerStatus, after: CustomerStatus) -> Iterator[str]:
    """Say of each qualification in one line what it was and what it is."""
    was = {each.qualification: _vetting(each) for each in before.qualifications}
    now = {each.qualification: _vetting(each) for each in after.qualifications}
    for name in sorted(was | now):
        if was.get(name) != now.get(name):
            changed = f"{was.get(name, 'absent')} -> {now.get(name, 'absent')}"
            yield f"{after.name} {name}: {changed}"


def _vetting(live: LiveQualification) -> str:
    reason = f" ({live.vetting_reason})" if live.vetting_reason else ""
    return f"{live.vetting_status or 'held'}{reason}"


def _has(customer: CustomerStatus, status: VettingStatus) -> bool:
    return any(each.documented_status is status for each in customer.qualifications)


def _in_review(customer: CustomerStatus) -> bool:
    return _has(customer, VettingStatus.IN_REVIEW)


def _decided_code(report: StatusReport) -> int:
    if any(isinstance(each.live, UnreadableCustomer) for each in report.customers):
        return TIMED_OUT
    denied = any(_has(each, VettingStatus.DENIED) for each in report.customers)
    return SOMETHING_DENIED if denied else ALL_APPROVED
