"""What the manifests don't manage: unmanaged customers, and who changed what differs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest

from reconciler.model.audit import AuditRecord
from reconciler.model.findings import Category
from reconciler.model.plan import PlanOptions
from reconciler.model.policy import Policy
from reconciler.model.state import CustomerSummary, DesiredState, LiveState
from reconciler.planning.drift import (
    Coverage,
    drifted,
    explain_drift,
    find_unmanaged,
    unexplained_drift,
    with_findings,
)
from reconciler.planning.planner import make_plan
from tests.worlds import CONTOSO, FABRIKAM, SOE, TARGET, TODAY, customer, education, gcc, live

DRIFTED: Final = make_plan(
    DesiredState((customer(SOE),)),
    LiveState({CONTOSO: live("Education Approved", "GovernmentCommunityCloud")}),
    PlanOptions(Policy(), TARGET, TODAY),
)
WHEN: Final = datetime(2026, 2, 1, 3, 4, 5, tzinfo=UTC)


def record(number: int = 0, operation: str = "update_customer_qualification") -> AuditRecord:
    return AuditRecord(
        at=WHEN.replace(minute=number),
        customer_id=CONTOSO,
        operation=operation,
        status="succeeded",
        user="admin@partner.example",
        qualification="Education",
    )


def test_unmanaged_customers_and_the_coverage() -> None:
    """Each once, in the order of the ids, whatever the list's order; none that is declared."""
    listed = [
        CustomerSummary(FABRIKAM, "Fabrikam", "fabrikam.example"),
        CustomerSummary(CONTOSO, "Contoso", None),
    ]
    findings, coverage = find_unmanaged(DesiredState((customer(SOE),)), listed)
    assert [(each.rule, each.customer_id, each.name) for each in findings] == [
        ("unmanaged-customer", FABRIKAM, "Fabrikam")
    ]
    assert findings[0].category is Category.ADVISORY
    assert str(coverage) == "1 of 2 customers declared (50 %)"
    assert str(Coverage(0, 0)) == "0 of 0 customers declared (100 %)"


def test_a_customer_is_explained_once() -> None:
    """However many of its qualifications differ."""
    assert len(DRIFTED.findings) > 1
    assert [each.customer_id for each in drifted(DRIFTED)] == [CONTOSO]


def test_who_set_it_and_when() -> None:
    """The newest records of the operation that sets qualifications; others tell nothing."""
    [finding] = drifted(DRIFTED)
    records = [record(n) for n in (5, 4, 3, 2)] + [record(0, "add_customer")]
    told = explain_drift(finding, records).message.split("; ")
    assert told[0] == (
        "Education was set by admin@partner.example on 2026-02-01T03:05:05Z "
        "(update_customer_qualification, succeeded)"
    )
    assert len(told) == 3


@pytest.mark.parametrize("records", [[], [record(0, "add_customer")]])
def test_nobody_is_named_where_nothing_is_recorded(records: list[AuditRecord]) -> None:
    """The absence of a record is told as such."""
    [finding] = drifted(DRIFTED)
    assert explain_drift(finding, records).message.startswith("no audit record of the last 90 days")


def test_a_log_that_can_not_be_asked_is_told() -> None:
    """With the reason, and at the same place as the finding."""
    [finding] = drifted(DRIFTED)
    explained = unexplained_drift(finding, "403")
    assert explained.message.endswith(": 403")
    assert explained.source == finding.source


def test_steps_are_never_drift() -> None:
    """What is absent nobody has set."""
    plan = make_plan(
        DesiredState((customer(education(), SOE), customer(gcc(), customer_id=FABRIKAM, name="f"))),
        LiveState({CONTOSO: live(), FABRIKAM: live()}),
        PlanOptions(Policy(), TARGET, TODAY),
    )
    assert drifted(plan) == ()


def test_added_findings_are_counted_and_nothing_else_changes() -> None:
    """Steps and basis are what apply goes by."""
    [finding] = drifted(DRIFTED)
    plan = with_findings(DRIFTED, [unexplained_drift(finding, "403")])
    assert plan.summary.advisory == DRIFTED.summary.advisory + 1
    assert (plan.steps, plan.basis) == (DRIFTED.steps, DRIFTED.basis)
