"""Claims about limits: how creates are counted, which plans are refused, which steps left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from reconciler.applying.history import History
from reconciler.applying.journal_lines import CreateRecord
from reconciler.applying.safety import (
    NAMED,
    counted_creates,
    refuse_other_digest,
    refuse_other_target,
    refuse_too_many,
)
from reconciler.model.errors import PlanRefused
from reconciler.model.plan import Plan, Step, StepKey, Target
from reconciler.model.policy import Policy
from reconciler.model.state import (
    CustomerId,
    Qualification,
)
from tests.worlds import (
    CONTOSO,
    DENIED_ON,
    FABRIKAM,
    POLICY,
    TARGET,
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


def sent_for(digest: str, *keys: StepKey) -> History:
    unsettled = {each: sending(each) for each in keys}
    return History(unsettled, 0, {digest: frozenset(keys)})


@pytest.mark.parametrize(
    ("past", "count"),
    [
        (History({}, 0, {}), 2),
        (sent_for(DIGEST, key(1), key(2)), 2),
        (sent_for(DIGEST, key(8)), 3),
        (sent_for("sha256:2", key(8), key(9)), 2),
    ],
)
def test_counts(past: History, count: int) -> None:
    """Distinct steps count, with what was sent for the very same plan; nothing else does."""
    assert len(counted_creates(plan_of(key(1), key(2)), DIGEST, past)) == count


def test_counts_by_what_is_created() -> None:
    """A resubmission is another create than the first one, and a step told twice is one."""
    one = Step(CONTOSO, "contoso", Qualification.EDUCATION)
    again = replace(one, resubmit_denial_of=DENIED_ON)
    plan = Plan(TARGET, (one, again, replace(one, name="other")))
    assert counted_creates(plan, DIGEST, sent_for(DIGEST)) == {one.key, again.key}


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
