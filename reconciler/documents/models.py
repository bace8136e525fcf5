"""The shapes of the JSON documents, each written once: for reading, writing and JSON Schema.

A shape takes its values from the type of the model of the same fields, and makes one again. Readers
ignore properties they don't know; nothing is read from or written to files here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.alias_generators import to_camel

from reconciler.model.findings import Category, Finding, Severity, Source, Vetting
from reconciler.model.plan import (
    Against,
    ApplyReport,
    BasisEntry,
    Incremental,
    Outcome,
    Plan,
    PlanDocument,
    Selection,
    Step,
    StepResult,
    Summary,
    Target,
)
from reconciler.model.state import (
    AccountStatus,
    CodeReference,
    CustomerAgreement,
    CustomerId,
    EducationSegment,
    Qualification,
    UnreadableCustomer,
    format_instant,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model.findings import Validation
    from reconciler.model.status import CustomerStatus, StatusReport

FORMAT_VERSION: Final = "1.0"

JsonObject = dict[str, Any]


def plan_to_document(document: PlanDocument) -> JsonObject:
    return _dumped(PlanModel.of(document))


def plan_content(plan: Plan) -> JsonObject:
    """Write what a plan says, without what belongs to its making."""
    return _dumped(_Plan.model_validate(plan))


def report_to_document(report: ApplyReport) -> JsonObject:
    return _dumped(ReportModel.of(report))


def validation_to_document(validation: Validation) -> JsonObject:
    return _dumped(_Validation.of(validation))


def status_to_document(report: StatusReport) -> JsonObject:
    return _dumped(_Status.of(report))


def to_json(document: Mapping[str, Any]) -> str:
    """Write a document for people and programs to read."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _dumped(shape: Shape) -> JsonObject:
    return shape.model_dump(mode="json", by_alias=True)


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("no date that a calendar has in UTC") from None


Instant = Annotated[
    AwareDatetime, AfterValidator(_in_utc), PlainSerializer(format_instant, return_type=str)
]
"""A date without an offset would mean another instant on another machine."""


class Shape(BaseModel):
    """What is written of one type of the model, `made`, and read back into it."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        from_attributes=True,
        alias_generator=to_camel,
        populate_by_name=True,
    )
    made: ClassVar[Callable[..., object]]


def _made(value: object) -> object:
    """Make the model's types of shapes, however deep they stand."""
    match value:
        case Shape():
            return type(value).made(**{name: _made(inner) for name, inner in value})
        case tuple():
            return tuple(map(_made, value))
        case dict():
            return {key: _made(inner) for key, inner in value.items()}
        case _:
            return value


class _WithoutAbsent(Shape):
    """Leaves out what is absent, but for `source`, which is null then."""

    @model_serializer(mode="wrap")
    def _present(self, dump: SerializerFunctionWrapHandler) -> JsonObject:
        written = dump(self)
        return {
            name: value for name, value in written.items() if value is not None or name == "source"
        }


class _Source(Shape):
    made = Source
    file: str
    line: int
    column: int


class _Code(_WithoutAbsent):
    made = CodeReference
    env: str | None = None
    file: str | None = None


class _Step(_WithoutAbsent):
    made = Step
    customer_id: CustomerId
    name: str
    qualification: Literal[Qualification.EDUCATION, Qualification.GCC, Qualification.SOE]
    education_segment: EducationSegment | None = None
    website: str | None = None
    validation_code_from: _Code | None = None
    resubmit_denial_of: Instant | None = None
    source: _Source | None = None


class _Vetting(Shape):
    made = Vetting
    status: str | None = Field(None, alias="vettingStatus")
    reason: str | None = Field(None, alias="vettingReason")
    created: Instant | None = Field(None, alias="vettingCreatedDate")


class _Finding(Shape):
    made = Finding
    rule: str
    category: Category
    severity: Severity
    customer_id: str | None = None
    name: str | None = None
    qualification: str | None = None
    message: str
    remedy: str
    source: _Source | None = None
    live: _Vetting | None = None


class TargetModel(Shape):
    made = Target
    address: str
    tenant_id: str | None = None


class _Tool(Shape):
    name: str
    version: str


class _Incremental(Shape):
    made = Incremental
    read: int
    kept: int
    oldest: Instant | None = None


class _Against(Shape):
    made = Against
    file: str
    oldest: Instant | None = None


class _Selection(Shape):
    made = Selection
    shard: str | None = None
    selector: str | None = None
    customers: tuple[str, ...] | None = None
    changed_from: str | None = None
    incremental: _Incremental | None = None
    against: _Against | None = None


class _Summary(Shape):
    made = Summary
    customers: int
    steps: int
    in_sync: int
    pending: int
    impossible: int
    blocked: int
    denied: int
    unreadable: int
    advisory: int


class _BasisEntry(Shape):
    made = BasisEntry
    qualification: str
    vetting_status: str | None = None


_Basis = dict[CustomerId, tuple[_BasisEntry, ...]]


def _in_order(basis: _Basis) -> _Basis:
    return dict(sorted(basis.items()))


class _Plan(Shape):
    made = Plan
    target: TargetModel
    selection: _Selection = _Selection()
    complete: bool
    summary: _Summary
    steps: tuple[_Step, ...]
    findings: tuple[_Finding, ...]
    basis: Annotated[_Basis, AfterValidator(_in_order)]


class _Making(Shape):
    format_version: str
    kind: Literal["Plan"]
    digest: str
    created_at: Instant
    tool: _Tool


class PlanModel(_Plan, _Making):
    """The shape of a plan document; the fields of its last base come first."""

    @classmethod
    def of(cls, document: PlanDocument) -> PlanModel:
        return cls(
            format_version=FORMAT_VERSION,
            kind="Plan",
            digest=document.digest,
            created_at=document.created_at,
            tool=_Tool(name="reconciler", version=document.tool_version),
            **dict(_Plan.model_validate(document.plan)),
        )

    def read(self) -> PlanDocument:
        plan = _made(_Plan.model_validate(dict(self)))
        assert isinstance(plan, Plan)
        return PlanDocument(plan, self.digest, self.created_at, self.tool.version)


class _Result(Shape):
    made = StepResult
    customer_id: CustomerId
    name: str
    qualification: Qualification
    outcome: Outcome
    vetting_status: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    message: str | None = None


class _Tally(Shape):
    """How many results there are of each outcome."""

    created: int
    already_present: int
    rejected: int
    unknown: int
    not_attempted: int

    @classmethod
    def of(cls, results: Iterable[StepResult]) -> _Tally:
        outcomes = [result.outcome for result in results]
        return cls(
            created=outcomes.count(Outcome.CREATED),
            already_present=outcomes.count(Outcome.ALREADY_PRESENT),
            rejected=outcomes.count(Outcome.REJECTED),
            unknown=outcomes.count(Outcome.UNKNOWN),
            not_attempted=outcomes.count(Outcome.NOT_ATTEMPTED),
        )


class ReportModel(Shape):
    """The shape of an apply report. Until the run ends, `finishedAt` is null."""

    format_version: str
    kind: Literal["ApplyReport"]
    plan_digest: str | None
    started_at: Instant
    finished_at: Instant | None
    summary: _Tally | None = None
    results: tuple[_Result, ...]

    @classmethod
    def of(cls, report: ApplyReport) -> ReportModel:
        return cls(
            format_version=FORMAT_VERSION,
            kind="ApplyReport",
            plan_digest=report.plan_digest,
            started_at=report.started_at,
            finished_at=report.finished_at,
            summary=_Tally.of(report.results),
            results=tuple(map(_Result.model_validate, report.results)),
        )

    def read(self) -> ApplyReport:
        results = tuple(StepResult(**dict(result)) for result in self.results)
        return ApplyReport(self.plan_digest, self.started_at, self.finished_at, results)


class _Diagnostic(Shape):
    rule: str
    severity: Severity
    message: str
    remedy: str
    source: _Source | None


class _Counts(Shape):
    documents: int
    errors: int
    warnings: int


class _Validation(Shape):
    format_version: str
    kind: Literal["Validation"]
    summary: _Counts
    diagnostics: tuple[_Diagnostic, ...]

    @classmethod
    def of(cls, validation: Validation) -> _Validation:
        severities = [diagnostic.severity for diagnostic in validation.diagnostics]
        return cls(
            format_version=FORMAT_VERSION,
            kind="Validation",
            summary=_Counts(
                documents=validation.documents,
                errors=severities.count(Severity.ERROR),
                warnings=severities.count(Severity.WARNING),
            ),
            diagnostics=tuple(map(_Diagnostic.model_validate, validation.diagnostics)),
        )


class _LiveQualification(_WithoutAbsent):
    qualification: str
    vetting_status: str | None = None
    vetting_reason: str | None = None
    vetting_created: Instant | None = Field(None, alias="vettingCreatedDate")


class _CustomerStatus(Shape):
    customer_id: CustomerId
    name: str
    qualifications: tuple[_LiveQualification, ...] | None
    unreadable: str | None
    """Why the qualifications could not be read; they are null then, and never empty."""
    account_status: str | None
    customer_agreement: bool | None
    may_purchase: bool | None
    explanation: str

    @classmethod
    def of(cls, customer: CustomerStatus) -> _CustomerStatus:
        account, agreement = customer.checks.account_status, customer.checks.customer_agreement
        unread = customer.live.message if isinstance(customer.live, UnreadableCustomer) else None
        told = tuple(map(_LiveQualification.model_validate, customer.qualifications))
        return cls(
            customer_id=customer.customer_id,
            name=customer.name,
            qualifications=told if unread is None else None,
            unreadable=unread,
            account_status=account.status if isinstance(account, AccountStatus) else None,
            customer_agreement=(
                agreement.confirmed if isinstance(agreement, CustomerAgreement) else None
            ),
            may_purchase=customer.may_purchase,
            explanation=customer.explanation,
        )


class _Status(Shape):
    format_version: str
    kind: Literal["Status"]
    address: str
    read_at: Instant
    customers: tuple[_CustomerStatus, ...]

    @classmethod
    def of(cls, report: StatusReport) -> _Status:
        return cls(
            format_version=FORMAT_VERSION,
            kind="Status",
            address=report.address,
            read_at=report.read_at,
            customers=tuple(map(_CustomerStatus.of, report.customers)),
        )
