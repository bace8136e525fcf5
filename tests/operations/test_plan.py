"""The verb plan: the document that it makes, and its exit code."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.documents.digest import digest_of, plan_digest
from reconciler.documents.plan_model import plan_to_document
from reconciler.model.plan import Plan, Scope
from reconciler.model.policy import Policy
from reconciler.model.state import DesiredState
from reconciler.operations.plan import plan, plan_exit_code
from tests.fake_partner_center import (
    before,
)
from tests.operations.bench import (
    DOWN,
    Bench,
)
from tests.worlds import (
    CONTOSO,
    FABRIKAM,
    SOE,
    customer,
    denied,
    education,
    gcc,
    live,
    plan_one,
    vetted,
)

if TYPE_CHECKING:
    from reconciler.model.findings import Category


def test_a_plan_is_a_document_of_its_digest(bench: Bench) -> None:
    """Every customer is read once, nothing is written, and the digest is the content's."""
    document = bench.plan()
    assert [step.qualification.value for step in document.plan.steps] == [
        "Education",
        "StateOwnedEntity",
        "StateOwnedEntity",
    ]
    assert document.digest == digest_of(plan_to_document(document)) == plan_digest(document.plan)
    assert (sorted(bench.service.read_ids), bench.sent) == ([CONTOSO, FABRIKAM], [])
    assert not bench.journal.parent.exists()


def test_only_customers_with_steps_are_checked(bench: Bench) -> None:
    """Side checks are asked where there is something to send."""
    bench.policy = Policy()
    bench.service.put(FABRIKAM, vetted("StateOwnedEntity"))
    bench.plan()
    assert sorted(bench.service.checked) == ["account status", "agreement"]


def test_an_unreadable_customer_leaves_the_plan_incomplete(bench: Bench) -> None:
    """One that can't be read is a finding; the others are planned."""
    bench.service.reads.append(before(DOWN))
    made = bench.plan().plan
    assert not made.complete
    assert [finding.rule for finding in made.findings] == ["customer-unreadable"]
    assert len(made.steps) in (1, 2)


def test_a_code_that_is_not_here_is_told(bench: Bench) -> None:
    """A plan where no codes are has the step, and says that its code wasn't checked."""
    bench.customers = (customer(gcc()),)
    run = replace(bench.run, environ={})
    made = asyncio.run(plan(DesiredState(bench.customers), Scope(), run)).plan
    assert len(made.steps) == 1
    assert "validation-code-not-checked" in {finding.rule for finding in made.findings}


WAITING: Final = plan_one(customer(SOE), live())
DENIED: Final = plan_one(customer(education(), SOE), live(denied()))
FAIL_ON: Final = Policy().fail_on


@pytest.mark.parametrize(
    ("made", "fail_on", "detailed", "code"),
    [
        (WAITING, FAIL_ON, False, 0),
        (WAITING, FAIL_ON, True, 2),
        (DENIED, FAIL_ON, True, 3),
        (DENIED, frozenset(), True, 2),
        (replace(DENIED, complete=False), FAIL_ON, True, 1),
        (plan_one(customer(), live()), FAIL_ON, True, 0),
    ],
)
def test_the_exit_code_of_a_plan(
    made: Plan, fail_on: frozenset[Category], code: int, *, detailed: bool
) -> None:
    """1 beats 3 beats 2, and 2 is for those who ask for it."""
    assert plan_exit_code(made, fail_on, detailed=detailed) == code
