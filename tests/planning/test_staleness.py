"""Claims about what moved since a plan: its own steps coming true are no move, the rest is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import Step
from reconciler.model.policy import CREATABLE, Policy
from reconciler.model.state import (
    CodeReference,
    EducationSegment,
    LiveCustomer,
    LiveQualification,
    Qualification,
)
from reconciler.planning.planner import basis_of
from reconciler.planning.staleness import (
    Drift,
    Grounds,
    Held,
    Judgement,
    Moved,
    Send,
    describe_drift,
    find_drift,
    find_held,
    judge,
)
from tests.worlds import (
    CLAIM,
    CONTOSO,
    DENIED_ON,
    FABRIKAM,
    LATER,
    NONE,
    POLICY,
    SOE,
    World,
    created,
    customer,
    denied,
    education,
    gcc,
    live,
    plan_one,
    vetted,
    worlds,
)

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.model.plan import Plan
    from reconciler.model.state import CustomerId, DesiredCustomer

CREATE: Final = Step(CONTOSO, "contoso", Qualification.EDUCATION)
RESUBMIT: Final = replace(CREATE, resubmit_denial_of=DENIED_ON)
DENIED_TEXT: Final = "2025-11-03T09:30:00.885Z"
SECOND: Final = timedelta(seconds=1)


def move_of(desired: DesiredCustomer, before: LiveCustomer, after: LiveCustomer) -> Drift | None:
    plan = plan_one(desired, before)
    assert plan.steps
    return find_drift(plan.basis[desired.customer_id], plan.steps, after)


@pytest.mark.parametrize(
    ("step", "after", "held"),
    [
        (CREATE, live(), False),
        (CREATE, live("None"), False),
        (CREATE, live("StateOwnedEntity"), False),
        (CREATE, live("EDUCATION"), True),
        (CREATE, live("Education InReview"), True),
        (CREATE, live("Education OnHold"), True),
        (CREATE, live(denied()), False),
        (RESUBMIT, live(), False),
        (RESUBMIT, live(denied()), False),
        (RESUBMIT, live(denied(DENIED_ON - SECOND)), False),
        (RESUBMIT, live(denied(LATER)), True),
        (RESUBMIT, live(denied(None)), False),
        (RESUBMIT, live("Education Approved"), True),
        (RESUBMIT, live(vetted("Education InReview", LATER)), True),
        (RESUBMIT, live(vetted("Education InReview", DENIED_ON)), True),
        (RESUBMIT, live(vetted("Education Approved", DENIED_ON - SECOND)), True),
    ],
)
def test_held(step: Step, after: LiveCustomer, held: bool) -> None:
    """Held is what is live and not denied; for a resubmission also a later denial."""
    assert (find_held(step, after) is not None) is held


GCC: Final = "GovernmentCommunityCloud"
FIRST: Final = customer(gcc(), SOE)
AGAIN: Final = customer(education(resubmit=DENIED_ON), SOE)


@pytest.mark.parametrize(
    ("desired", "before", "after"),
    [
        (FIRST, live(), live()),
        (FIRST, live(), live("None")),
        (FIRST, live("None"), live()),
        (FIRST, live(), live(GCC)),
        (FIRST, live(), live("STATEOWNEDENTITY")),
        (FIRST, live("none"), live("StateOwnedEntity", f"{GCC} InReview")),
        (FIRST, live("Charity", "education denied"), live("Education DENIED", "charity", GCC)),
        (FIRST, live("Charity onHold"), live("Charity ONHOLD")),
        (AGAIN, live(denied()), live(denied())),
        (AGAIN, live(denied()), live(vetted("Education InReview", LATER))),
        (AGAIN, live(denied()), live(vetted("Education InReview", DENIED_ON))),
        (AGAIN, live(denied()), live("Education Approved", "StateOwnedEntity")),
        (AGAIN, live(denied()), live(denied(LATER))),
        (AGAIN, live(denied()), live(denied(), vetted("Education InReview", LATER))),
    ],
)
def test_no_move(desired: DesiredCustomer, before: LiveCustomer, after: LiveCustomer) -> None:
    """The same state in another order or case, and own steps come true, are no move."""
    assert move_of(desired, before, after) is None


@pytest.mark.parametrize(
    ("desired", "before", "after", "explained"),
    [
        (FIRST, live(), live("Charity"), "Charity has appeared"),
        (FIRST, live("Charity"), live(), "Charity is gone"),
        (FIRST, live("Charity"), live(GCC), "Charity is gone"),
        (FIRST, live("Charity"), live("Nonprofit"), "Charity is gone; Nonprofit has appeared"),
        (
            FIRST,
            live("Education Denied"),
            live("Education Approved"),
            "Education: vettingStatus was Denied, is Approved",
        ),
        (
            FIRST,
            live("Charity"),
            live("Charity OnHold", "Education"),
            "Charity: vettingStatus was absent, is OnHold; Education has appeared",
        ),
        (FIRST, live(), live(f"{GCC} Denied"), f"{GCC} has appeared"),
        (AGAIN, live(denied()), live(), "Education is gone"),
        (
            AGAIN,
            live(denied()),
            live(denied(DENIED_ON - SECOND)),
            f"Education: vettingCreatedDate was {DENIED_TEXT}, is 2025-11-03T09:29:59.885Z",
        ),
        (
            AGAIN,
            live(denied()),
            live(denied(None)),
            f"Education: vettingCreatedDate was {DENIED_TEXT}, is absent",
        ),
    ],
)
def test_move(
    desired: DesiredCustomer, before: LiveCustomer, after: LiveCustomer, explained: str
) -> None:
    """Anything else is a move, and what moved is named, field by field."""
    move = move_of(desired, before, after)
    assert move is not None
    assert describe_drift(move) == explained


def test_explains_in_one_order() -> None:
    """Several moves are told in one order."""
    one: dict[str, str | None] = {"vettingStatus": None}
    move = Drift({"B": one, "A": one}, {"D": one, "C": one})
    assert describe_drift(move) == "A is gone; B is gone; C has appeared; D has appeared"


@CLAIM
@given(worlds(), st.data())
def test_own_steps_never_move(world: World, data: st.DataObject) -> None:
    """Whichever of a plan's steps have come true, in whatever status is held: nothing moved."""
    plan = world.plan
    for customer_id, steps in by_customer(plan).items():
        state = world.live.customers[customer_id]
        assert isinstance(state, LiveCustomer)
        for step in steps:
            if data.draw(st.booleans()):
                status = data.draw(st.sampled_from([None, "Approved", "inreview", "OnHold"]))
                state = created(state, step, status)
        shuffled = LiveCustomer(tuple(data.draw(st.permutations(state.qualifications))))
        assert find_drift(plan.basis[customer_id], steps, shuffled) is None


def by_customer(plan: Plan) -> dict[CustomerId, list[Step]]:
    return {each: [s for s in plan.steps if s.customer_id == each] for each in plan.basis}


NAMES: Final = ["Education", GCC, "StateOwnedEntity", "Nonprofit", "Charity"]
CHANGED: Final = ["Approved", "InReview", "Denied", "OnHold", None]


@CLAIM
@given(worlds(), st.sampled_from(NAMES), st.sampled_from(CHANGED), st.booleans())
def test_everything_else_moves(world: World, name: str, status: str | None, gone: bool) -> None:
    """Any other appearance, loss or change of status is a move that can be explained."""
    plan = world.plan
    for customer_id, steps in by_customer(plan).items():
        state = world.live.customers[customer_id]
        assert isinstance(state, LiveCustomer)
        if name in {step.qualification.value for step in steps}:
            continue
        after = changed(state, name, status, None if gone else LATER)
        if basis_of(after) != basis_of(state):
            move = find_drift(plan.basis[customer_id], steps, after)
            assert move is not None
            assert name in describe_drift(move)


def changed(
    state: LiveCustomer, name: str, status: str | None, at: datetime | None
) -> LiveCustomer:
    kept = [e for e in state.qualifications if e.qualification.casefold() != name.casefold()]
    new = [] if at is None else [LiveQualification(name, status, None, at)]
    return LiveCustomer((*kept, *new))


K12_STEP: Final = customer(education())
NO_LONGER: Final = "the manifests no longer declare this Education as planned; plan again"
UNDECLARED: Final = "the manifests no longer declare this customer; plan again"


def left_out(
    planned: DesiredCustomer,
    now: DesiredCustomer | None,
    policy: Policy = POLICY,
    state: LiveCustomer | None = None,
) -> str | None:
    """Plan for one manifest, then ask without a read, with the manifest as it is now."""
    state = state or live()
    plan = plan_one(planned, state)
    (step,) = plan.steps
    customer_now = now if now and now.customer_id == step.customer_id else None
    judged = judge(step, Grounds(plan.steps, basis_of(state), customer_now, policy), None)
    return judged.because if isinstance(judged, Moved) else None


@pytest.mark.parametrize(
    "now",
    [
        customer(education()),
        customer(SOE, education()),
        customer(education(), name="renamed", domain="contoso.example", accept=["not-checked"]),
        customer(education(resubmit=DENIED_ON)),
    ],
)
def test_still_declared(now: DesiredCustomer) -> None:
    """A step that the manifest still asks for stays, wherever it stands there."""
    assert left_out(K12_STEP, now) is None


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (None, UNDECLARED),
        (customer(education(), customer_id=FABRIKAM), UNDECLARED),
        (customer(), NO_LONGER),
        (customer(NONE), NO_LONGER),
        (customer(SOE), NO_LONGER),
        (customer(education(EducationSegment.HIGHER_EDUCATION)), NO_LONGER),
        (customer(education(None)), NO_LONGER),
        (customer(replace(education(), website="contoso.edu")), NO_LONGER),
    ],
)
def test_no_longer_declared(now: DesiredCustomer | None, reason: str) -> None:
    """A step that the manifests no longer declare just so is left out, and the reason told."""
    assert left_out(K12_STEP, now) == reason


@pytest.mark.parametrize("code", [None, CodeReference(env="OTHER"), CodeReference(file="code")])
def test_code_from_elsewhere(code: CodeReference | None) -> None:
    """A GCC step whose code is now said to be elsewhere is left out."""
    reason = "the manifests no longer declare this GovernmentCommunityCloud as planned; plan again"
    assert left_out(customer(gcc()), customer(gcc(code))) == reason
    assert left_out(customer(gcc()), customer(gcc())) is None


@pytest.mark.parametrize("approved", [None, DENIED_ON + timedelta(microseconds=1)])
def test_resubmission_no_longer_approved(approved: datetime | None) -> None:
    """A resubmission needs the approval of that very denial to stand still."""
    planned = customer(education(resubmit=DENIED_ON))
    assert left_out(planned, planned, state=live(denied())) is None
    now = customer(education(resubmit=approved))
    assert left_out(planned, now, state=live(denied())) == NO_LONGER


def test_no_longer_permitted() -> None:
    """A step that policy no longer permits is left out."""
    policy = Policy(permit=CREATABLE - {Qualification.EDUCATION})
    assert left_out(K12_STEP, K12_STEP, policy) == "policy.permit no longer holds Education"


RESUBMITTING: Final = customer(education(resubmit=DENIED_ON))
LAGGING: Final = (
    "what the service tells lags behind: it lacks StateOwnedEntity, which an earlier run created; "
    "run again later"
)
NO_LONGER_GIVEN: Final = "the manifest and what is live no longer give this step; plan again"


@pytest.mark.parametrize(
    ("planned", "before", "after", "sent", "judged"),
    [
        (K12_STEP, live(), live(), False, Send()),
        (K12_STEP, live(), live("Education"), False, Held(vetted("Education"))),
        (K12_STEP, live(), live(denied()), True, Held(denied())),
        (
            K12_STEP,
            live(),
            live(denied()),
            False,
            Moved("the customer moved since the plan: Education has appeared; plan again"),
        ),
        (RESUBMITTING, live(denied()), live(denied()), True, Send()),
        (
            RESUBMITTING,
            live(denied()),
            live(vetted("Education InReview", DENIED_ON)),
            True,
            Held(vetted("Education InReview", DENIED_ON)),
        ),
        (
            RESUBMITTING,
            live(denied()),
            live(),
            False,
            Moved("the customer moved since the plan: Education is gone; plan again"),
        ),
    ],
)
def test_one_answer(
    planned: DesiredCustomer,
    before: LiveCustomer,
    after: LiveCustomer,
    judged: Judgement,
    *,
    sent: bool,
) -> None:
    """Send, held already or moved; after a create that may have happened a denial answers it."""
    plan = plan_one(planned, before)
    grounds = Grounds(plan.steps, plan.basis[CONTOSO], planned, POLICY)
    assert judge(plan.steps[0], grounds, after, sent=sent) == judged


def test_a_read_that_lacks_what_is_known_done_is_too_old() -> None:
    """What an earlier run saw created has to show before anything is sent on a read."""
    plan = plan_one(K12_STEP, live())
    done = Step(CONTOSO, "contoso", Qualification.SOE)
    grounds = Grounds(plan.steps, plan.basis[CONTOSO], K12_STEP, POLICY, (done,))
    assert judge(plan.steps[0], grounds, live()) == Moved(LAGGING)


@pytest.mark.parametrize(
    ("planned", "now"),
    [
        (K12_STEP, customer(education(), gcc())),
        (customer(SOE), customer(gcc(), SOE)),
        (customer(SOE), customer(SOE, name="renamed")),
    ],
    ids=["exclusive", "GCC first", "renamed"],
)
def test_the_table_is_asked_again(planned: DesiredCustomer, now: DesiredCustomer) -> None:
    """A step that planning would not give today is not sent, whatever the plan says."""
    plan = plan_one(planned, live())
    grounds = Grounds(plan.steps, plan.basis[CONTOSO], now, POLICY)
    assert judge(plan.steps[0], grounds, live()) == Moved(NO_LONGER_GIVEN)
