"""Claims about the JSON documents: their shape, their way there and back, and the digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.documents.digest import canonical_json, digest_of, plan_digest
from reconciler.documents.plan_model import PlanModel, plan_to_document
from reconciler.documents.report_model import ReportModel, report_to_document
from reconciler.documents.shape import to_json
from reconciler.documents.validation_model import validation_to_document
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
    Against,
    ApplyReport,
    BasisEntry,
    Incremental,
    Outcome,
    Plan,
    PlanDocument,
    PlanOptions,
    Scope,
    Selection,
    Step,
    StepResult,
    Summary,
    Target,
)
from reconciler.model.state import CodeReference, Qualification
from reconciler.planning.planner import make_plan
from tests.worlds import (
    CLAIM,
    CONTOSO,
    DENIED_ON,
    FABRIKAM,
    K12,
    TARGET,
    TODAY,
    World,
    customer,
    education,
    gcc,
    live,
    plan_one,
    worlds,
)

MADE: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PLACE: Final = Source("customers/contoso.yaml", 9, 7)
EDUCATION_STEP: Final = Step(
    CONTOSO, "contoso", Qualification.EDUCATION, PLACE, K12, "contoso.edu", None, DENIED_ON
)
GCC_STEP: Final = Step(
    FABRIKAM, "fabrikam", Qualification.GCC, None, validation_code_from=CodeReference(file="code")
)
DENIED: Final = Finding(
    "vetting-denied",
    Category.DENIED,
    Severity.ERROR,
    "Education was denied",
    "mend it",
    CONTOSO,
    "contoso",
    "Education",
    PLACE,
    Vetting("Denied", "Not an Education Customer", DENIED_ON),
)
PLAN: Final = Plan(
    Target("https://api.partnercenter.microsoft.com"),
    (EDUCATION_STEP, GCC_STEP),
    (DENIED,),
    {FABRIKAM: (), CONTOSO: (BasisEntry("Education", "Denied"),)},
    Summary(4, 2, 2, 1, 1, 0, 1, 0, 0),
    selection=Selection(
        "1/4",
        "region=us-west",
        ("contoso",),
        "origin/main",
        Incremental(12, 4988, MADE),
        Against("live.json"),
    ),
)


def document_of(plan: Plan) -> PlanDocument:
    return PlanDocument(plan, plan_digest(plan), MADE, "0.1.0")


def reread(document: PlanDocument) -> PlanDocument:
    return PlanModel.model_validate(json.loads(to_json(plan_to_document(document)))).read()


def test_plan_document() -> None:
    """A plan is written as the contract shows it."""
    assert plan_to_document(document_of(PLAN)) == {
        "formatVersion": "1.0",
        "kind": "Plan",
        "digest": plan_digest(PLAN),
        "createdAt": "2026-01-02T03:04:05Z",
        "tool": {"name": "reconciler", "version": "0.1.0"},
        "target": {"address": "https://api.partnercenter.microsoft.com", "tenantId": None},
        "selection": {
            "shard": "1/4",
            "selector": "region=us-west",
            "customers": ["contoso"],
            "changedFrom": "origin/main",
            "incremental": {"read": 12, "kept": 4988, "oldest": "2026-01-02T03:04:05Z"},
            "against": {"file": "live.json", "oldest": None},
        },
        "complete": True,
        "summary": {
            "customers": 4,
            "steps": 2,
            "inSync": 2,
            "pending": 1,
            "impossible": 1,
            "blocked": 0,
            "denied": 1,
            "unreadable": 0,
            "advisory": 0,
        },
        "steps": [
            {
                "customerId": CONTOSO,
                "name": "contoso",
                "qualification": "Education",
                "educationSegment": "K12",
                "website": "contoso.edu",
                "resubmitDenialOf": "2025-11-03T09:30:00.885Z",
                "source": {"file": "customers/contoso.yaml", "line": 9, "column": 7},
            },
            {
                "customerId": FABRIKAM,
                "name": "fabrikam",
                "qualification": "GovernmentCommunityCloud",
                "validationCodeFrom": {"file": "code"},
                "source": None,
            },
        ],
        "findings": [
            {
                "rule": "vetting-denied",
                "category": "denied",
                "severity": "error",
                "customerId": CONTOSO,
                "name": "contoso",
                "qualification": "Education",
                "message": "Education was denied",
                "remedy": "mend it",
                "source": {"file": "customers/contoso.yaml", "line": 9, "column": 7},
                "live": {
                    "vettingStatus": "Denied",
                    "vettingReason": "Not an Education Customer",
                    "vettingCreatedDate": "2025-11-03T09:30:00.885Z",
                },
            }
        ],
        "basis": {
            CONTOSO: [{"qualification": "Education", "vettingStatus": "Denied"}],
            FABRIKAM: [],
        },
    }


@pytest.mark.parametrize("plan", [PLAN, Plan(TARGET), replace(PLAN, complete=False)])
def test_plan_there_and_back(plan: Plan) -> None:
    """A plan that is written and read is the same plan, an empty one too."""
    assert reread(document_of(plan)) == document_of(plan)


scopes = st.builds(
    Selection,
    st.none() | st.text(),
    st.none() | st.text(),
    st.none() | st.lists(st.text()).map(tuple),
    st.none() | st.text(),
    st.none() | st.builds(Incremental, st.integers(), st.integers(), st.none() | st.just(MADE)),
    st.none() | st.builds(Against, st.text(), st.none() | st.just(MADE)),
).map(Scope)


@CLAIM
@given(worlds(), scopes, st.text())
def test_any_plan_there_and_back(world: World, scope: Scope, version: str) -> None:
    """Writing and reading is the identity for every plan, and leaves its digest as it is."""
    plan = make_plan(world.desired, world.live, PlanOptions(world.policy, TARGET, TODAY, scope))
    document = PlanDocument(plan, plan_digest(plan), MADE, version)
    again = reread(document)
    assert again == document
    assert plan_digest(again.plan) == document.digest == digest_of(plan_to_document(again))


def canonical_by_hand(value: Any) -> str:
    """Write canonical JSON independently of the program's own writer, text as JSON asks."""
    match value:
        case dict():
            members = (f"{quote(key)}:{canonical_by_hand(value[key])}" for key in sorted(value))
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(canonical_by_hand(item) for item in value) + "]"
        case str():
            return quote(value)
        case _:
            return json.dumps(value)


def quote(text: str) -> str:
    """Escape what JSON demands, and nothing else."""
    named = {
        '"': '\\"',
        "\\": "\\\\",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
    }
    return (
        '"' + "".join(named.get(c) or (c if c >= " " else f"\\u{ord(c):04x}") for c in text) + '"'
    )


def test_digest_is_of_what_the_contract_says() -> None:
    """The digest is the SHA-256 of target, steps without source, and basis, in canonical JSON."""
    document = plan_to_document(document_of(PLAN))
    steps = [{name: step[name] for name in step if name != "source"} for step in document["steps"]]
    content = {"target": document["target"], "steps": steps, "basis": document["basis"]}
    written = canonical_by_hand(content).encode()
    assert plan_digest(PLAN) == "sha256:" + hashlib.sha256(written).hexdigest()


@CLAIM
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_canonical(value: Any) -> None:
    """Canonical JSON has sorted keys, no white space, and text as raw UTF-8."""
    assert canonical_json(value) == canonical_by_hand(value).encode()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Zażółć 学校 🏫", "Zażółć 学校 🏫"),
        ("a/b\u007f\u2028", "a/b\u007f\u2028"),
        ('"\\\n\u0001', '\\"\\\\\\n\\u0001'),
    ],
)
def test_canonical_text(text: str, written: str) -> None:
    """Only what JSON demands is escaped."""
    assert canonical_json(text) == f'"{written}"'.encode()


SAME_DIGEST: Final = (
    replace(PLAN, findings=()),
    replace(PLAN, summary=Summary()),
    replace(PLAN, complete=False),
    replace(PLAN, selection=Selection()),
    replace(PLAN, steps=(replace(EDUCATION_STEP, source=None), GCC_STEP)),
    replace(PLAN, basis={CONTOSO: PLAN.basis[CONTOSO], FABRIKAM: ()}),
)
OTHER_DIGEST: Final = (
    replace(PLAN, target=Target("emulator")),
    replace(PLAN, target=replace(PLAN.target, tenant_id=CONTOSO)),
    replace(PLAN, steps=(GCC_STEP, EDUCATION_STEP)),
    replace(PLAN, steps=(EDUCATION_STEP,)),
    replace(PLAN, steps=(replace(EDUCATION_STEP, website=None), GCC_STEP)),
    replace(PLAN, steps=(replace(EDUCATION_STEP, name="other"), GCC_STEP)),
    replace(PLAN, steps=(replace(EDUCATION_STEP, resubmit_denial_of=None), GCC_STEP)),
    replace(PLAN, basis={CONTOSO: (), FABRIKAM: ()}),
    replace(PLAN, basis={}),
)


@pytest.mark.parametrize("plan", SAME_DIGEST)
def test_digest_ignores(plan: Plan) -> None:
    """Findings, summary, selection and places are no part of what apply will do."""
    assert plan_digest(plan) == plan_digest(PLAN)


@pytest.mark.parametrize("plan", OTHER_DIGEST)
def test_digest_covers(plan: Plan) -> None:
    """Target, steps, their order and basis are what apply will do, and on what ground."""
    assert plan_digest(plan) != plan_digest(PLAN)


def test_digest_of_the_same_state_in_another_spelling() -> None:
    """The same live state gives the same digest in any case, order and form of nothing."""
    desired = customer(gcc())
    one = plan_one(desired, live("Education Denied", "StateOwnedEntity"))
    other = plan_one(desired, live("None", "STATEOWNEDENTITY", "education DENIED"))
    assert plan_digest(one) == plan_digest(other)


def test_unknown_property_of_a_step_counts() -> None:
    """What a newer version adds to a step is part of the digest; what it adds elsewhere is not."""
    document = plan_to_document(document_of(PLAN))
    assert digest_of(document | {"new": 1}) == document["digest"]
    document["steps"][0]["new"] = None
    assert digest_of(document) != document["digest"]


def test_no_code_in_a_plan() -> None:
    """A GCC step carries where its code is."""
    plan = plan_one(customer(gcc()), live())
    (step,) = plan_to_document(document_of(plan))["steps"]
    assert step["validationCodeFrom"] == {"env": "CONTOSO_CODE"}
    assert "validationCode" not in step


def test_absent_values_are_left_out_of_steps() -> None:
    """A step has only what its qualification needs."""
    plan = plan_one(customer(education()), live())
    (step,) = plan_to_document(document_of(plan))["steps"]
    assert list(step) == ["customerId", "name", "qualification", "educationSegment", "source"]


RESULT: Final = StepResult(
    CONTOSO, "contoso", Qualification.EDUCATION, Outcome.CREATED, "InReview", "r-1", "c-1"
)
REPORT: Final = ApplyReport(
    "sha256:0",
    MADE,
    MADE.replace(microsecond=5),
    (RESULT, *(replace(RESULT, outcome=outcome, message="why") for outcome in Outcome)),
)


def test_report_document() -> None:
    """A report is written as the contract shows it, with every outcome counted."""
    document = report_to_document(replace(REPORT, results=(RESULT, *REPORT.results)))
    results = document.pop("results")
    assert document == {
        "formatVersion": "1.0",
        "kind": "ApplyReport",
        "planDigest": "sha256:0",
        "startedAt": "2026-01-02T03:04:05Z",
        "finishedAt": "2026-01-02T03:04:05.000005Z",
        "summary": {
            "created": 3,
            "alreadyPresent": 1,
            "rejected": 1,
            "unknown": 1,
            "notAttempted": 1,
        },
    }
    assert results[0] == {
        "customerId": CONTOSO,
        "name": "contoso",
        "qualification": "Education",
        "outcome": "created",
        "vettingStatus": "InReview",
        "requestId": "r-1",
        "correlationId": "c-1",
        "message": None,
    }


@pytest.mark.parametrize(
    "report",
    [
        REPORT,
        replace(REPORT, results=()),
        replace(REPORT, finished_at=None),
        replace(REPORT, results=(replace(RESULT, remedy="run it again"),)),
    ],
)
def test_report_there_and_back(report: ApplyReport) -> None:
    """A report that is written and read is the same report."""
    written = json.loads(to_json(report_to_document(report)))
    assert ReportModel.model_validate(written).read() == report


def test_validation_document() -> None:
    """A validation is written as the contract shows it, with errors and warnings counted."""
    warning = Diagnostic("none-not-settable", Severity.WARNING, "m", "r", PLACE)
    error = Diagnostic("too-large", Severity.ERROR, "m", "r")
    assert validation_to_document(Validation(12, (warning, error, error))) == {
        "formatVersion": "1.0",
        "kind": "Validation",
        "summary": {"documents": 12, "errors": 2, "warnings": 1},
        "diagnostics": [
            {
                "rule": "none-not-settable",
                "severity": "warning",
                "message": "m",
                "remedy": "r",
                "source": {"file": "customers/contoso.yaml", "line": 9, "column": 7},
            },
            *[
                {
                    "rule": "too-large",
                    "severity": "error",
                    "message": "m",
                    "remedy": "r",
                    "source": None,
                }
            ]
            * 2,
        ],
    }
