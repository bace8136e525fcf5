"""What a manifest accepts advises, for that rule, for that customer, and until that day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.findings import Category, Severity
from reconciler.model.plan import PlanOptions
from reconciler.model.rules import PLAN_RULES, rule
from reconciler.model.state import Acceptance, DesiredState
from reconciler.planning.acceptance import with_acceptances
from reconciler.planning.findings import make_finding
from reconciler.planning.planner import make_plan
from tests.worlds import NONPROFIT, POLICY, SOE, TARGET, TODAY, customer, live, state_of

if TYPE_CHECKING:
    from reconciler.model.findings import Finding

END: Final = date(2027, 3, 31)
DENIED: Final = "vetting-denied"


def accepted(*acceptances: Acceptance, today: date = TODAY, rule_id: str = DENIED) -> Finding:
    """What becomes of a finding of one customer that accepts these."""
    accepting = replace(customer(SOE), accept=frozenset(acceptances))
    found = make_finding(rule_id, accepting, "it was denied", source=accepting.source)
    (left,) = with_acceptances(accepting, [found], today)
    return left


@pytest.mark.parametrize("rule_id", sorted(PLAN_RULES))
def test_what_is_accepted_advises(rule_id: str) -> None:
    """Each rule that a plan raises can be accepted: its findings are advisories, and shown."""
    found = accepted(Acceptance(rule_id), rule_id=rule_id)
    assert (found.category, found.severity) == (Category.ADVISORY, Severity.WARNING)
    assert (found.message, found.remedy) == ("it was denied", rule(rule_id).remedy)


def test_only_its_rule() -> None:
    """Accepting one rule leaves the findings of the others as they are."""
    assert accepted(Acceptance("removal-not-supported")).category is Category.DENIED


@pytest.mark.parametrize(
    ("days_left", "category", "message"),
    [
        (15, "advisory", "; accepted until 2027-03-31 (contract ends)"),
        (14, "advisory", "; accepted only until 2027-03-31 (contract ends), then it counts again"),
        (0, "advisory", "; accepted only until 2027-03-31 (contract ends), then it counts again"),
        (-1, "denied", "; it was accepted until 2027-03-31 (contract ends) and counts again"),
    ],
)
def test_until(days_left: int, category: str, message: str) -> None:
    """It holds to the end of its day, is warned of for 14 days, and then counts and says so."""
    today = END - timedelta(days=days_left)
    found = accepted(Acceptance(DENIED, END, "contract ends"), today=today)
    assert found.category == category
    assert found.message == "it was denied" + message
    warned = "write a later `until`" in found.remedy
    assert warned == (0 <= days_left <= 14)


def test_a_reason_is_shown() -> None:
    """Whoever reads the plan reads why a finding is accepted, whether that ends or not."""
    assert accepted(Acceptance(DENIED, reason="known")).message == "it was denied; accepted (known)"


def test_the_longest_holds() -> None:
    """Of two acceptances of one rule, the one that ends later or never holds."""
    ended = Acceptance(DENIED, TODAY - timedelta(days=1))
    assert accepted(ended, Acceptance(DENIED)).category is Category.ADVISORY
    assert accepted(ended, Acceptance(DENIED, END)).category is Category.ADVISORY


@pytest.mark.parametrize(("days", "impossible"), [(0, 0), (1, 1)])
def test_a_plan_goes_by_its_day(days: int, impossible: int) -> None:
    """A plan made the day after counts again what it had accepted, its summary too."""
    ending = Acceptance("nonprofit-not-settable", END)
    desired = replace(customer(NONPROFIT), accept=frozenset({ending}))
    options = PlanOptions(POLICY, TARGET, END + timedelta(days=days))
    made = make_plan(DesiredState((desired,)), state_of(desired, live()), options)
    assert (made.summary.impossible, made.summary.advisory) == (impossible, 1 - impossible)
