"""What the service's own limits leave no room for is withheld, and what is near one is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.plan import PlanOptions
from reconciler.model.state import DesiredState, NotChecked, Verifications
from reconciler.planning.planner import make_plan
from tests.worlds import (
    CODE,
    CONTOSO,
    DENIED_ON,
    SKIP,
    SOE,
    TARGET,
    TODAY,
    briefs,
    customer,
    denied,
    education,
    gcc,
    live,
    names,
    state_of,
)

if TYPE_CHECKING:
    from reconciler.model.plan import Plan
    from reconciler.model.state import LiveState

RESUBMITTED: Final = customer(education(resubmit=DENIED_ON), SOE)
GOVERNED: Final = customer(gcc(), SOE)
KEY: Final = (CONTOSO, CODE)
ATTEMPT: Final = "resubmission-attempt Education 1"


def resubmit(made: Verifications | None) -> Plan:
    state = state_of(RESUBMITTED, live(denied()))
    if made is not None:
        state = replace(state, verifications={CONTOSO: made})
    return make_plan(DesiredState((RESUBMITTED,)), state, PlanOptions(SKIP, TARGET, TODAY))


def govern(**of_state: object) -> Plan:
    state: LiveState = replace(state_of(GOVERNED, live()), **of_state)  # type: ignore[arg-type]  # any field
    return make_plan(DesiredState((GOVERNED,)), state, PlanOptions(SKIP, TARGET, TODAY))


@pytest.mark.parametrize(
    ("known", "attempt"), [(0, "attempt 2 of 3"), (1, "attempt 2 of 3"), (2, "attempt 3 of 3")]
)
def test_the_plan_says_which_attempt_it_is(known: int, attempt: str) -> None:
    """The denial itself is the answer to one, whoever asked for it."""
    made = resubmit(Verifications(known))
    [finding] = made.findings
    assert (briefs([finding]), names(made.steps)) == ([ATTEMPT], ["Education", "StateOwnedEntity"])
    assert attempt in finding.message


@pytest.mark.parametrize("known", [3, 4])
def test_the_fourth_is_withheld(known: int) -> None:
    """And nothing else of the customer."""
    made = resubmit(Verifications(known))
    assert briefs(made.findings) == ["resubmission-limit Education 1"]
    assert names(made.steps) == ["StateOwnedEntity"]


def test_what_could_not_be_counted_is_told() -> None:
    """It is never taken for more, nor for less than is known."""
    made = resubmit(Verifications(2, "the audit records could not be read: 500"))
    assert "attempt 3 of 3" in made.findings[0].message
    assert "the audit records could not be read: 500" in made.findings[0].message


def test_nothing_counted_is_nothing_said() -> None:
    """A plan against a snapshot asks nobody."""
    assert resubmit(None).findings == ()


def test_a_code_with_creates_left_changes_nothing() -> None:
    """The steps and what is told of them stay as they are."""
    assert briefs(govern().findings) == ["gcc-ends-commercial-sales GovernmentCommunityCloud 1"]


def test_an_exhausted_code_withholds_its_create_and_what_waits_for_it() -> None:
    """SOE first could bar GCC for good; what was told of the create goes with it."""
    made = govern(exhausted_codes=frozenset({KEY}))
    assert made.steps == ()
    assert sorted(briefs(made.findings)) == [
        "validation-code-exhausted GovernmentCommunityCloud 1",
        "waits-for-gcc StateOwnedEntity 2",
    ]


def test_a_list_of_codes_that_fails_is_told() -> None:
    """The create goes on: the service says no to a code that is used up."""
    made = govern(code_uses=NotChecked("403"))
    assert len(made.steps) == 2
    assert "not-checked GovernmentCommunityCloud 1" in briefs(made.findings)


def test_a_code_that_is_not_here_is_not_checked() -> None:
    """There is nothing to compare, and that is told already."""
    made = govern(code_uses=NotChecked("403"), unreadable_codes=frozenset({KEY}))
    rules = {finding.rule for finding in made.findings}
    assert rules == {"validation-code-not-checked", "gcc-ends-commercial-sales"}
