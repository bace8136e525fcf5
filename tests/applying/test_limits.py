"""Claims about limits: how creates are counted, which plans are refused, which steps left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from reconciler.applying.history import History
from reconciler.applying.journal_lines import CreateRecord
from reconciler.applying.limits import (
    NAMED,
    counted_creates,
    refuse_other_digest,
    refuse_other_target,
    refuse_too_many,
    steps_left_out,
)
from reconciler.model.errors import PlanRefused
from reconciler.model.plan import Plan, Step, StepKey, Target
from reconciler.model.policy import CREATABLE, Policy
from reconciler.model.state import (
    CodeReference,
    CustomerId,
    DesiredCustomer,
    DesiredState,
    EducationSegment,
    LiveCustomer,
    Qualification,
)
from tests.worlds import (
    CONTOSO,
    DENIED_ON,
    FABRIKAM,
    NONE,
    POLICY,
    SOE,
    TARGET,
    customer,
    denied,
    education,
    gcc,
    live,
    plan_one,
)

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DIGEST: Final = "sha256:1"


def key(number: int, qualification: Qualification = Qualification.SOE) -> StepKey:
    return StepKey(CustomerId(f"00000000-0000-4000-8000-{number:012d}"), qualification)


def plan_of(*keys: StepKey) -> Plan:
    return Plan(TARGET, tuple(Step(k.customer_id, "a", k.qualification, None) for k in keys))


def sending(of: StepKey) -> CreateRecord:
    return CreateRecord(
        run="r",
        at=NOW,
        customer_id=of.customer_id,
        name="a",
        qualification=of.qualification,
        request_id="q",
    )


def history(
    unsettled: tuple[StepKey, ...] = (),
    sent: tuple[StepKey, ...] = (),
    interrupted: tuple[StepKey, ...] = (),
) -> History:
    return History(
        {each: sending(each) for each in unsettled},
        0,
        {DIGEST: frozenset(sent)},
        frozenset(interrupted),
    )


@pytest.mark.parametrize(
    ("past", "saved", "count"),
    [
        (history(), True, 2),
        (history(), False, 2),
        (history(unsettled=(key(1),)), True, 2),
        (history(unsettled=(key(9),)), True, 3),
        (history(unsettled=(key(9),)), False, 3),
        (history(sent=(key(1), key(2))), True, 2),
        (history(sent=(key(8),)), True, 3),
        (history(sent=(key(8),)), False, 2),
        (history(interrupted=(key(8), key(9))), False, 4),
        (history(interrupted=(key(8), key(9))), True, 2),
        (history((key(9),), (key(9),), (key(9), key(1))), False, 3),
    ],
)
def test_counts(past: History, saved: bool, count: int) -> None:
    """Distinct steps count, with what the journal says was begun for them, each once."""
    assert len(counted_creates(plan_of(key(1), key(2)), DIGEST, past, saved=saved)) == count


def test_counts_by_what_is_created() -> None:
    """A resubmission is another create than the first one, and a step told twice is one."""
    one = Step(CONTOSO, "contoso", Qualification.EDUCATION)
    again = replace(one, resubmit_denial_of=DENIED_ON)
    plan = Plan(TARGET, (one, again, replace(one, name="other")))
    assert counted_creates(plan, DIGEST, history(), saved=True) == {one.key, again.key}


def keys(count: int) -> frozenset[StepKey]:
    return frozenset(key(number) for number in range(count))


@pytest.mark.parametrize(
    ("count", "most", "allowed"),
    [(0, 0, None), (0, 25, None), (25, 25, None), (26, 25, 26), (3, 0, 3), (3, 25, 3)],
)
def test_within_limits(count: int, most: int, allowed: int | None) -> None:
    """A plan within policy passes; with a number, the plan that counts exactly that."""
    refuse_too_many(keys(count), {}, Policy(max_creates=most), allowed)


@pytest.mark.parametrize(
    ("count", "most", "allowed", "why"),
    [
        (26, 25, None, "the plan counts 26 creates, but policy.maxCreates allows 25"),
        (1, 0, None, "the plan counts 1 creates, but policy.maxCreates allows 0"),
        (26, 25, 25, "the plan counts 26 creates, but --allow-creates says 25"),
        (26, 25, 27, "the plan counts 26 creates, but --allow-creates says 27"),
        (26, 25, 0, "the plan counts 26 creates, but --allow-creates says 0"),
        (3, 25, 9, "the plan counts 3 creates, but --allow-creates says 9"),
    ],
)
def test_too_many(count: int, most: int, allowed: int | None, why: str) -> None:
    """More than policy allows is refused, and any other number than the plan's; the remedy says."""
    with pytest.raises(PlanRefused) as refused:
        refuse_too_many(keys(count), {}, Policy(max_creates=most), allowed)
    assert refused.value.message.startswith(why)
    assert f"--allow-creates {count}" in refused.value.remedy


def test_customers_are_named() -> None:
    """A refusal names the customers, each once and in order; a stranger by its id."""
    first, second = key(1), key(1, Qualification.EDUCATION)
    names = {first.customer_id: "zebra", key(2).customer_id: "adatum"}
    with pytest.raises(PlanRefused) as refused:
        refuse_too_many(
            frozenset({first, second, key(2), key(3)}), names, Policy(max_creates=1), None
        )
    told = refused.value.message.partition("customers: ")[2]
    assert told == "00000000-0000-4000-8000-000000000003, adatum, zebra"


@pytest.mark.parametrize(("count", "more"), [(NAMED, ""), (NAMED + 7, " and 7 more")])
def test_many_customers_are_summed_up(count: int, more: str) -> None:
    """Of many customers the first are named, and the rest counted."""
    with pytest.raises(PlanRefused) as refused:
        refuse_too_many(keys(count), {}, POLICY, None)
    told = refused.value.message.partition("customers: ")[2]
    assert told.count("00000000-") == NAMED
    assert told.endswith(more or f"{count - 1:012d}")


HERE: Final = Target("https://api.partnercenter.microsoft.com", CONTOSO)


@pytest.mark.parametrize(
    "other",
    [Target("emulator", CONTOSO), replace(HERE, tenant_id=None), replace(HERE, tenant_id=FABRIKAM)],
)
def test_other_target(other: Target) -> None:
    """A plan for another service or tenant is refused, with both named."""
    refuse_other_target(HERE, HERE)
    with pytest.raises(PlanRefused) as refused:
        refuse_other_target(other, HERE)
    assert other.address in refused.value.message
    assert f"{HERE.address}, {CONTOSO}" in refused.value.message


def test_other_digest() -> None:
    """A plan that is not the one expected is refused; without an expectation any is taken."""
    refuse_other_digest(DIGEST, DIGEST)
    refuse_other_digest(DIGEST, None)
    with pytest.raises(PlanRefused, match="sha256:1, but --expect-digest says sha256:2"):
        refuse_other_digest(DIGEST, "sha256:2")


K12_STEP: Final = customer(education())
NO_LONGER: Final = "the manifests no longer declare this Education as planned; plan again"
UNDECLARED: Final = "the manifests no longer declare this customer; plan again"


def left_out(
    planned: DesiredCustomer,
    now: DesiredCustomer | None,
    policy: Policy = POLICY,
    state: LiveCustomer | None = None,
) -> list[str]:
    """Plan for one manifest, then ask with the manifest as it is now."""
    plan = plan_one(planned, state or live())
    assert len(plan.steps) == 1
    desired = DesiredState(() if now is None else (now,))
    reasons = steps_left_out(plan, desired, policy)
    assert set(reasons) <= {step.key for step in plan.steps}
    return list(reasons.values())


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
    assert left_out(K12_STEP, now) == []


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
    assert left_out(K12_STEP, now) == [reason]


@pytest.mark.parametrize("code", [None, CodeReference(env="OTHER"), CodeReference(file="code")])
def test_code_from_elsewhere(code: CodeReference | None) -> None:
    """A GCC step whose code is now said to be elsewhere is left out."""
    reason = "the manifests no longer declare this GovernmentCommunityCloud as planned; plan again"
    assert left_out(customer(gcc()), customer(gcc(code))) == [reason]
    assert left_out(customer(gcc()), customer(gcc())) == []


@pytest.mark.parametrize("approved", [None, DENIED_ON + timedelta(microseconds=1)])
def test_resubmission_no_longer_approved(approved: datetime | None) -> None:
    """A resubmission needs the approval of that very denial to stand still."""
    planned = customer(education(resubmit=DENIED_ON))
    assert left_out(planned, planned, state=live(denied())) == []
    now = customer(education(resubmit=approved))
    assert left_out(planned, now, state=live(denied())) == [NO_LONGER]


def test_no_longer_permitted() -> None:
    """A step that policy no longer permits is left out."""
    policy = Policy(permit=CREATABLE - {Qualification.EDUCATION})
    assert left_out(K12_STEP, K12_STEP, policy) == ["policy.permit no longer holds Education"]


def test_only_what_changed_is_left_out() -> None:
    """The other steps of the same customer stay."""
    plan = plan_one(customer(education(), SOE), live())
    reasons = steps_left_out(plan, DesiredState((customer(SOE),)), POLICY)
    assert set(reasons) == {StepKey(CONTOSO, Qualification.EDUCATION)}
