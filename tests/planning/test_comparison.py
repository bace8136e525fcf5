"""What moved between two plans, told by step and by live qualification."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model.plan import PlanOptions, Target
from reconciler.model.policy import Policy
from reconciler.model.state import DesiredState, LiveState
from reconciler.planning.comparison import compare_plans
from reconciler.planning.planner import make_plan
from tests.worlds import CODE, CONTOSO, K12, SOE, TARGET, TODAY, customer, education, live

if TYPE_CHECKING:
    from reconciler.model.plan import Plan
    from reconciler.model.state import DesiredQualification, LiveCustomer


def plan(state: LiveCustomer, *entries: DesiredQualification) -> Plan:
    desired = DesiredState((customer(*entries),))
    return make_plan(desired, LiveState({CONTOSO: state}), PlanOptions(Policy(), TARGET, TODAY))


def test_nothing_moved() -> None:
    """The same plan has the same digest, and nothing to tell."""
    made = plan(live(), education())
    assert compare_plans(made, made) == ()


def test_steps_that_came_and_went() -> None:
    """In the order of the steps, by name and qualification."""
    told = compare_plans(plan(live(), education()), plan(live(), SOE))
    assert told == (
        "contoso Education: was a step, is none now",
        "contoso StateOwnedEntity: is a step now, was none",
    )


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"education_segment": K12}, {}, "educationSegment was K12, is absent"),
        ({"website": "a.edu"}, {"website": "b.edu"}, "website was a.edu, is b.edu"),
        ({}, {"validation_code_from": CODE}, f"validationCodeFrom was absent, is {CODE}"),
    ],
)
def test_a_step_that_asks_for_something_else(
    before: dict[str, Any], after: dict[str, Any], change: str
) -> None:
    """Each particular that differs, under the wire's name."""
    made = plan(live(), SOE)
    was, now = (
        replace(made, steps=tuple(replace(step, **given) for step in made.steps))
        for given in (before, after)
    )
    assert compare_plans(was, now) == (f"contoso StateOwnedEntity: {change}",)


def test_the_ground_of_a_step_that_moved() -> None:
    """A live qualification beside the step: what it was, and what it is."""
    before = plan(live("Education InReview"), education(), SOE)
    after = plan(live("Education Approved"), education(), SOE)
    assert compare_plans(before, after) == ("contoso: live Education was InReview, is Approved",)
    unvetted = plan(live("Education"), SOE)
    assert compare_plans(plan(live(), SOE), unvetted) == (
        "contoso: live Education was absent, is held",
    )
    gone = plan(live(), SOE)
    held = replace(gone, basis={CONTOSO: before.basis[CONTOSO]})
    assert compare_plans(held, gone) == ("contoso: live Education was InReview, is absent",)


def test_another_target() -> None:
    """The first thing to know."""
    made = plan(live(), SOE)
    moved = replace(made, target=Target("https://elsewhere.example"))
    assert compare_plans(made, moved) == ("the target was emulator, is https://elsewhere.example",)
