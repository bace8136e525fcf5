"""The plans of shards make the very plan of one run; what doesn't fit is refused by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.documents.digest import plan_digest
from reconciler.documents.merging import ShardPlan, merge_plans
from reconciler.documents.plan_model import plan_to_document
from reconciler.documents.shape import to_json
from reconciler.model.errors import PlanRefused
from reconciler.model.findings import Category, Finding, Severity, Source
from reconciler.model.plan import (
    Against,
    Incremental,
    PlanDocument,
    PlanOptions,
    Scope,
    Selection,
    Target,
)
from reconciler.model.shards import Shard
from reconciler.model.state import CustomerId, DesiredState, LiveCustomer, LiveState
from reconciler.planning.planner import make_plan
from tests.worlds import CLAIM, POLICY, SOE, TARGET, TODAY, World, customer, worlds

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

MADE: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
COUNT: Final = 3


def of_all(rule: str, message: str, line: int = 1) -> Finding:
    """Make a finding that is of no customer, as every shard makes it."""
    source = Source("reconciler.yaml", line, 3)
    return Finding(rule, Category.ADVISORY, Severity.WARNING, message, "", source=source)


CHANGED: Final = (of_all("configuration-changed", "b"), of_all("configuration-changed", "a"))


def planned(world: World, shard: str | None) -> PlanDocument:
    """Plan one shard of a world, or all of it."""
    held = Shard(*map(int, shard.split("/"))) if shard else Shard(1, 1)
    desired = tuple(each for each in world.desired.customers if held.holds(each.customer_id))
    scope = Scope(Selection(shard=shard, changed_from="main"), CHANGED)
    options = PlanOptions(world.policy, TARGET, TODAY, scope)
    plan = make_plan(DesiredState(desired), world.live, options)
    return PlanDocument(plan, plan_digest(plan), MADE, "0.1.0")


def shards(world: World, count: int = COUNT) -> list[ShardPlan]:
    names = [f"{index}/{count}" for index in range(1, count + 1)]
    return [ShardPlan(f"plan-{name[0]}.json", planned(world, name)) for name in names]


@CLAIM
@given(worlds(), st.integers(1, 5), st.randoms(use_true_random=False))
def test_the_merged_plan_is_that_of_one_run(world: World, count: int, random: Random) -> None:
    """Byte for byte, whatever is declared and live, and in whatever order the files come."""
    parts = shards(world, count)
    random.shuffle(parts)
    whole = planned(world, None)
    assert to_json(plan_to_document(merge_plans(parts))) == to_json(plan_to_document(whole))


def estate() -> World:
    """Make a world of nine customers, each of which has one step."""
    ids = [CustomerId(f"00000000-0000-4000-8000-{number:012d}") for number in range(9)]
    customers = tuple(customer(SOE, customer_id=each, name=f"c-{each[-1]}") for each in ids)
    live = LiveState({each: LiveCustomer(()) for each in ids}, {})
    return World(DesiredState(customers), live, POLICY)


def with_plan(part: ShardPlan, **changes: Any) -> ShardPlan:
    """Change the plan, and make the digest fit."""
    plan = replace(part.plan, **changes)
    document = replace(part.document, plan=plan, digest=plan_digest(plan))
    return replace(part, document=document)


def test_every_shard_of_the_estate_has_steps() -> None:
    """The refusals below are of parts that hold something."""
    assert all(part.plan.steps for part in shards(estate()))


def other_target(part: ShardPlan) -> ShardPlan:
    return with_plan(part, target=Target("https://api.example"))


def other_tenant(part: ShardPlan) -> ShardPlan:
    return with_plan(part, target=Target("emulator", "t"))


def other_version(part: ShardPlan) -> ShardPlan:
    return replace(part, document=replace(part.document, tool_version="9"))


def other_digest(part: ShardPlan) -> ShardPlan:
    return replace(part, document=replace(part.document, digest="sha256:0"))


def other_shards_steps(part: ShardPlan) -> ShardPlan:
    return with_plan(part, steps=shards(estate())[0].plan.steps)


def other_shards_findings(part: ShardPlan) -> ShardPlan:
    stranger = shards(estate())[0].plan.steps[0].customer_id
    return with_plan(part, findings=(replace(CHANGED[0], customer_id=stranger),))


def narrowed(**changes: Any) -> Callable[[ShardPlan], ShardPlan]:
    def change(part: ShardPlan) -> ShardPlan:
        return with_plan(part, selection=replace(part.plan.selection, **changes))

    return change


NARROWED: Final = "narrowing: {}--changed-from main{}; that of plan-1.json: --changed-from main"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (other_target, "address: https://api.example; that of plan-1.json: emulator"),
        (other_tenant, "tenant: t; that of plan-1.json: None"),
        (other_version, "version: 9; that of plan-1.json: 0.1.0"),
        (other_digest, "it holds what this version doesn't know"),
        (other_shards_steps, "customer 00000000-0000-4000-8000-"),
        (other_shards_findings, "customer 00000000-0000-4000-8000-"),
        (narrowed(shard="3/3"), "customer 00000000-0000-4000-8000-"),
        (narrowed(shard="2/4"), "parts: 4; that of plan-1.json: 3"),
        (narrowed(shard=None), "it is no plan of a shard"),
        (narrowed(shard="4/3"), "it is no plan of a shard"),
        (narrowed(changed_from=None), "narrowing: none; that of plan-1.json: --changed-from main"),
        (narrowed(selector="a=b"), NARROWED.format("--selector a=b ", "")),
        (narrowed(customers=("x", "y")), NARROWED.format("--customer x,y ", "")),
        (narrowed(against=Against("s")), NARROWED.format("", " --against s of None")),
        (narrowed(incremental=Incremental(1, 2)), NARROWED.format("", " --incremental a snapshot")),
    ],
)
def test_what_does_not_fit_together_is_refused(
    change: Callable[[ShardPlan], ShardPlan], why: str
) -> None:
    """The file is named, and why: nothing is merged of what would not be the whole."""
    one, two, three = shards(estate())
    with pytest.raises(PlanRefused, match=r"^plan-2\.json is refused: ") as refused:
        merge_plans([one, change(two), three])
    assert why in refused.value.message
    assert refused.value.remedy


@pytest.mark.parametrize(("left", "missing"), [([0, 2], "2/3"), ([2], "1/3, 2/3")])
def test_a_missing_shard_is_named(left: list[int], missing: str) -> None:
    """A part of the estate that nobody planned is no part without steps."""
    parts = shards(estate())
    with pytest.raises(PlanRefused, match=f"the plan of shard {missing} is missing"):
        merge_plans([parts[index] for index in left])


@pytest.mark.parametrize("name", ["plan-2.json", "copy.json"])
def test_a_shard_that_is_there_twice_is_named(name: str) -> None:
    """Both files are named; which of them is the right one is not for us to say."""
    parts = shards(estate())
    again = replace(parts[1], name=name)
    with pytest.raises(PlanRefused, match=f"{name} is refused: plan-2.json is shard 2/3 too"):
        merge_plans([*parts, again])


def test_the_merged_plan_is_as_old_as_its_oldest_part() -> None:
    """What was read first may have moved first."""
    one, two, three = shards(estate())
    later = replace(two.document, created_at=MADE + timedelta(hours=1))
    merged = merge_plans([replace(two, document=later), one, three])
    assert merged.created_at == MADE


def test_what_was_kept_and_read_adds_up() -> None:
    """An incremental run in shards reads and keeps what a single one does."""
    parts = [
        narrowed(incremental=Incremental(number, 10, MADE + timedelta(days=number)))(part)
        for number, part in enumerate(shards(estate()))
    ]
    merged = merge_plans(parts)
    assert merged.plan.selection.incremental == Incremental(3, 30, MADE)
    assert merged.plan.selection.shard is None


def test_what_is_of_no_customer_comes_in_one_order() -> None:
    """Shards find different things of it, in whatever order their plans are named."""
    one, two, three = shards(estate())
    parts = [
        with_plan(one, findings=(of_all("not-checked", "b"),)),
        with_plan(two, findings=(of_all("not-checked", "a"), of_all("not-checked", "b"))),
        with_plan(three, findings=()),
    ]
    merged = merge_plans(parts)
    assert [finding.message for finding in merged.plan.findings] == ["a", "b"]
    assert merged.plan.summary.advisory == 2
