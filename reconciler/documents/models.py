"""The shapes of the plan and report documents, for reading them and for their JSON Schema."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from reconciler.model.findings import Category, Finding, Severity, Source, Vetting
from reconciler.model.plan import (
    ApplyReport,
    BasisEntry,
    Outcome,
    Plan,
    PlanDocument,
    Selection,
    Step,
    StepResult,
    Summary,
    Target,
)
from reconciler.model.state import CodeReference, CustomerId, EducationSegment, Qualification


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("no date that a calendar has in UTC") from None


_Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A date without an offset would mean another instant on another machine."""


class _Model(BaseModel):
    """Readers ignore properties they don't know."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )


class _Source(_Model):
    file: str
    line: int
    column: int

    def read(self) -> Source:
        return Source(self.file, self.line, self.column)


class _Code(_Model):
    env: str | None = None
    file: str | None = None

    def read(self) -> CodeReference:
        return CodeReference(self.env, self.file)


class _Step(_Model):
    customer_id: CustomerId
    name: str
    qualification: Literal[Qualification.EDUCATION, Qualification.GCC, Qualification.SOE]
    education_segment: EducationSegment | None = None
    website: str | None = None
    validation_code_from: _Code | None = None
    resubmit_denial_of: _Instant | None = None
    source: _Source | None = None

    def read(self) -> Step:
        code = self.validation_code_from
        return Step(
            customer_id=self.customer_id,
            name=self.name,
            qualification=self.qualification,
            source=None if self.source is None else self.source.read(),
            education_segment=self.education_segment,
            website=self.website,
            validation_code_from=None if code is None else code.read(),
            resubmit_denial_of=self.resubmit_denial_of,
        )


class _Vetting(_Model):
    vetting_status: str | None = None
    vetting_reason: str | None = None
    vetting_created_date: _Instant | None = None

    def read(self) -> Vetting:
        return Vetting(self.vetting_status, self.vetting_reason, self.vetting_created_date)


class _Finding(_Model):
    rule: str
    category: Category
    severity: Severity
    message: str
    remedy: str
    customer_id: str | None = None
    name: str | None = None
    qualification: str | None = None
    source: _Source | None = None
    live: _Vetting | None = None

    def read(self) -> Finding:
        return Finding(
            rule=self.rule,
            category=self.category,
            severity=self.severity,
            message=self.message,
            remedy=self.remedy,
            customer_id=self.customer_id,
            name=self.name,
            qualification=self.qualification,
            source=None if self.source is None else self.source.read(),
            live=None if self.live is None else self.live.read(),
        )


class _Target(_Model):
    address: str
    tenant_id: str | None = None


class _Tool(_Model):
    name: str
    version: str


class _Selection(_Model):
    shard: str | None = None
    selector: str | None = None
    customers: tuple[str, ...] | None = None
    changed_from: str | None = None


class _Summary(_Model):
    customers: int
    steps: int
    in_sync: int
    pending: int
    impossible: int
    blocked: int
    denied: int
    unreadable: int
    advisory: int


class _BasisEntry(_Model):
    qualification: str
    vetting_status: str | None = None


class PlanModel(_Model):
    """The shape of a plan document."""

    format_version: str
    kind: Literal["Plan"]
    digest: str
    created_at: _Instant
    tool: _Tool
    target: _Target
    selection: _Selection = _Selection()
    complete: bool
    summary: _Summary
    steps: tuple[_Step, ...]
    findings: tuple[_Finding, ...]
    basis: dict[CustomerId, tuple[_BasisEntry, ...]]

    def read(self) -> PlanDocument:
        plan = Plan(
            target=Target(self.target.address, self.target.tenant_id),
            steps=tuple(step.read() for step in self.steps),
            findings=tuple(finding.read() for finding in self.findings),
            basis={
                customer_id: tuple(BasisEntry(e.qualification, e.vetting_status) for e in entries)
                for customer_id, entries in self.basis.items()
            },
            summary=Summary(**self.summary.model_dump()),
            complete=self.complete,
            selection=Selection(**self.selection.model_dump()),
        )
        return PlanDocument(plan, self.digest, self.created_at, self.tool.version)


class _Result(_Model):
    customer_id: CustomerId
    name: str
    qualification: Qualification
    outcome: Outcome
    vetting_status: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    message: str | None = None

    def read(self) -> StepResult:
        return StepResult(**self.model_dump())


class _Tally(_Model):
    """How many results there are of each outcome."""

    created: int
    already_present: int
    rejected: int
    unknown: int
    not_attempted: int


class ReportModel(_Model):
    """The shape of an apply report."""

    format_version: str
    kind: Literal["ApplyReport"]
    plan_digest: str
    started_at: _Instant
    finished_at: _Instant
    summary: _Tally | None = None
    results: tuple[_Result, ...]

    def read(self) -> ApplyReport:
        results = tuple(result.read() for result in self.results)
        return ApplyReport(self.plan_digest, self.started_at, self.finished_at, results)
