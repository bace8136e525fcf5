"""One plan, one report and one validation that hold something of everything, for all formats."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from reconciler.documents.digest import plan_digest
from reconciler.model.findings import (
    Category,
    Diagnostic,
    Finding,
    Severity,
    Source,
    Validation,
    Vetting,
)
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
from reconciler.model.rules import rule
from reconciler.model.state import CodeReference, CustomerId, EducationSegment, Qualification

MADE: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DENIED: Final = datetime(2025, 11, 3, 9, 30, 0, 885000, tzinfo=UTC)

CONTOSO: Final = CustomerId("14876998-c0dc-46e6-9d0c-65a57a6c32ec")
FABRIKAM: Final = CustomerId("2b1f0a5e-7c7e-4d0e-9d6a-3f1c7a1e0002")
LITWARE: Final = CustomerId("3c2e1b6f-8d8f-4e1f-8e7b-4a2d8b2f0003")
NORTHWIND: Final = CustomerId("4d3f2c70-9e90-4f20-9f8c-5b3e9c300004")
TAILSPIN: Final = CustomerId("5e403d81-afa1-4031-a09d-6c4fad410005")


def place(name: str, line: int, column: int = 7) -> Source:
    return Source(f"customers/{name}.yaml", line, column)


STEPS: Final = (
    Step(
        CONTOSO,
        "contoso-unified-school-district",
        Qualification.EDUCATION,
        place("contoso", 9),
        education_segment=EducationSegment.K12,
        website="contoso.edu",
    ),
    Step(
        FABRIKAM,
        "fabrikam-county",
        Qualification.GCC,
        place("fabrikam", 8),
        validation_code_from=CodeReference(env="FABRIKAM_CODE"),
    ),
    Step(FABRIKAM, "fabrikam-county", Qualification.SOE, place("fabrikam", 10)),
    Step(
        LITWARE,
        "litware-college",
        Qualification.EDUCATION,
        place("litware college", 8),
        education_segment=EducationSegment.HIGHER_EDUCATION,
        resubmit_denial_of=DENIED,
    ),
)


def finding(
    rule_id: str, name: str, customer_id: CustomerId, message: str, **parts: object
) -> Finding:
    """Make a finding as the catalogue has it, at line 8 of the customer's manifest."""
    entry = rule(rule_id)
    assert entry.category is not None
    qualification, live = parts.get("qualification"), parts.get("live")
    assert qualification is None or isinstance(qualification, str)
    assert live is None or isinstance(live, Vetting)
    return Finding(
        rule=rule_id,
        category=entry.category,
        severity=entry.severity,
        message=message,
        remedy=entry.remedy,
        customer_id=customer_id,
        name=name,
        qualification=qualification,
        source=place(name.split("-", maxsplit=1)[0], 8),
        live=live,
    )


FINDINGS: Final = (
    finding(
        "gcc-ends-commercial-sales",
        "fabrikam-county",
        FABRIKAM,
        "after this create the customer can be sold GCC offers only",
        qualification="GovernmentCommunityCloud",
    ),
    finding(
        "removal-not-supported",
        "northwind-traders",
        NORTHWIND,
        "StateOwnedEntity is held but not declared, and nothing can remove it",
        qualification="StateOwnedEntity",
        live=Vetting(),
    ),
    finding(
        "vetting-denied",
        "northwind-traders",
        NORTHWIND,
        'Education was denied (vetting of 2025-11-03T09:30:00.885Z): "Not an Education Customer"',
        qualification="Education",
        live=Vetting("Denied", "Not an Education Customer", DENIED),
    ),
    finding(
        "education-segment-missing",
        "tailspin-academy",
        TAILSPIN,
        "Education is to be created, but its educationSegment is missing",
        qualification="Education",
    ),
    finding(
        "customer-unreadable",
        "wingtip-toys",
        CustomerId("6f514e92-b0b2-4142-b1ae-7d50be520006"),
        "the qualifications could not be read: 500 after 4 tries",
    ),
    finding(
        "vetting-in-review",
        "adatum-university",
        CustomerId("70625fa3-c1c3-4253-82bf-8e61cf630007"),
        "Education is in review (vetting of 2026-01-01T00:00:00Z)",
        qualification="Education",
    ),
    Finding(
        "not-checked",
        Category.ADVISORY,
        Severity.WARNING,
        "account status was not checked: the sign-in is app-only",
        rule("not-checked").remedy,
    ),
)

PLAN: Final = Plan(
    target=Target(
        "https://api.partnercenter.microsoft.com", "5d4b0000-0000-4000-8000-000000000000"
    ),
    steps=STEPS,
    findings=FINDINGS,
    basis=MappingProxyType(
        {
            CONTOSO: (),
            FABRIKAM: (BasisEntry("None"),),
            LITWARE: (BasisEntry("Education", "Denied"),),
        }
    ),
    summary=Summary(
        customers=7,
        steps=4,
        in_sync=3,
        pending=1,
        impossible=1,
        blocked=1,
        denied=1,
        unreadable=1,
        advisory=2,
    ),
    complete=False,
    selection=Selection(shard="1/4", selector="region=us-west", changed_from="origin/main"),
)


def document(plan: Plan) -> PlanDocument:
    return PlanDocument(plan, plan_digest(plan), MADE, "0.1.0")


PLAN_DOCUMENT: Final = document(PLAN)
EMPTY_DOCUMENT: Final = document(Plan(Target("emulator")))

REPORT: Final = ApplyReport(
    plan_digest=PLAN_DOCUMENT.digest,
    started_at=MADE,
    finished_at=MADE.replace(second=59),
    results=(
        StepResult(
            CONTOSO,
            "contoso-unified-school-district",
            Qualification.EDUCATION,
            Outcome.CREATED,
            vetting_status="InReview",
            request_id="037db222-6d8e-4d7f-ba78-df3dca33fb68",
            correlation_id="aaaa0000-bb11-4222-83cc-444444dddddd",
        ),
        StepResult(
            FABRIKAM,
            "fabrikam-county",
            Qualification.GCC,
            Outcome.REJECTED,
            request_id="137db222-6d8e-4d7f-ba78-df3dca33fb68",
            correlation_id="baaa0000-bb11-4222-83cc-444444dddddd",
            message="400, code 2002: the validation code is not valid",
        ),
        StepResult(
            FABRIKAM,
            "fabrikam-county",
            Qualification.SOE,
            Outcome.NOT_ATTEMPTED,
            message="GovernmentCommunityCloud of this customer came before and was rejected",
        ),
        StepResult(
            LITWARE,
            "litware-college",
            Qualification.EDUCATION,
            Outcome.UNKNOWN,
            request_id="237db222-6d8e-4d7f-ba78-df3dca33fb68",
            correlation_id="caaa0000-bb11-4222-83cc-444444dddddd",
            message="the answer was lost and the qualification is not there yet",
        ),
        StepResult(TAILSPIN, "tailspin-academy", Qualification.SOE, Outcome.ALREADY_PRESENT),
    ),
)
EMPTY_REPORT: Final = ApplyReport(PLAN_DOCUMENT.digest, MADE, MADE, ())

VALIDATION: Final = Validation(
    documents=12,
    diagnostics=(
        Diagnostic(
            "unknown-key",
            Severity.ERROR,
            "qualifcations is not a known key of spec; did you mean qualifications?",
            rule("unknown-key").remedy,
            place("contoso", 7, 3),
        ),
        Diagnostic(
            "education-segment-missing",
            Severity.WARNING,
            "Education has no educationSegment",
            rule("education-segment-missing").remedy,
            place("tailspin", 8),
        ),
        Diagnostic("too-large", Severity.ERROR, "customers/big.yaml is larger than 8 MiB", ""),
    ),
)
EMPTY_VALIDATION: Final = Validation(0, ())
