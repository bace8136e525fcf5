"""Extends a plan by what only lists know: customers nobody declares, and who changed what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.live_state import for_each
from reconciler.model.audit import first_day
from reconciler.model.errors import ServiceError
from reconciler.model.state import CustomerId
from reconciler.planning.drift import (
    drifted,
    explain_drift,
    find_unmanaged,
    unexplained_drift,
    with_findings,
)

if TYPE_CHECKING:
    from reconciler.model.findings import Finding
    from reconciler.model.plan import PlanDocument
    from reconciler.model.state import DesiredState
    from reconciler.operations.run import Run


async def add_unmanaged(document: PlanDocument, desired: DesiredState, run: Run) -> PlanDocument:
    """List every customer, tell those without a manifest, and say the coverage.

    Raises ServiceError where the list is not whole: half of it would call customers managed.
    """
    listed = [customer async for customer in run.service.customers()]
    findings, coverage = find_unmanaged(desired, listed)
    run.say(f"coverage: {coverage}")
    return replace(document, plan=with_findings(document.plan, findings))


async def explain_drifts(document: PlanDocument, run: Run) -> PlanDocument:
    """Ask the audit log once for each customer that has what its manifest doesn't want."""
    findings: list[Finding] = []

    async def explain(finding: Finding) -> None:
        findings.append(await _explained(finding, run))

    await for_each(drifted(document.plan), explain, run.concurrency)
    return replace(document, plan=with_findings(document.plan, findings))


async def _explained(finding: Finding, run: Run) -> Finding:
    since, customer_id = first_day(run.now()), CustomerId(str(finding.customer_id))
    try:
        records = [record async for record in run.service.audit_records(since, customer_id)]
    except ServiceError as error:
        return unexplained_drift(finding, error.message)
    return explain_drift(finding, records)
