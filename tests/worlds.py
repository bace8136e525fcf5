"""Short builders of desired and live state, and strategies for whole worlds; it claims nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from reconciler.model.findings import Finding, Source
from reconciler.model.plan import PlanOptions, Target
from reconciler.model.policy import CREATABLE, Policy, SideCheck, Undeclared
from reconciler.model.rules import PLAN_RULES
from reconciler.model.state import (
    Acceptance,
    CodeReference,
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    CustomerId,
    DesiredCustomer,
    DesiredQualification,
    DesiredState,
    EducationSegment,
    LiveCustomer,
    LiveQualification,
    LiveState,
    NotChecked,
    Qualification,
    SideChecks,
    UnreadableCustomer,
)
from reconciler.planning.planner import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model.plan import Plan, Step

T = TypeVar("T")

CONTOSO: Final = CustomerId("14876998-c0dc-46e6-9d0c-65a57a6c32ec")
FABRIKAM: Final = CustomerId("2b1f0a5e-7c7e-4d0e-9d6a-3f1c7a1e0002")
DOMAIN: Final = "contoso.onmicrosoft.com"
TARGET: Final = Target("emulator")
CODE: Final = CodeReference(env="CONTOSO_CODE")
K12: Final = EducationSegment.K12
DENIED_ON: Final = datetime(2025, 11, 3, 9, 30, 0, 885000, tzinfo=UTC)
LATER: Final = DENIED_ON + timedelta(days=90)
TODAY: Final = date(2026, 1, 2)
POLICY: Final = Policy()
BLOCK: Final = Policy(account_status=SideCheck.BLOCK, customer_agreement=SideCheck.BLOCK)
SKIP: Final = Policy(account_status=SideCheck.SKIP, customer_agreement=SideCheck.SKIP)
IGNORE: Final = Policy(undeclared=Undeclared.IGNORE)
FINE: Final = SideChecks(
    CustomerDomain(DOMAIN), CustomerAccount("Allowed"), CustomerAgreement(True)
)

CLAIM: Final = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
"""The same examples every time, however busy the machine."""

CUSTOMER_LINE: Final = 5
QUALIFICATIONS_LINE: Final = 8


def declared(
    qualification: Qualification,
    segment: EducationSegment | None = None,
    code: CodeReference | None = None,
    resubmit: datetime | None = None,
) -> DesiredQualification:
    """Declare a qualification; `customer` gives it its place."""
    return DesiredQualification(
        qualification,
        Source("nowhere", 1, 1),
        education_segment=segment,
        validation_code_from=code,
        resubmit_denial_of=resubmit,
    )


def education(
    segment: EducationSegment | None = K12, resubmit: datetime | None = None
) -> DesiredQualification:
    return declared(Qualification.EDUCATION, segment, resubmit=resubmit)


def gcc(code: CodeReference | None = CODE) -> DesiredQualification:
    return declared(Qualification.GCC, code=code)


SOE: Final = declared(Qualification.SOE)
NONPROFIT: Final = declared(Qualification.NONPROFIT)
NONE: Final = declared(Qualification.NONE)


def customer(
    *entries: DesiredQualification,
    customer_id: CustomerId = CONTOSO,
    name: str = "contoso",
    domain: str | None = None,
    accept: Iterable[str] = (),
) -> DesiredCustomer:
    """Make a manifest: `customerId` at 5:15, `qualifications` at 8:3, then an entry a line."""
    file = f"customers/{name}.yaml"
    placed = (
        replace(entry, source=Source(file, QUALIFICATIONS_LINE + number, 7))
        for number, entry in enumerate(entries, start=1)
    )
    return DesiredCustomer(
        customer_id=customer_id,
        name=name,
        qualifications=tuple(placed),
        source=Source(file, CUSTOMER_LINE, 15),
        qualifications_source=Source(file, QUALIFICATIONS_LINE, 3),
        domain=domain,
        accept=frozenset(map(Acceptance, accept)),
    )


def live(*entries: str | LiveQualification) -> LiveCustomer:
    """Make a live customer; `"Education Denied"` is short for a name and a status."""
    return LiveCustomer(
        tuple(e if isinstance(e, LiveQualification) else vetted(e) for e in entries)
    )


def vetted(text: str, created: datetime | None = None) -> LiveQualification:
    name, _, status = text.partition(" ")
    return LiveQualification(name, status or None, None, created)


def denied(created: datetime | None = DENIED_ON) -> LiveQualification:
    return LiveQualification("Education", "Denied", "Not an Education Customer", created)


def state_of(
    desired: DesiredCustomer,
    state: LiveCustomer | UnreadableCustomer,
    checks: SideChecks | None = None,
    unreadable_codes: Iterable[CodeReference] = (),
) -> LiveState:
    """Make a live state of one customer."""
    customer_id = desired.customer_id
    return LiveState(
        {customer_id: state},
        {} if checks is None else {customer_id: checks},
        frozenset((customer_id, code) for code in unreadable_codes),
    )


def plan_one(
    desired: DesiredCustomer,
    state: LiveCustomer | UnreadableCustomer,
    policy: Policy = POLICY,
    checks: SideChecks | None = None,
) -> Plan:
    return make_plan(
        DesiredState((desired,)),
        state_of(desired, state, checks),
        PlanOptions(policy, TARGET, TODAY),
    )


def brief(finding: Finding) -> str:
    """Say rule, qualification and place in one line, for a table; entries count from 1."""
    named = {CUSTOMER_LINE: "customerId", QUALIFICATIONS_LINE: "qualifications"}
    line = None if finding.source is None else finding.source.line
    place = "-" if line is None else named.get(line, str(line - QUALIFICATIONS_LINE))
    return f"{finding.rule} {finding.qualification or '-'} {place}"


def briefs(findings: Iterable[Finding]) -> list[str]:
    return [brief(finding) for finding in findings]


def weighed(findings: Iterable[Finding]) -> list[str]:
    """Say rule, category, severity and place of each."""
    return [f"{brief(each)}: {each.category} {each.severity}" for each in findings]


def names(steps: Iterable[Step]) -> list[str]:
    return [step.qualification.value for step in steps]


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a plan is made of."""

    desired: DesiredState
    live: LiveState
    policy: Policy

    @property
    def plan(self) -> Plan:
        return make_plan(self.desired, self.live, PlanOptions(self.policy, TARGET, TODAY))


def with_customers(
    world: World, states: Mapping[CustomerId, LiveCustomer | UnreadableCustomer]
) -> World:
    return replace(world, live=replace(world.live, customers=states))


def come_true(world: World, steps: Iterable[Step], status: str | None) -> World:
    """Make the world in which `steps` were created and are in `status`."""
    states = dict(world.live.customers)
    for step in steps:
        before = states[step.customer_id]
        assert isinstance(before, LiveCustomer)
        states[step.customer_id] = created(before, step, status)
    return with_customers(world, states)


def created(before: LiveCustomer, step: Step, status: str | None) -> LiveCustomer:
    kept = [
        entry
        for entry in before.qualifications
        if entry.qualification.casefold() != step.qualification.casefold()
    ]
    return LiveCustomer((*kept, LiveQualification(step.qualification, status, None, LATER)))


DATES: Final = (None, DENIED_ON, DENIED_ON + timedelta(microseconds=1), DENIED_ON.replace(year=1))
STATUSES: Final = (None, "Approved", "approved", "InReview", "Denied", "DENIED", "OnHold", "")
LIVE_NAMES: Final = (
    *("Education", "education", "GovernmentCommunityCloud", "StateOwnedEntity", "None"),
    *("Nonprofit", "STATEOWNEDENTITY", "Charity", "none"),
)


def mostly(usual: T, *others: T) -> st.SearchStrategy[T]:
    """Draw the usual value three times in four, so that whole worlds have steps."""
    return st.sampled_from([usual] * 3 * len(others) + [*others])


live_qualifications = st.builds(
    LiveQualification,
    st.sampled_from(LIVE_NAMES),
    st.sampled_from(STATUSES),
    st.sampled_from([None, "Not an Education Customer"]),
    st.sampled_from(DATES),
)
any_live = st.lists(live_qualifications, max_size=4).map(lambda e: LiveCustomer(tuple(e)))
telling_live = st.sampled_from(
    [live("Education InReview"), live("StateOwnedEntity"), live("None"), live(), live(denied())]
)
unreadable = st.builds(
    UnreadableCustomer, st.booleans(), st.just("it can't be read"), st.just("try again")
)


@st.composite
def lives(draw: st.DrawFn) -> LiveCustomer | UnreadableCustomer:
    chance = draw(st.integers(0, 9))
    if chance == 9:
        return draw(unreadable)
    return draw(any_live if chance > 5 else telling_live)


policies = st.builds(
    Policy,
    permit=mostly(CREATABLE, *(CREATABLE - {each} for each in sorted(CREATABLE)), frozenset()),
    undeclared=st.sampled_from(Undeclared),
    account_status=mostly(SideCheck.WARN, *SideCheck),
    customer_agreement=mostly(SideCheck.WARN, *SideCheck),
)


@st.composite
def entries(draw: st.DrawFn) -> list[DesiredQualification]:
    """Draw what `validate` lets through: no name twice, and None by itself."""
    if draw(mostly(False, True)):
        return draw(st.sampled_from([[], [NONE]]))
    first = education(draw(mostly(K12, None)), draw(mostly(DENIED_ON, *DATES)))
    second = gcc(draw(mostly(CODE, None, CodeReference(file="codes/contoso.txt"))))
    some = draw(st.sampled_from([[], [first, second], [second], [second], [first], [first]]))
    some = some + [SOE] * draw(st.booleans()) + [NONPROFIT] * draw(mostly(False, True))
    return draw(st.permutations(some))


def answers(answer: T, *others: T) -> st.SearchStrategy[T | NotChecked | None]:
    refused = NotChecked("the sign-in is app-only", app_only=True)
    return mostly(answer, *others, None, NotChecked("500 after 4 tries"), refused)


@st.composite
def side_checks(draw: st.DrawFn, domain: str | None) -> SideChecks:
    told_domain = answers(CustomerDomain(DOMAIN), CustomerDomain("other.example"))
    statuses = (CustomerAccount(each) for each in (None, "underReview", "Not Ready", "New"))
    return SideChecks(
        None if domain is None else draw(told_domain),
        draw(answers(CustomerAccount("Allowed"), *statuses)),
        draw(answers(CustomerAgreement(confirmed=True), CustomerAgreement(confirmed=False))),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw any manifests that are valid, with any live state, policy and answers of side checks."""
    spelled = draw(st.permutations(["adatum", "contoso", "fabrikam", "litware"]))
    customers = [
        customer(
            *draw(entries()),
            customer_id=CustomerId(f"00000000-0000-4000-8000-{number:012d}"),
            name=name,
            domain=draw(st.sampled_from([None, DOMAIN])),
            accept=draw(st.frozensets(st.sampled_from(sorted(PLAN_RULES)), max_size=3)),
        )
        for number, name in enumerate(spelled[: draw(st.integers(1, 4))])
    ]
    state = LiveState(
        {each.customer_id: draw(lives()) for each in customers},
        {each.customer_id: draw(side_checks(each.domain)) for each in customers},
        frozenset((each.customer_id, CODE) for each in customers if draw(st.booleans())),
    )
    return World(DesiredState(tuple(customers)), state, draw(policies))
