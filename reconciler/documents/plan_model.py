"""The shape of a plan document: for reading, writing and JSON Schema."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reconciler.documents.shape import (
    FORMAT_VERSION,
    Instant,
    JsonObject,
    Shape,
    SourceModel,
    WithoutAbsent,
    dump,
    make,
)
from reconciler.model.findings import Category, Finding, Severity, Vetting
from reconciler.model.plan import (
    Against,
    BasisEntry,
    Incremental,
    Plan,
    PlanDocument,
    Selection,
    Step,
    Summary,
    Target,
)
from reconciler.model.state import CodeReference, CustomerId, EducationSegment, Qualification


def plan_to_document(document: PlanDocument) -> JsonObject:
    return dump(PlanModel.of(document))


def plan_content(plan: Plan) -> JsonObject:
    """Write what a plan says, without what belongs to its making."""
    return dump(_Plan.model_validate(plan))


class _Code(WithoutAbsent):
    made = CodeReference
    env: str | None = None
    file: str | None = None


class _Step(WithoutAbsent):
    made = Step
    customer_id: CustomerId
    name: str
    qualification: Literal[Qualification.EDUCATION, Qualification.GCC, Qualification.SOE]
    education_segment: EducationSegment | None = None
    website: str | None = None
    validation_code_from: _Code | None = None
    resubmit_denial_of: Instant | None = None
    source: SourceModel | None = None


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
    source: SourceModel | None = None
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


class _PlanHeader(Shape):
    format_version: str
    kind: Literal["Plan"]
    digest: str
    created_at: Instant
    tool: _Tool


class PlanModel(_Plan, _PlanHeader):
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
        plan = make(_Plan.model_validate(dict(self)))
        assert isinstance(plan, Plan)
        return PlanDocument(plan, self.digest, self.created_at, self.tool.version)
