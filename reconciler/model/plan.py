"""A plan, its steps and the report of applying it: data only, nothing is decided here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from reconciler.model.findings import Category, Finding
from reconciler.model.state import (
    CustomerId,
    EducationSegment,
    Qualification,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from reconciler.model.findings import Finding, Source
    from reconciler.model.policy import Policy
    from reconciler.model.secret import Secret
    from reconciler.model.state import (
        CodeReference,
        CustomerId,
        EducationSegment,
        LiveQualification,
        Qualification,
    )


@dataclass(frozen=True, slots=True)
class Target:
    """Where the live state is: the service's address, or `emulator`."""

    address: str
    tenant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Incremental:
    """How many customers were read anew and how many kept from a snapshot; its oldest reading."""

    read: int
    kept: int
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Against:
    """The snapshot that was planned against in place of the service, and its oldest reading."""

    file: str
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """How the customers of the plan were narrowed, and what was read; all None where all was."""

    shard: str | None = None
    selector: str | None = None
    customers: tuple[str, ...] | None = None
    changed_from: str | None = None
    incremental: Incremental | None = None
    against: Against | None = None


@dataclass(frozen=True, slots=True)
class StepKey:
    """What makes two steps the same create: a resubmission is told by the denial it names."""

    customer_id: CustomerId
    qualification: Qualification
    denial: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One permitted create."""

    customer_id: CustomerId
    name: str
    qualification: Qualification
    source: Source | None = None
    education_segment: EducationSegment | None = None
    website: str | None = None
    validation_code_from: CodeReference | None = None
    resubmit_denial_of: datetime | None = None

    @property
    def key(self) -> StepKey:
        return StepKey(self.customer_id, self.qualification, self.resubmit_denial_of)


@dataclass(frozen=True, slots=True)
class BasisEntry:
    """One live qualification that a plan was decided on."""

    qualification: str
    vetting_status: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """`customers` counts customers, `in_sync` declared qualifications, the rest findings."""

    customers: int = 0
    steps: int = 0
    in_sync: int = 0
    pending: int = 0
    impossible: int = 0
    blocked: int = 0
    denied: int = 0
    unreadable: int = 0
    advisory: int = 0

    @classmethod
    def of(
        cls, findings: Iterable[Finding], *, customers: int, steps: int, in_sync: int
    ) -> Summary:
        """Count the findings of each category beside what is counted already."""
        found = Counter(finding.category for finding in findings)
        return cls(customers, steps, in_sync, **{name: found[name] for name in Category})


@dataclass(frozen=True, slots=True)
class Plan:
    """The comparison of desired and live state. A plan without steps is a plan."""

    target: Target
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    basis: Mapping[CustomerId, tuple[BasisEntry, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    summary: Summary = field(default_factory=Summary)
    complete: bool = True
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A plan with what belongs to its making: when, by what, and the digest of what it does."""

    plan: Plan
    digest: str
    created_at: datetime
    tool_version: str


class Outcome(StrEnum):
    CREATED = "created"
    ALREADY_PRESENT = "already-present"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_ATTEMPTED = "not-attempted"


@dataclass(frozen=True, slots=True)
class StepResult:
    customer_id: CustomerId
    name: str
    qualification: Qualification
    outcome: Outcome
    vetting_status: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    message: str | None = None
    remedy: str | None = None
    """What to do, where that is not what the outcome's rule says."""


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """Every step of a plan with exactly one result, in the plan's order."""

    plan_digest: str | None
    """None where the run was stopped before there was a plan."""
    started_at: datetime
    finished_at: datetime | None
    """None while the run goes on."""
    results: tuple[StepResult, ...]


@dataclass(frozen=True, slots=True)
class Create:
    """What one step sends; the validation code is here only, read just before the first write."""

    customer_id: CustomerId
    qualification: Qualification
    education_segment: EducationSegment | None = None
    website: str | None = None
    validation_code: Secret | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """The service's word that a create was done."""

    live: LiveQualification
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Scope:
    """How the customers were narrowed, and what was found in narrowing them."""

    selection: Selection = field(default_factory=Selection)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a plan is made under. `today` decides which acceptances of findings still hold."""

    policy: Policy
    target: Target
    today: date
    scope: Scope = field(default_factory=Scope)
