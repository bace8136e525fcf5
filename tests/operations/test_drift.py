"""What explains a drift is asked for, and where it can't be had, that is said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.model.audit import AuditRecord, first_day
from reconciler.model.errors import CallRefused
from reconciler.model.plan import Scope
from reconciler.model.state import DesiredState, LiveQualification
from reconciler.operations.drift import explain_drifts
from reconciler.operations.plan import plan
from tests.fake_partner_center import DAWN, Admin, FakePartnerCenter, run_in
from tests.worlds import CONTOSO, SKIP, SOE, customer

if TYPE_CHECKING:
    from pathlib import Path

RECORD = AuditRecord(DAWN, CONTOSO, "update_customer_qualification", "succeeded", "a@b.example")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, "was set by a@b.example"),
        (CallRefused("403"), "who changed it could not be found out: 403"),
    ],
)
def test_each_customer_that_drifted_is_asked_about(
    tmp_path: Path, error: CallRefused | None, told: str
) -> None:
    """From the first day on that the audit log has."""
    service = FakePartnerCenter()
    for held in (LiveQualification("StateOwnedEntity"), LiveQualification("Education")):
        service.put(CONTOSO, held)
    service.lists.records.append(RECORD)
    service.lists.error = error
    run = run_in(tmp_path, service, SKIP, Admin())
    made = asyncio.run(plan(DesiredState((customer(SOE),)), Scope(), run))
    explained = asyncio.run(explain_drifts(made, run)).plan.findings
    assert [told in each.message for each in explained if each.rule == "changed-outside"] == [True]
    assert service.lists.asked == [(first_day(run.now()), CONTOSO)]
