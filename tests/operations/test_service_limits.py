"""What is asked about the service's own limits, of whom, and what is made of the answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.applying.journal import Journal
from reconciler.applying.lock import JOURNAL_FILE
from reconciler.model.audit import SET_QUALIFICATION, AuditRecord
from reconciler.model.errors import AppOnlyRefused, CallRefused, ServiceError, Unavailable
from reconciler.model.plan import Outcome, Scope, Step, Target
from reconciler.model.secret import Secret
from reconciler.model.state import DesiredState, Qualification
from reconciler.operations.plan import plan
from tests.fake_partner_center import DAWN, Admin, FakePartnerCenter, Lists, run_in
from tests.worlds import (
    CODE,
    CONTOSO,
    DENIED_ON,
    FABRIKAM,
    SKIP,
    SOE,
    customer,
    denied,
    education,
    gcc,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.plan import Plan
    from reconciler.model.state import DesiredCustomer

RESUBMITTED: Final = customer(education(resubmit=DENIED_ON))
GOVERNED: Final = customer(gcc())
BOTH: Final = (GOVERNED, customer(gcc(), customer_id=FABRIKAM, name="fabrikam"))
HELD: Final = Secret("GCC-4711")


def planned(folder: Path, lists: Lists, *customers: DesiredCustomer) -> Plan:
    service = FakePartnerCenter(lists=lists)
    for each in customers:
        service.put(each.customer_id, *([denied()] if each == RESUBMITTED else []))
    run = run_in(folder, service, SKIP, Admin())
    return asyncio.run(plan(DesiredState(customers), Scope(), run)).plan


def recorded(correlation_id: str, **of_it: str) -> AuditRecord:
    record = AuditRecord(
        DAWN,
        CONTOSO,
        SET_QUALIFICATION,
        "succeeded",
        correlation_id=correlation_id,
        qualification="Education",
    )
    return replace(record, **of_it)  # type: ignore[arg-type]  # any field of a record


def post(folder: Path, number: int) -> None:
    state = folder / ".reconciler"
    state.mkdir(exist_ok=True)
    with Journal(state / JOURNAL_FILE, f"run-{number}") as journal:
        journal.started(DAWN, "sha256:1", Target("emulator"))
        journal.sending(DAWN, Step(CONTOSO, "contoso", Qualification.EDUCATION), f"id-{number}")
        journal.posting(DAWN, f"id-{number}", f"c-{number}")
        journal.settled(DAWN, f"id-{number}", Outcome.CREATED)


def message(made: Plan, rule: str) -> str:
    [found] = [finding.message for finding in made.findings if finding.rule == rule]
    return found


@pytest.mark.parametrize(
    ("posts", "records", "attempt"),
    [
        (0, [], 2),
        (1, [recorded("C-0")], 2),
        (1, [recorded("x")], 3),
        (0, [recorded("x"), recorded("y")], 3),
        (0, [recorded("x"), recorded("y", status="failed")], 2),
        (0, [recorded("x"), recorded("y", qualification="StateOwnedEntity")], 2),
        (0, [recorded("x"), recorded("y", operation="update_customer_user")], 2),
        (0, [recorded("x"), recorded("y", customer_id=FABRIKAM)], 2),
    ],
)
def test_journal_and_audit_records_are_counted_once(
    tmp_path: Path, posts: int, records: list[AuditRecord], attempt: int
) -> None:
    """What both have is one; what failed, or is of something else, is none."""
    for number in range(posts):
        post(tmp_path, number)
    made = planned(tmp_path, Lists(records), RESUBMITTED)
    assert f"attempt {attempt} of 3" in message(made, "resubmission-attempt")


def test_the_fourth_is_blocked(tmp_path: Path) -> None:
    """Two of ours and one of somebody else's are three."""
    for number in range(2):
        post(tmp_path, number)
    made = planned(tmp_path, Lists([recorded("c-1"), recorded("x")]), RESUBMITTED)
    assert made.steps == ()
    assert "3 times" in message(made, "resubmission-limit")


def test_unreadable_audit_records_are_told(tmp_path: Path) -> None:
    """The journal's count stands, and it is said that there may be more."""
    for number in range(2):
        post(tmp_path, number)
    told = message(
        planned(tmp_path, Lists(error=Unavailable("down")), RESUBMITTED), "resubmission-attempt"
    )
    assert "attempt 3 of 3" in told
    assert "the audit records could not be read: down" in told


def test_a_journal_in_doubt_is_told(tmp_path: Path) -> None:
    """A plan needs no journal, so it is made all the same."""
    post(tmp_path, 0)
    (tmp_path / ".reconciler" / JOURNAL_FILE).write_text("{}\n")
    made = planned(tmp_path, Lists(), RESUBMITTED)
    assert "the journal could not be read" in message(made, "resubmission-attempt")


def test_only_customers_with_a_resubmission_are_asked_about(tmp_path: Path) -> None:
    """Everybody else costs no call."""
    lists = Lists()
    other = customer(education(), SOE, customer_id=FABRIKAM, name="fabrikam")
    planned(tmp_path, lists, RESUBMITTED, other)
    assert lists.asked == [((DAWN - timedelta(days=89)).date(), CONTOSO)]


@pytest.mark.parametrize(
    ("left", "blocked"),
    [
        ({HELD: 2}, []),
        ({HELD: 1}, ["fabrikam"]),
        ({HELD: 0}, ["contoso", "fabrikam"]),
        ({}, []),
    ],
)
def test_a_code_is_good_for_so_many(
    tmp_path: Path, left: dict[Secret, int], blocked: list[str]
) -> None:
    """In the plan's order; of a code that isn't listed nothing is known."""
    lists = Lists(left=left)
    made = planned(tmp_path, lists, *BOTH)
    rule = "validation-code-exhausted"
    assert [each.name for each in made.findings if each.rule == rule] == blocked
    assert len(made.steps) == 2 - len(blocked)
    assert lists.asked == [frozenset({HELD})]


def test_codes_are_asked_about_only_where_one_is_to_be_used(tmp_path: Path) -> None:
    """No create of GCC, or no code here: no call."""
    lists = Lists()
    planned(tmp_path, lists, customer(education()))
    planned(tmp_path, lists, customer(gcc(replace(CODE, env="NOWHERE_SET"))))
    assert lists.asked == []


@pytest.mark.parametrize("error", [AppOnlyRefused("no"), CallRefused("no"), Unavailable("no")])
def test_a_list_of_codes_that_fails_hinders_nothing(tmp_path: Path, error: ServiceError) -> None:
    """It is not checked, and the step stays."""
    made = planned(tmp_path, Lists(error=error), GOVERNED)
    assert len(made.steps) == 1
    assert "could not be checked: no" in message(made, "not-checked")
