"""Claims about what one customer becomes: the contract's table, row by row, side checks apart.

Long because it is one table. A finding is told as rule, qualification and number of the entry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from itertools import product
from typing import TYPE_CHECKING, Final

import pytest

from reconciler.model.findings import Category, Severity, Vetting
from reconciler.model.plan import Step
from reconciler.model.policy import CREATABLE, Policy
from reconciler.model.rules import rule
from reconciler.model.state import EducationSegment, LiveCustomer, LiveQualification, Qualification
from reconciler.planning.decision import Decision, decide
from reconciler.planning.findings import SEVERITIES
from tests.worlds import (
    CODE,
    CONTOSO,
    DENIED_ON,
    IGNORE,
    NONE,
    NONPROFIT,
    POLICY,
    SOE,
    briefs,
    customer,
    denied,
    education,
    gcc,
    live,
    names,
    vetted,
)

if TYPE_CHECKING:
    from reconciler.model.findings import Finding
    from reconciler.model.state import DesiredQualification

EDU: Final = "Education"
GCC: Final = "GovernmentCommunityCloud"
STATE: Final = "StateOwnedEntity"
NON: Final = "Nonprofit"
ENTRIES: Final = ((education(), EDU), (gcc(), GCC), (SOE, STATE))

GCC_ENDS: Final = f"gcc-ends-commercial-sales {GCC} 1"
OVER_DENIED: Final = f"gcc-over-denied-education {GCC} 1"
AFTER_SOE: Final = f"gcc-after-soe {GCC} 1"
WAITS: Final = f"waits-for-gcc {STATE} 2"
DENIAL: Final = f"vetting-denied {EDU} 1"
NO_SEGMENT: Final = f"education-segment-missing {EDU} 1"
NO_CODE: Final = f"validation-code-missing {GCC} 1"

CATEGORIES: Final = {
    "vetting-in-review": Category.PENDING,
    "vetting-denied": Category.DENIED,
    "vetting-unknown": Category.PENDING,
    "nonprofit-not-settable": Category.IMPOSSIBLE,
    "removal-not-supported": Category.IMPOSSIBLE,
    "education-gcc-exclusive": Category.IMPOSSIBLE,
    "gcc-over-denied-education": Category.ADVISORY,
    "gcc-after-soe": Category.ADVISORY,
    "waits-for-gcc": Category.BLOCKED,
    "education-segment-missing": Category.BLOCKED,
    "validation-code-missing": Category.BLOCKED,
    "gcc-ends-commercial-sales": Category.ADVISORY,
    "not-permitted-by-policy": Category.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Row:
    """What is declared and live, and what it becomes. `findings` are in any order."""

    claim: str
    declared: tuple[DesiredQualification, ...]
    live: LiveCustomer
    steps: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    in_sync: int = 0
    policy: Policy = POLICY


def left(name: str, place: str = "qualifications") -> str:
    return f"removal-not-supported {name} {place}"


def exclusive(name: str, place: int = 1) -> str:
    return f"education-gcc-exclusive {name} {place}"


def settable_rows() -> list[Row]:
    """Make the rows of Education, GCC and SOE, each alone, in every vetting status and case."""
    found = {
        "InReview": "vetting-in-review",
        "inREVIEW": "vetting-in-review",
        "Denied": "vetting-denied",
        "DENIED": "vetting-denied",
        "OnHold": "vetting-unknown",
        "UnderReview": "vetting-unknown",
    }
    rows: list[Row] = []
    for entry, name in ENTRIES:
        advice = (GCC_ENDS,) if name == GCC else ()
        rows += [
            Row(f"{name} absent", (entry,), absent, (name,), advice)
            for absent in (live(), live("None"), live("none"), live("None Approved"))
        ]
        for spelled, status in product(
            (name, name.upper(), name.lower()), ("", " Approved", " approved", " APPROVED")
        ):
            state = f"{spelled}{status}"
            rows.append(Row(state, (entry,), live(state), in_sync=1))
        for status, rule_id in found.items():
            state = f"{name} {status}"
            rows.append(Row(state, (entry,), live(state), findings=(f"{rule_id} {name} 1",)))
    return rows


NOT_SETTABLE: Final = (
    Row("Nonprofit live", (NONPROFIT,), live(NON), in_sync=1),
    Row("nonprofit in any case", (NONPROFIT,), live("NONPROFIT Approved"), in_sync=1),
    Row("Nonprofit", (NONPROFIT,), live(), findings=(f"nonprofit-not-settable {NON} 1",)),
    Row("None and nothing is fine", (NONE,), live()),
    Row("None and a None entry is fine", (NONE,), live("None")),
    Row("[] and nothing is fine", (), live()),
    Row("[] and a None entry is fine", (), live("none")),
    Row("a None entry beside another is no holding", (SOE,), live("None", STATE), in_sync=1),
)


def undeclared_rows() -> list[Row]:
    """Flag under either policy what None or [] denies; under `ignore` nothing left out."""
    held = live(EDU, f"{GCC} InReview", "Charity OnHold", "Nonprofit Denied", "None", "NONE x")
    flagged = ("Charity", EDU, GCC)
    rows = [
        Row(
            f"at {place}, {policy.undeclared}",
            declared,
            held,
            findings=tuple(left(name, place) for name in flagged),
            policy=policy,
        )
        for policy in (POLICY, IGNORE)
        for declared, place in (((), "qualifications"), ((NONE,), "1"))
    ]
    rows.append(Row("left out", (SOE,), held, (STATE,), tuple(left(name) for name in flagged)))
    rows.append(Row("left out, ignore", (SOE,), held, (STATE,), policy=IGNORE))
    rows.append(Row("Nonprofit left out", (), live(NON), findings=(left(NON),)))
    return rows


def both_rows() -> list[Row]:
    """Tell Education and GCC together at each, whatever is live; create neither."""
    outcomes = {
        "": None,
        "Approved": None,
        "InReview": "vetting-in-review",
        "Denied": "vetting-denied",
        "OnHold": "vetting-unknown",
    }
    rows: list[Row] = []
    for statuses in product(outcomes, repeat=2):
        told_of = list(zip(statuses, (EDU, GCC), (1, 2), strict=True))
        findings = [exclusive(EDU), exclusive(GCC, 2)]
        findings += [
            f"{outcomes[status]} {name} {place}"
            for status, name, place in told_of
            if outcomes[status]
        ]
        state = live(*(f"{name} {status}" for status, name, _ in told_of if status))
        in_sync = statuses.count("Approved")
        claim = f"both declared, {statuses}"
        rows.append(Row(claim, (education(), gcc()), state, (), tuple(findings), in_sync))
    return rows


BOTH: Final = (
    Row(
        "both declared, a denial approved for resubmission: still no step",
        (education(resubmit=DENIED_ON), gcc()),
        live(denied()),
        findings=(exclusive(EDU), exclusive(GCC, 2), DENIAL),
    ),
    Row(
        "SOE beside both waits for GCC",
        (education(), SOE, gcc()),
        live(),
        findings=(exclusive(EDU), exclusive(GCC, 3), WAITS),
    ),
)


def rival_rows() -> list[Row]:
    """Give whoever holds one of the two no step for the other, in no status that is held."""
    rows: list[Row] = []
    for entry, name, rival in ((ENTRIES[0][0], EDU, GCC), (ENTRIES[1][0], GCC, EDU)):
        for status in ("", " Approved", " InReview", " inreview", " OnHold"):
            state = live(f"{rival.upper()}{status}")
            found = (exclusive(name), left(rival.upper()))
            rows.append(Row(f"{name} over {rival}{status}", (entry,), state, (), found))
            claim = f"{name} over {rival}{status}, ignored"
            rows.append(Row(claim, (entry,), state, (), found[:1], policy=IGNORE))
    return rows


RIVALS: Final = (
    Row("Education over denied GCC", (education(),), live(f"{GCC} Denied"), (EDU,)),
    Row("both held", (gcc(),), live(GCC, f"{EDU} Approved"), (), (left(EDU),), in_sync=1),
    Row(
        "a denied GCC beside a held Education",
        (gcc(),),
        live(f"{GCC} Denied", EDU),
        findings=(exclusive(GCC), f"vetting-denied {GCC} 1", left(EDU)),
    ),
    Row(
        "a resubmission where GCC is held",
        (education(resubmit=DENIED_ON),),
        live(denied(), GCC),
        findings=(exclusive(EDU), DENIAL, left(GCC)),
    ),
)

GCC_STEPS: Final = (
    Row("GCC over denied Education", (gcc(),), live(denied()), (GCC,), (OVER_DENIED, GCC_ENDS)),
    Row("GCC after SOE", (gcc(), SOE), live(STATE), (GCC,), (AFTER_SOE, GCC_ENDS), in_sync=1),
    Row(
        "GCC after an undeclared SOE over denied Education, in any case",
        (gcc(),),
        live("education denied", "STATEOWNEDENTITY"),
        (GCC,),
        (OVER_DENIED, AFTER_SOE, GCC_ENDS, left("STATEOWNEDENTITY")),
    ),
    Row("a denied SOE is not held", (gcc(),), live(f"{STATE} Denied"), (GCC,), (GCC_ENDS,)),
)

ONLY_SOE: Final = Policy(permit=frozenset({Qualification.SOE}))
WAITING: Final = (
    Row(
        "GCC is first", (SOE, gcc()), live(), (GCC, STATE), (f"gcc-ends-commercial-sales {GCC} 2",)
    ),
    Row("GCC held", (gcc(), SOE), live(GCC), (STATE,), in_sync=1),
    Row(
        "GCC in review is live",
        (gcc(), SOE),
        live(f"{GCC} InReview"),
        (STATE,),
        (f"vetting-in-review {GCC} 1",),
    ),
    Row(
        "GCC denied",
        (gcc(), SOE),
        live(f"{GCC} Denied"),
        findings=(f"vetting-denied {GCC} 1", WAITS),
    ),
    Row("GCC without a code", (gcc(None), SOE), live(), findings=(NO_CODE, WAITS)),
    Row(
        "GCC not permitted",
        (gcc(), SOE),
        live(),
        findings=(f"not-permitted-by-policy {GCC} 1", WAITS),
        policy=ONLY_SOE,
    ),
    Row(
        "GCC barred by a held Education",
        (gcc(), SOE),
        live(EDU),
        findings=(exclusive(GCC), WAITS),
        policy=IGNORE,
    ),
    Row("an SOE that is there", (gcc(None), SOE), live(STATE), (), (NO_CODE,), in_sync=1),
    Row("SOE needs no Education", (education(None), SOE), live(), (STATE,), (NO_SEGMENT,)),
    Row("Education is first", (SOE, education()), live(), (EDU, STATE)),
    Row("a GCC that nobody declared", (SOE,), live(f"{GCC} Denied"), (STATE,)),
)

APPROVED: Final = (education(resubmit=DENIED_ON),)
ELSEWHERE: Final = DENIED_ON.astimezone(timezone(timedelta(hours=5, minutes=30)))
RESUBMISSION: Final = (
    Row("the very denial", APPROVED, live(denied()), (EDU,)),
    Row("the instant, another zone", (education(resubmit=ELSEWHERE),), live(denied()), (EDU,)),
    *(
        Row(
            f"another denial, {microseconds} us off",
            (education(resubmit=DENIED_ON + timedelta(microseconds=microseconds)),),
            live(denied()),
            findings=(DENIAL,),
        )
        for microseconds in (-1, 1, 10**12)
    ),
    Row("a denial without a date", APPROVED, live(denied(None)), (), (DENIAL,)),
    Row("no approval and no date", (education(),), live(denied(None)), (), (DENIAL,)),
    Row("no segment", (education(None, DENIED_ON),), live(denied()), (), (NO_SEGMENT,)),
    Row(
        "not permitted",
        APPROVED,
        live(denied()),
        findings=(f"not-permitted-by-policy {EDU} 1",),
        policy=ONLY_SOE,
    ),
    Row(
        "in review since",
        APPROVED,
        live(vetted("Education InReview", DENIED_ON)),
        findings=(f"vetting-in-review {EDU} 1",),
    ),
    Row("approved since", APPROVED, live("Education Approved"), in_sync=1),
    Row("gone since: an ordinary create", APPROVED, live(), (EDU,)),
)

INCOMPLETE: Final = (
    *(
        Row(
            f"{name} not permitted",
            (entry,),
            live(),
            findings=(f"not-permitted-by-policy {name} 1",),
            policy=Policy(permit=CREATABLE - {entry.qualification}),
        )
        for entry, name in ENTRIES
    ),
    Row("Education without a segment", (education(None),), live(), (), (NO_SEGMENT,)),
    Row("Education without a segment, live", (education(None),), live(EDU), in_sync=1),
    Row("GCC without a code", (gcc(None),), live(), (), (NO_CODE,)),
    Row("GCC without a code, live", (gcc(None),), live(GCC), in_sync=1),
    Row("permission of what is live", (SOE,), live(STATE), in_sync=1, policy=Policy(frozenset())),
    Row(
        "a policy can't widen what is created",
        (NONPROFIT,),
        live(),
        findings=(f"nonprofit-not-settable {NON} 1",),
        policy=Policy(permit=frozenset(Qualification)),
    ),
)

REVIEWED: Final = (f"vetting-in-review {EDU} 1",)
TWICE: Final = (
    Row("denied, in review", (education(),), live(denied(), f"{EDU} InReview"), (), REVIEWED),
    Row("in review, denied", (education(),), live(f"{EDU} InReview", denied()), (), REVIEWED),
    Row(
        "of two denials the newest is to be named",
        APPROVED,
        live(denied(DENIED_ON + timedelta(days=1)), denied()),
        findings=(DENIAL,),
    ),
    Row(
        "told twice, flagged once",
        (),
        live(STATE, "stateownedentity"),
        (),
        (left("stateownedentity"),),
    ),
)

ROWS: Final = (
    *(*settable_rows(), *NOT_SETTABLE, *undeclared_rows(), *both_rows(), *BOTH, *rival_rows()),
    *(*RIVALS, *GCC_STEPS, *WAITING, *RESUBMISSION, *INCOMPLETE, *TWICE),
)

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.claim)


def all_findings(decision: Decision) -> tuple[Finding, ...]:
    return decision.findings + decision.advisories


@every_row
def test_becomes(row: Row) -> None:
    """Each row of the contract's table becomes what the contract says."""
    decision = decide(customer(*row.declared), row.live, row.policy)
    assert names(decision.steps) == list(row.steps)
    assert sorted(briefs(all_findings(decision))) == sorted(row.findings)
    assert decision.in_sync == row.in_sync


@every_row
def test_weighs(row: Row) -> None:
    """Every finding has its row's category, and the severity of that category."""
    for finding in all_findings(decide(customer(*row.declared), row.live, row.policy)):
        assert finding.category is CATEGORIES[finding.rule]
        assert finding.severity is SEVERITIES[finding.category]


@every_row
def test_order(row: Row) -> None:
    """The order of entries and of live answers changes no step and no finding."""
    placed = customer(*row.declared)
    turned = replace(placed, qualifications=placed.qualifications[::-1])
    there = decide(placed, row.live, row.policy)
    back = decide(turned, LiveCustomer(row.live.qualifications[::-1]), row.policy)
    assert back == there


@pytest.mark.parametrize(
    ("category", "severity"),
    [
        (Category.IMPOSSIBLE, Severity.ERROR),
        (Category.BLOCKED, Severity.ERROR),
        (Category.DENIED, Severity.ERROR),
        (Category.UNREADABLE, Severity.ERROR),
        (Category.PENDING, Severity.NOTE),
        (Category.ADVISORY, Severity.WARNING),
    ],
)
def test_severity(category: Category, severity: Severity) -> None:
    """Severity follows from the category."""
    assert SEVERITIES[category] is severity


def test_step_carries_what_its_create_needs() -> None:
    """A step has its entry's segment, website, code reference and place."""
    entries = (replace(education(EducationSegment.HIGHER_EDUCATION), website="contoso.edu"), SOE)
    made = customer(*entries)
    steps = decide(made, live(), POLICY).steps
    first, second = made.qualifications
    segment = EducationSegment.HIGHER_EDUCATION
    assert steps == (
        Step(CONTOSO, "contoso", Qualification.EDUCATION, first.source, segment, "contoso.edu"),
        Step(CONTOSO, "contoso", Qualification.SOE, second.source),
    )


def test_gcc_step_names_where_its_code_is() -> None:
    """A GCC step has the reference of its code."""
    assert decide(customer(gcc()), live(), POLICY).steps[0].validation_code_from == CODE


@pytest.mark.parametrize(("state", "denial"), [(live(denied()), DENIED_ON), (live(), None)])
def test_resubmission_is_told_from_a_create(state: LiveCustomer, denial: object) -> None:
    """A step names the denial it resubmits; a create of what is absent names none."""
    assert decide(customer(*APPROVED), state, POLICY).steps[0].resubmit_denial_of == denial


def test_finding_tells_what_is_live() -> None:
    """A vetting finding carries status, reason and date as the service told them."""
    (found,) = decide(customer(education()), live(denied()), POLICY).findings
    assert found.live == Vetting("Denied", "Not an Education Customer", DENIED_ON)
    assert found.message == (
        'Education was denied (vetting of 2025-11-03T09:30:00.885Z): "Not an Education Customer"'
    )
    assert found.remedy == rule("vetting-denied").remedy
    assert (found.customer_id, found.name) == (CONTOSO, "contoso")


def test_another_denial_is_named() -> None:
    """A denial that the approval does not name is told with the one that it does."""
    stale = customer(education(resubmit=DENIED_ON - timedelta(days=1)))
    (found,) = decide(stale, live(denied()), POLICY).findings
    assert "resubmitDenialOf names 2025-11-02T09:30:00.885Z, another denial" in found.message


def test_a_denial_that_cannot_be_resubmitted_says_so() -> None:
    """Only an Education denial with a date has an approval to write; no other is sent to do so."""
    no = LiveQualification(GCC, "Denied", "no", DENIED_ON)
    undated = live(LiveQualification(EDU, "Denied"))
    for declared, state in ((gcc(), live(no)), (education(), undated)):
        (found,) = decide(customer(declared), state, POLICY).findings
        assert found.rule == "vetting-denied"
        assert "resubmitDenialOf" not in found.remedy
        assert "accept `vetting-denied`" in found.remedy


def test_a_vetting_date_that_cannot_be_read_is_quoted() -> None:
    """Whoever looks for the date to approve finds why there is none."""
    state = live(LiveQualification(EDU, "Denied", odd_date='"yesterday"'))
    (found,) = decide(customer(education()), state, POLICY).findings
    assert found.message == 'Education was denied (its vetting date can\'t be read: "yesterday")'
