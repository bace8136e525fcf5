"""Claims that hold for every world: whatever is declared, live, permitted and answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from reconciler.documents.digest import plan_digest
from reconciler.model.findings import Category
from reconciler.model.policy import CREATABLE
from reconciler.model.rules import PLAN_RULES
from reconciler.model.state import Acceptance, DesiredState, LiveCustomer, LiveState, Qualification
from tests.worlds import CLAIM, World, come_true, worlds

if TYPE_CHECKING:
    from reconciler.model.plan import Plan, Step
    from reconciler.model.state import CustomerId, DesiredCustomer, DesiredQualification

EXCLUSIVE = {Qualification.EDUCATION, Qualification.GCC}
AFTERWARDS = st.sampled_from([None, "Approved", "InReview", "inreview", "OnHold"])


def readable(world: World, customer_id: CustomerId) -> LiveCustomer:
    state = world.live.customers[customer_id]
    assert isinstance(state, LiveCustomer)
    return state


@CLAIM
@given(worlds(), AFTERWARDS)
def test_applied_plan_leaves_nothing_to_do(world: World, status: str | None) -> None:
    """Planning against the state that the steps make gives no steps."""
    assert come_true(world, world.plan.steps, status).plan.steps == ()


@CLAIM
@given(worlds(), AFTERWARDS, st.data())
def test_half_applied_plan_leaves_the_rest(
    world: World, status: str | None, data: st.DataObject
) -> None:
    """Whichever of the steps came true, planning again gives exactly the others."""
    steps = world.plan.steps
    done = [step for step in steps if data.draw(st.booleans())]
    rest = tuple(step for step in steps if step not in done)
    assert come_true(world, done, status).plan.steps == rest


@CLAIM
@given(worlds())
def test_steps_are_permitted_creates(world: World) -> None:
    """Steps are complete, permitted creates of declared entries, and nothing else."""
    declared = {each.customer_id: each for each in world.desired.customers}
    for step in world.plan.steps:
        assert step.qualification in CREATABLE & world.policy.permit
        assert step.source in {e.source for e in declared[step.customer_id].qualifications}
        if step.qualification is Qualification.EDUCATION:
            assert step.education_segment is not None
        if step.qualification is Qualification.GCC:
            assert step.validation_code_from is not None


@CLAIM
@given(worlds())
def test_no_step_for_what_is_held(world: World) -> None:
    """Nothing that the customer has is created; a denial is only where it is named exactly."""
    for step in world.plan.steps:
        entries = [
            entry
            for entry in readable(world, step.customer_id).qualifications
            if entry.qualification.casefold() == step.qualification.casefold()
        ]
        assert not any(entry.held for entry in entries)
        dates = [entry.vetting_created for entry in entries]
        assert step.resubmit_denial_of == (max(filter(None, dates)) if entries else None)


@CLAIM
@given(worlds())
def test_never_education_with_gcc(world: World) -> None:
    """No customer gets both, nor the one where it has the other."""
    for step in world.plan.steps:
        if step.qualification in EXCLUSIVE:
            (rival,) = EXCLUSIVE - {step.qualification}
            others = {s.qualification for s in world.plan.steps if same(s, step)}
            assert rival not in others
            found = readable(world, step.customer_id).find(rival)
            assert found is None or found.denied


def same(step: Step, other: Step) -> bool:
    return step.customer_id == other.customer_id


@CLAIM
@given(worlds(), st.data())
def test_order_never_matters(world: World, data: st.DataObject) -> None:
    """Any order of customers, entries and live answers gives the same plan and digest."""
    shuffled = shuffle(world, data)
    assert shuffled.plan == world.plan
    assert plan_digest(shuffled.plan) == plan_digest(world.plan)


def shuffle(world: World, data: st.DataObject) -> World:
    customers = tuple(
        replace(each, qualifications=tuple(data.draw(st.permutations(each.qualifications))))
        for each in data.draw(st.permutations(world.desired.customers))
    )
    states = {
        customer_id: LiveCustomer(tuple(data.draw(st.permutations(state.qualifications))))
        if isinstance(state, LiveCustomer)
        else state
        for customer_id, state in data.draw(st.permutations([*world.live.customers.items()]))
    }
    checks = dict(data.draw(st.permutations([*world.live.checks.items()])))
    live = LiveState(states, checks, world.live.unreadable_codes)
    return World(DesiredState(customers), live, world.policy)


@CLAIM
@given(worlds())
def test_steps_keep_their_order(world: World) -> None:
    """Customers go by name, and within one Education or GCC comes before SOE."""
    late = [(step.name, step.qualification is Qualification.SOE) for step in world.plan.steps]
    assert late == sorted(late)


@CLAIM
@given(worlds())
def test_nothing_declared_goes_missing(world: World) -> None:
    """What is declared and absent is a step, or a finding says why not."""
    plan = world.plan
    for customer in world.desired.customers:
        state = world.live.customers[customer.customer_id]
        for entry in customer.qualifications:
            absent = not isinstance(state, LiveCustomer) or state.find(entry.qualification) is None
            if entry.qualification in CREATABLE and absent:
                assert stepped(plan, customer, entry) or accounted(plan, customer, entry)


def stepped(plan: Plan, customer: DesiredCustomer, entry: DesiredQualification) -> bool:
    return any(
        (step.customer_id, step.source) == (customer.customer_id, entry.source)
        for step in plan.steps
    )


def accounted(plan: Plan, customer: DesiredCustomer, entry: DesiredQualification) -> bool:
    """Find a finding of the entry or the whole customer; the sign-in's is of nobody."""
    sign_in = Category.BLOCKED
    return any(
        each.source == entry.source
        if each.qualification is not None
        else each.customer_id == customer.customer_id
        or (each.customer_id is None and each.category is sign_in)
        for each in plan.findings
        if each.customer_id in (customer.customer_id, None)
    )


@CLAIM
@given(worlds())
def test_summary_is_true(world: World) -> None:
    """The summary counts what is there; each declared qualification at most once as in sync."""
    plan = world.plan
    counts = Counter(finding.category for finding in plan.findings)
    summary = plan.summary
    assert summary.customers == len(world.desired.customers)
    assert summary.steps == len(plan.steps)
    assert {category: getattr(summary, category.value) for category in Category} == {
        category: counts[category] for category in Category
    }
    assert summary.in_sync == sum(
        in_sync(entry, state)
        for customer in world.desired.customers
        if isinstance(state := world.live.customers[customer.customer_id], LiveCustomer)
        for entry in customer.qualifications
    )


def in_sync(entry: DesiredQualification, state: LiveCustomer) -> bool:
    found = state.find(entry.qualification)
    if found is None or entry.qualification is Qualification.NONE:
        return False
    status = found.vetting_status
    return (
        entry.qualification is Qualification.NONPROFIT
        or status is None
        or status.casefold() == "approved"
    )


@CLAIM
@given(worlds())
def test_basis_has_the_customers_with_steps(world: World) -> None:
    """The basis holds exactly the customers that have steps, and all that is live of them."""
    plan = world.plan
    assert set(plan.basis) == {step.customer_id for step in plan.steps}
    for customer_id, entries in plan.basis.items():
        live = {q.qualification.casefold() for q in readable(world, customer_id).qualifications}
        assert {entry.qualification.casefold() for entry in entries} == live - {"none"}


@CLAIM
@given(worlds())
def test_complete_means_all_were_read(world: World) -> None:
    """A plan is complete exactly where every customer could be read."""
    states = world.live.customers.values()
    assert world.plan.complete == all(isinstance(state, LiveCustomer) for state in states)


@CLAIM
@given(worlds(), st.frozensets(st.sampled_from(sorted(PLAN_RULES))))
def test_accepting_never_changes_what_is_done(world: World, rules: frozenset[str]) -> None:
    """Accepting any rules leaves steps, digest and the findings' places as they are."""
    customers = tuple(
        replace(each, accept=each.accept | {*map(Acceptance, rules)})
        for each in world.desired.customers
    )
    accepting = replace(world, desired=DesiredState(customers)).plan
    plan = world.plan
    assert accepting.steps == plan.steps
    assert plan_digest(accepting) == plan_digest(plan)
    assert [(f.rule, f.source) for f in accepting.findings] == [
        (f.rule, f.source) for f in plan.findings
    ]


@CLAIM
@given(worlds(), st.frozensets(st.sampled_from(sorted(CREATABLE))))
def test_narrowing_permit_never_adds(world: World, narrower: frozenset[Qualification]) -> None:
    """With fewer creates permitted there are only fewer steps."""
    policy = replace(world.policy, permit=world.policy.permit & narrower)
    assert set(replace(world, policy=policy).plan.steps) <= set(world.plan.steps)


@CLAIM
@given(worlds())
def test_side_checks_only_withhold(world: World) -> None:
    """No answer of a side check adds a step or changes one."""
    unchecked = replace(world, live=replace(world.live, checks={})).plan
    assert set(world.plan.steps) <= set(unchecked.steps)


@CLAIM
@given(worlds())
def test_customers_are_independent(world: World) -> None:
    """Each customer's steps are those of a plan for it alone: shards add up to the whole."""
    alone = [
        step
        for each in world.desired.customers
        for step in replace(world, desired=DesiredState((each,))).plan.steps
    ]
    assert sorted(alone, key=str) == sorted(world.plan.steps, key=str)
