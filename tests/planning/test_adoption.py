"""What is live, declared: planning right after finds nothing to do and nothing impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given

from reconciler.model.findings import Category
from reconciler.model.plan import PlanOptions
from reconciler.model.policy import Policy
from reconciler.model.state import DesiredState, LiveState, Qualification
from reconciler.planning.adoption import adopt, undeclared
from reconciler.planning.planner import make_plan
from tests.worlds import (
    CLAIM,
    CONTOSO,
    SOE,
    TARGET,
    TODAY,
    any_live,
    customer,
    denied,
    education,
    gcc,
    live,
)

if TYPE_CHECKING:
    from reconciler.model.state import LiveCustomer

OPTIONS = PlanOptions(Policy(), TARGET, TODAY)
RIVALS = {"Education", "GovernmentCommunityCloud"}


def names(customer_live: LiveCustomer) -> list[str]:
    adoption = adopt(CONTOSO, "contoso", None, customer_live)
    return [entry.qualification.value for entry in adoption.customer.qualifications]


@CLAIM
@given(any_live)
def test_planning_right_after_has_nothing_to_do(customer_live: LiveCustomer) -> None:
    """No step, and nothing impossible: but for Education with GCC, which the service refuses."""
    held = {each.qualification for each in customer_live.distinct if each.held}
    assume(not {each.casefold() for each in RIVALS} <= {each.casefold() for each in held})
    desired = DesiredState((adopt(CONTOSO, "contoso", None, customer_live).customer,))
    plan = make_plan(desired, LiveState({CONTOSO: customer_live}), OPTIONS)
    assert plan.steps == ()
    assert Category.IMPOSSIBLE not in {finding.category for finding in plan.findings}


def test_a_denial_is_declared() -> None:
    """So that every plan tells it, until somebody decides what to do."""
    assert names(live(denied())) == ["Education"]


def test_none_is_nothing() -> None:
    """Both ways in which the service says that there is none."""
    assert names(live("None")) == names(live()) == []


def test_a_denied_education_beside_gcc_is_a_note() -> None:
    """Declared together they are impossible, and the denied one isn't held."""
    adoption = adopt(CONTOSO, "contoso", None, live(denied(), "GovernmentCommunityCloud"))
    assert [e.qualification for e in adoption.customer.qualifications] == [Qualification.GCC]
    assert any("Education, vettingStatus Denied" in note for note in adoption.notes)


def test_a_stranger_is_a_note_and_accepted() -> None:
    """What a manifest can't say must not make every plan fail."""
    adoption = adopt(CONTOSO, "contoso", None, live("Charity", "StateOwnedEntity"))
    assert [each.rule for each in adoption.customer.accept] == ["removal-not-supported"]
    assert any("Charity" in note for note in adoption.notes)


def test_what_the_service_never_tells_is_a_note() -> None:
    """Segment, website and code can't be read back."""
    assert "educationSegment" in adopt(CONTOSO, "c", None, live("Education Approved")).notes[0]
    assert "code" in adopt(CONTOSO, "c", None, live("GovernmentCommunityCloud")).notes[0]


def test_undeclared_is_what_is_held_and_could_be_said() -> None:
    """Not what is denied, and not what is declared."""
    assert undeclared(customer(education()), live("Education Approved", "StateOwnedEntity")) == (
        Qualification.SOE,
    )
    assert undeclared(customer(SOE), live(denied(), "StateOwnedEntity")) == ()
    assert undeclared(customer(gcc()), live("Charity")) == ()
