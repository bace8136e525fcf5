"""Makes one plan of the plans of shards: the very plan that one run over all of them makes.

It refuses, by name, what doesn't belong together: a part that is missing, there twice, of another
whole or edited.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reconciler.documents.digest import plan_digest
from reconciler.model.errors import PlanRefused
from reconciler.model.findings import finding_order
from reconciler.model.plan import Incremental, Plan, PlanDocument, Selection, Summary
from reconciler.model.shards import Shard, read_shard
from reconciler.model.state import CustomerId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.findings import Finding

_REMEDY: Final = "plan the shards again, all of one commit and narrowed alike"


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """The plan of one shard. `name` is what people know its file as."""

    name: str
    document: PlanDocument

    @property
    def plan(self) -> Plan:
        return self.document.plan


def merge_plans(parts: Sequence[ShardPlan]) -> PlanDocument:
    """Join the plans of all shards, in any order. Raises PlanRefused where they aren't that."""
    shards = {part.name: _read_shard_of(part) for part in parts}
    for part in parts:
        _refuse_foreign(part, parts[0])
        _refuse_edited(part, shards[part.name])
    _refuse_incomplete(parts, shards)
    plan = _merge([part.plan for part in parts])
    made = min(part.document.created_at for part in parts)  # it is as old as its oldest part
    return PlanDocument(plan, plan_digest(plan), made, parts[0].document.tool_version)


def _read_shard_of(part: ShardPlan) -> Shard:
    shard = read_shard(part.plan.selection.shard or "")
    if shard is None:
        raise _make_refusal(
            part, "it is no plan of a shard", "make it by `plan --shard INDEX/COUNT`"
        )
    return shard


def _refuse_foreign(part: ShardPlan, first: ShardPlan) -> None:
    theirs = _describe_whole(first)
    for what, here in _describe_whole(part).items():
        if here != theirs[what]:
            raise _make_refusal(part, f"its {what}: {here}; that of {first.name}: {theirs[what]}")


def _describe_whole(part: ShardPlan) -> dict[str, str | None]:
    """Describe what all parts of one whole have in common."""
    return {
        "parts": str(_read_shard_of(part).count),
        "address": part.plan.target.address,
        "tenant": part.plan.target.tenant_id,
        "version": part.document.tool_version,
        "narrowing": _spell_narrowing(part.plan.selection),
    }


def _spell_narrowing(selection: Selection) -> str:
    """Spell what every shard of one run has in common."""
    customers = None if selection.customers is None else ",".join(selection.customers)
    against = selection.against
    words = {
        "--selector": selection.selector,
        "--customer": customers,
        "--changed-from": selection.changed_from,
        "--incremental": None if selection.incremental is None else "a snapshot",
        "--against": None if against is None else f"{against.file} of {against.oldest}",
    }
    return " ".join(f"{name} {word}" for name, word in words.items() if word is not None) or "none"


def _refuse_edited(part: ShardPlan, shard: Shard) -> None:
    plan = part.plan
    named = {*plan.basis, *(step.customer_id for step in plan.steps)}
    named |= {CustomerId(each.customer_id) for each in plan.findings if each.customer_id}
    foreign = sorted(each for each in named if not shard.holds(each))
    if foreign:
        raise _make_refusal(part, f"customer {foreign[0]} is not in shard {plan.selection.shard}")
    if plan_digest(plan) != part.document.digest:
        raise _make_refusal(
            part, "it holds what this version doesn't know", "merge with the version that planned"
        )


def _refuse_incomplete(parts: Sequence[ShardPlan], shards: Mapping[str, Shard]) -> None:
    by_index: dict[int, ShardPlan] = {}
    for part in parts:
        index = shards[part.name].index
        if index in by_index:
            twice = f"{by_index[index].name} is shard {part.plan.selection.shard} too"
            raise _make_refusal(part, twice, "name the plan of each shard once")
        by_index[index] = part
    count = shards[parts[0].name].count
    missing = [f"{index}/{count}" for index in range(1, count + 1) if index not in by_index]
    if missing:
        raise PlanRefused(
            f"nothing is merged: the plan of shard {', '.join(missing)} is missing",
            "name the plans of all shards",
        )


def _make_refusal(part: ShardPlan, why: str, remedy: str = _REMEDY) -> PlanRefused:
    return PlanRefused(f"{part.name} is refused: {why}", remedy)


def _merge(plans: Sequence[Plan]) -> Plan:
    steps = [step for plan in plans for step in plan.steps]
    findings = _merge_findings(plans)
    return Plan(
        target=plans[0].target,
        steps=tuple(sorted(steps, key=lambda step: (step.name, step.customer_id))),
        findings=findings,
        basis={id_: basis for plan in plans for id_, basis in plan.basis.items()},
        summary=_add_up([plan.summary for plan in plans], findings),
        complete=all(plan.complete for plan in plans),
        selection=replace(plans[0].selection, shard=None, incremental=_merge_incremental(plans)),
    )


def _merge_findings(plans: Iterable[Plan]) -> tuple[Finding, ...]:
    """Keep one of what each shard says of no customer: an app-only sign-in, a configuration."""
    found = [finding for plan in plans for finding in plan.findings]
    of_customers = [each for each in found if each.customer_id is not None]
    of_all = dict.fromkeys(each for each in found if each.customer_id is None)
    return tuple(sorted([*of_customers, *of_all], key=finding_order))


def _add_up(summaries: Sequence[Summary], findings: Iterable[Finding]) -> Summary:
    """Add up what shards share out; what several of them say of no customer counts once."""
    return Summary.of(
        findings,
        customers=sum(each.customers for each in summaries),
        steps=sum(each.steps for each in summaries),
        in_sync=sum(each.in_sync for each in summaries),
    )


def _merge_incremental(plans: Iterable[Plan]) -> Incremental | None:
    found = [each for plan in plans if (each := plan.selection.incremental) is not None]
    if not found:
        return None
    return Incremental(
        read=sum(each.read for each in found),
        kept=sum(each.kept for each in found),
        oldest=min((each.oldest for each in found if each.oldest is not None), default=None),
    )
