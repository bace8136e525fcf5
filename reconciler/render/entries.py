"""What every format for people tells, as a flat list of entries; it escapes for no format.

One entry for each step, finding, result or diagnostic, its text made fit to be shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Category, Severity
from reconciler.model.plan import Outcome
from reconciler.model.rules import rule
from reconciler.model.state import format_instant
from reconciler.render.foreign_text import PATH_LIMIT, label, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.findings import Diagnostic, Finding, Source, Validation
    from reconciler.model.plan import ApplyReport, Plan, Step, StepResult

CREATE: Final = "create"
"""The kind of a step. The kinds of others are categories, outcomes and severities."""

WORST_FIRST: Final = (
    Category.IMPOSSIBLE,
    Category.BLOCKED,
    Category.DENIED,
    Category.UNREADABLE,
    Category.ADVISORY,
    Category.PENDING,
)

OUTCOMES_WORST_FIRST: Final = (
    Outcome.UNKNOWN,
    Outcome.REJECTED,
    Outcome.NOT_ATTEMPTED,
    Outcome.CREATED,
    Outcome.ALREADY_PRESENT,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to tell. `details` are a step's or a result's particulars, `message` a sentence.

    All text is one neutral line of bounded length, but for `source`, which renderers encode.
    """

    kind: str
    rule: str
    severity: Severity
    message: str
    remedy: str = ""
    details: str = ""
    customer_id: str = ""
    name: str = ""
    qualification: str = ""
    source: Source | None = None

    @property
    def place(self) -> str:
        return "" if self.source is None else label(str(self.source))

    @property
    def subject(self) -> str:
        """The customer, and the qualification unless the message names it; empty without one."""
        named = "" if self.qualification in self.message else self.qualification
        return " ".join(part for part in (self.name or self.customer_id, named) if part)

    @property
    def particulars(self) -> str:
        """The details, unless the message tells them."""
        return "" if self.details in self.message else self.details


def plan_entries(plan: Plan) -> tuple[Entry, ...]:
    """List the steps, then the findings worst first, each in the plan's order."""
    findings = sorted(plan.findings, key=lambda finding: WORST_FIRST.index(finding.category))
    return (*map(_step_entry, plan.steps), *map(_finding_entry, findings))


def report_entries(report: ApplyReport) -> tuple[Entry, ...]:
    """List the results in the report's order."""
    return tuple(map(_result_entry, report.results))


def validation_entries(validation: Validation) -> tuple[Entry, ...]:
    """List the diagnostics in their order."""
    return tuple(map(_diagnostic_entry, validation.diagnostics))


def of_kind(entries: Iterable[Entry], kind: str) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if entry.kind == kind)


def _step_entry(step: Step) -> Entry:
    details = _step_details(step)
    qualification = step.qualification.value
    suffix = f" ({details})" if details else ""
    return Entry(
        kind=CREATE,
        rule="planned-create",
        severity=Severity.NOTE,
        message=f"{qualification} will be created{suffix}",
        details=details,
        customer_id=label(step.customer_id),
        name=label(step.name),
        qualification=qualification,
        source=_bounded(step.source),
    )


def _bounded(source: Source | None) -> Source | None:
    return source and replace(source, file=source.file[:PATH_LIMIT])


def _step_details(step: Step) -> str:
    code, denial = step.validation_code_from, step.resubmit_denial_of
    parts = (
        step.education_segment,
        step.website and label(step.website),
        code and label(f"code from {code}"),
        denial and f"resubmits the denial of {format_instant(denial)}",
    )
    return ", ".join(part for part in parts if part)


def _finding_entry(finding: Finding) -> Entry:
    return Entry(
        kind=finding.category.value,
        rule=label(finding.rule),
        severity=finding.severity,
        message=shown(finding.message),
        remedy=shown(finding.remedy),
        customer_id=label(finding.customer_id or ""),
        name=label(finding.name or ""),
        qualification=label(finding.qualification or ""),
        source=_bounded(finding.source),
    )


def _result_entry(result: StepResult) -> Entry:
    known = rule(f"outcome-{result.outcome}")
    failed = known.severity is Severity.ERROR
    status = f"vetting {result.vetting_status}" if result.vetting_status else ""
    ids = _call_ids(result) if failed else ""
    return Entry(
        kind=result.outcome.value,
        rule=known.id,
        severity=known.severity,
        message=shown(result.message or known.title),
        remedy=shown(result.remedy or known.remedy) if failed else "",
        details=label(", ".join(part for part in (status, ids) if part)),
        customer_id=label(result.customer_id),
        name=label(result.name),
        qualification=result.qualification.value,
    )


def _call_ids(result: StepResult) -> str:
    ids = (("MS-CorrelationId", result.correlation_id), ("MS-RequestId", result.request_id))
    return ", ".join(f"{header} {value}" for header, value in ids if value)


def _diagnostic_entry(diagnostic: Diagnostic) -> Entry:
    return Entry(
        kind=diagnostic.severity.value,
        rule=label(diagnostic.rule),
        severity=diagnostic.severity,
        message=shown(diagnostic.message),
        remedy=shown(diagnostic.remedy),
        source=_bounded(diagnostic.source),
    )
