"""Drift: customers that nobody declares, and who changed what the manifests do not want."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.model.audit import HISTORY_DAYS
from reconciler.model.findings import finding_order
from reconciler.model.plan import Summary
from reconciler.model.state import format_instant
from reconciler.planning.findings import make_finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.audit import AuditRecord
    from reconciler.model.findings import Finding
    from reconciler.model.plan import Plan
    from reconciler.model.state import CustomerSummary, DesiredState

DRIFT_RULES: Final = frozenset({"removal-not-supported", "education-gcc-exclusive"})
"""The findings that say: something is live that the manifests don't want."""

MOST_RECORDS: Final = 3
"""Audit records that one finding tells: the newest."""

PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the partner's customers a manifest declares."""

    declared: int
    live: int

    def __str__(self) -> str:
        percent = PERCENT * self.declared // self.live if self.live else PERCENT
        customers = "customer" if self.live == 1 else "customers"
        return f"{self.declared} of {self.live} {customers} declared ({percent} %)"


def find_unmanaged(
    desired: DesiredState, listed: Iterable[CustomerSummary]
) -> tuple[tuple[Finding, ...], Coverage]:
    """Tell each customer of the partner that no manifest names, and how many one names."""
    declared = {customer.customer_id for customer in desired.customers}
    known = {customer.customer_id: customer for customer in listed}
    unmanaged = [known[each] for each in sorted(known.keys() - declared)]
    findings = tuple(_unmanaged(customer) for customer in unmanaged)
    return findings, Coverage(len(known) - len(unmanaged), len(known))


def _unmanaged(customer: CustomerSummary) -> Finding:
    domain = f" ({customer.domain})" if customer.domain else ""
    named = replace(customer, name=customer.name or customer.customer_id)
    return make_finding("unmanaged-customer", named, f"no manifest declares this customer{domain}")


def drifted(plan: Plan) -> tuple[Finding, ...]:
    """Find who differs from the manifests: the first such finding of each customer, in order."""
    first: dict[str, Finding] = {}
    for finding in plan.findings:
        if finding.rule in DRIFT_RULES and finding.customer_id is not None:
            first.setdefault(finding.customer_id, finding)
    return tuple(first.values())


def explain_drift(finding: Finding, records: Sequence[AuditRecord]) -> Finding:
    """Say who set a qualification of this customer, and when."""
    lines = [_describe(record) for record in records if record.sets_qualification][:MOST_RECORDS]
    if not lines:
        message = f"no audit record of the last {HISTORY_DAYS} days says who set a qualification"
    else:
        message = "; ".join(lines)
    return _unexplained(finding, message)


def unexplained_drift(finding: Finding, why: str) -> Finding:
    """Say why the audit log could not be asked."""
    return _unexplained(finding, f"who changed it could not be found out: {why}")


def _unexplained(finding: Finding, message: str) -> Finding:
    return make_finding("changed-outside", finding, message, source=finding.source)


def _describe(record: AuditRecord) -> str:
    what = record.qualification or "a qualification"
    when = f" on {format_instant(record.at)}" if record.at else ""
    return (
        f"{what} was set by {record.who}{when} ({record.operation}, {record.status or 'no status'})"
    )


def with_findings(plan: Plan, findings: Iterable[Finding]) -> Plan:
    """Add findings in their order; steps, basis and digest stay what they are."""
    found = sorted((*plan.findings, *findings), key=finding_order)
    summary = plan.summary
    counted = Summary.of(
        found, customers=summary.customers, steps=summary.steps, in_sync=summary.in_sync
    )
    return replace(plan, findings=tuple(found), summary=counted)
