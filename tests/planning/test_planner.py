"""Claims about whole plans: many customers, basis, order, summary, and what is unreadable."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from reconciler.model.findings import Category, Finding, Severity
from reconciler.model.plan import BasisEntry, Plan, PlanOptions, Scope, Selection, Summary
from reconciler.model.rules import rule
from reconciler.model.state import (
    CustomerAccount,
    DesiredCustomer,
    DesiredState,
    LiveCustomer,
    LiveState,
    UnreadableCustomer,
)
from reconciler.planning.planner import basis_of, customers_to_check, decide_customers, make_plan
from tests.worlds import (
    BLOCK,
    CODE,
    CONTOSO,
    FABRIKAM,
    FINE,
    NONPROFIT,
    POLICY,
    SOE,
    TARGET,
    TODAY,
    brief,
    briefs,
    customer,
    denied,
    education,
    gcc,
    live,
    names,
    plan_one,
    state_of,
    weighed,
)

GCC: Final = "GovernmentCommunityCloud"
GONE: Final = UnreadableCustomer(not_found=True, message="404: no such tenant", remedy="look")
REFUSED: Final = UnreadableCustomer(not_found=False, message="403: not your customer", remedy="")
ADATUM: Final = customer(SOE, customer_id=FABRIKAM, name="adatum")


def plan_two(first: DesiredCustomer, second: DesiredCustomer, state: LiveState) -> Plan:
    return make_plan(DesiredState((first, second)), state, PlanOptions(POLICY, TARGET, TODAY))


def both(one: LiveCustomer | UnreadableCustomer, other: LiveCustomer | None = None) -> LiveState:
    return LiveState({CONTOSO: one, FABRIKAM: other or live()})


@pytest.mark.parametrize(
    ("state", "found", "remedy"),
    [
        (GONE, "customer-not-found - customerId: unreadable error", "look"),
        (
            REFUSED,
            "customer-unreadable - customerId: unreadable error",
            rule("customer-unreadable").remedy,
        ),
    ],
)
def test_unreadable(state: UnreadableCustomer, found: str, remedy: str) -> None:
    """An unreadable customer gets no step and makes the plan incomplete; others are planned."""
    made = plan_two(customer(SOE, gcc(None)), ADATUM, both(state))
    assert weighed(made.findings) == [found]
    assert (made.findings[0].message, made.findings[0].remedy) == (state.message, remedy)
    assert [(step.name, step.qualification) for step in made.steps] == [
        ("adatum", "StateOwnedEntity")
    ]
    assert not made.complete
    assert made.summary == Summary(customers=2, steps=1, unreadable=1)
    assert set(made.basis) == {FABRIKAM}


def test_accepting_unreadable_keeps_the_plan_incomplete() -> None:
    """An accepted failure to read is an advisory, and still leaves the plan incomplete."""
    made = plan_one(customer(SOE, accept=["customer-unreadable"]), REFUSED)
    assert weighed(made.findings) == ["customer-unreadable - customerId: advisory warning"]
    assert not made.complete


def test_nothing_declared() -> None:
    """A plan without customers is a complete, empty plan."""
    options = PlanOptions(POLICY, TARGET, TODAY)
    assert make_plan(DesiredState(()), LiveState({}), options) == Plan(TARGET)


def test_in_sync() -> None:
    """A customer in sync counts by its declared qualifications and leaves no basis."""
    made = plan_one(customer(education(), SOE), live("Education Approved", "stateownedentity"))
    assert made == Plan(TARGET, summary=Summary(customers=1, in_sync=2))


def test_customers_in_order_of_names() -> None:
    """Steps and findings go by the customers' names, and within one by place."""
    contoso = customer(NONPROFIT, gcc(), SOE)
    made = plan_two(contoso, ADATUM, both(live("Charity"), live("Charity")))
    assert [(step.name, step.qualification.value) for step in made.steps] == [
        ("adatum", "StateOwnedEntity"),
        ("contoso", GCC),
        ("contoso", "StateOwnedEntity"),
    ]
    assert [(each.name, brief(each)) for each in made.findings] == [
        ("adatum", "removal-not-supported Charity qualifications"),
        ("contoso", "removal-not-supported Charity qualifications"),
        ("contoso", "nonprofit-not-settable Nonprofit 1"),
        ("contoso", f"gcc-ends-commercial-sales {GCC} 2"),
    ]
    assert made == plan_two(ADATUM, contoso, both(live("Charity"), live("Charity")))


def test_code_that_cannot_be_read_here() -> None:
    """A code that can't be read here is an advisory beside the step, never a reason to withhold."""
    desired = customer(gcc())
    state = state_of(desired, live(), FINE, [CODE])
    made = make_plan(DesiredState((desired,)), state, PlanOptions(POLICY, TARGET, TODAY))
    assert names(made.steps) == [GCC]
    assert weighed(made.findings) == [
        f"gcc-ends-commercial-sales {GCC} 1: advisory warning",
        f"validation-code-not-checked {GCC} 1: advisory warning",
    ]
    assert "env CONTOSO_CODE" in made.findings[1].message


@pytest.mark.parametrize("state", [live(GCC), live("Education")])
def test_code_of_no_step_is_not_told(state: LiveCustomer) -> None:
    """A code is wanted for a step only."""
    desired = customer(gcc())
    unread = state_of(desired, state, FINE, [CODE])
    found = make_plan(DesiredState((desired,)), unread, PlanOptions(POLICY, TARGET, TODAY)).findings
    assert "validation-code-not-checked" not in {each.rule for each in found}


def test_code_of_a_withheld_step_is_not_told() -> None:
    """What side checks withhold takes the advisory about its code along."""
    desired = customer(gcc())
    checks = replace(FINE, account_status=CustomerAccount("NotAllowed"))
    state = state_of(desired, live(), checks, [CODE])
    made = make_plan(DesiredState((desired,)), state, PlanOptions(BLOCK, TARGET, TODAY))
    assert briefs(made.findings) == [f"account-status-blocks-purchases {GCC} 1"]


@pytest.mark.parametrize(
    ("state", "basis"),
    [
        (live(), ()),
        (live("None"), ()),
        (live("none Approved"), ()),
        (
            live("stateownedentity", "EDUCATION denied"),
            (BasisEntry("Education", "Denied"), BasisEntry("StateOwnedEntity")),
        ),
        (live("Charity onHold"), (BasisEntry("Charity", "onHold"),)),
        (live(denied(), "Education InReview"), (BasisEntry("Education", "InReview"),)),
    ],
)
def test_basis(state: LiveCustomer, basis: tuple[BasisEntry, ...]) -> None:
    """The basis is every live qualification once, in one order and spelling; None is nothing."""
    assert basis_of(state) == basis
    assert basis_of(LiveCustomer(state.qualifications[::-1])) == basis


def test_basis_of_the_customers_with_steps() -> None:
    """Only customers with steps have a basis; one whose steps are withheld has none."""
    guarded = customer(SOE)
    checks = {CONTOSO: replace(FINE, account_status=CustomerAccount("NotAllowed"))}
    state = replace(both(live("Education"), live("Charity")), checks=checks)
    made = make_plan(DesiredState((guarded, ADATUM)), state, PlanOptions(BLOCK, TARGET, TODAY))
    assert made.basis == {FABRIKAM: (BasisEntry("Charity"),)}


def test_summary() -> None:
    """Every number of the summary is true."""
    contoso = customer(education(), gcc(None), SOE, NONPROFIT)
    fabrikam = replace(customer(gcc(), SOE), customer_id=FABRIKAM, name="fabrikam")
    state = LiveState({CONTOSO: live(denied()), FABRIKAM: live("StateOwnedEntity InReview")})
    assert plan_two(contoso, fabrikam, state).summary == Summary(
        customers=2,
        steps=1,
        in_sync=0,
        pending=1,
        impossible=3,
        blocked=1,
        denied=1,
        unreadable=0,
        advisory=2,
    )


def test_scope() -> None:
    """How customers were narrowed is in the plan, and its findings count with the others."""
    selection = Selection(changed_from="origin/main")
    dropped = Finding(
        "customer-dropped", Category.ADVISORY, Severity.WARNING, "gone", "", FABRIKAM, "adatum"
    )
    desired = customer(SOE)
    made = make_plan(
        DesiredState((desired,)),
        state_of(desired, live("Charity")),
        PlanOptions(POLICY, TARGET, TODAY, Scope(selection, (dropped,))),
    )
    assert made.selection == selection
    assert [each.rule for each in made.findings] == ["customer-dropped", "removal-not-supported"]
    assert made.summary.advisory == 1
    assert made.summary.customers == 1


def test_who_is_checked() -> None:
    """Side checks are for readable customers with steps only."""
    contoso = customer(SOE)
    desired = DesiredState((contoso, ADATUM))
    for state, wanted in (
        (both(live(), live()), (contoso, ADATUM)),
        (both(live(), live("StateOwnedEntity")), (contoso,)),
        (both(REFUSED), (ADATUM,)),
    ):
        decisions = decide_customers(desired, state, POLICY)
        assert customers_to_check(desired, decisions) == wanted
        options = PlanOptions(POLICY, TARGET, TODAY)
        assert make_plan(desired, state, options, decisions) == make_plan(desired, state, options)
