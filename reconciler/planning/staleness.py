"""Answers whether a planned step is still right: send it, held already, or moved, and what moved.

Whoever leaves a step out asks here and has no rule of its own. It adds no step and reads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.model.state import LiveCustomer, Qualification, VettingStatus, format_instant
from reconciler.planning.decision import decide
from reconciler.planning.planner import basis_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.plan import BasisEntry, Step
    from reconciler.model.policy import Policy
    from reconciler.model.state import DesiredCustomer, LiveCustomer, LiveQualification


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the steps of one customer rest on: the plan's side and today's."""

    steps: tuple[Step, ...]
    basis: tuple[BasisEntry, ...]
    customer: DesiredCustomer | None
    """What the manifests declare today, if they still do."""

    policy: Policy
    done: tuple[Step, ...] = ()
    """Creates that earlier runs saw done: a read that lacks one is too old to go by."""


@dataclass(frozen=True, slots=True)
class Send:
    """The step is as right as it was when it was planned."""


@dataclass(frozen=True, slots=True)
class Held:
    live: LiveQualification


@dataclass(frozen=True, slots=True)
class Moved:
    because: str


Judgement = Send | Held | Moved


def judge(
    step: Step, grounds: Grounds, live: LiveCustomer | None, *, sent: bool = False
) -> Judgement:
    """Judge one step of the plan by the customer's fresh state.

    Without one, `live` being None, only the manifest and policy of today have a say. `sent` says
    that a create of the step may have happened.
    """
    because = _unwanted(step, grounds)
    if because is not None or live is None:
        return Send() if because is None else Moved(because)
    held = find_held(step, live, sent=sent)
    if held is not None:
        return Held(held)
    because = _outdated(step, grounds, live)
    return Send() if because is None else Moved(because)


def find_held(step: Step, live: LiveCustomer, *, sent: bool = False) -> LiveQualification | None:
    """Find the live qualification that makes `step` superfluous, if there is one.

    For a resubmission that is any vetting other than the denial it names, or an older one. Where a
    first create was `sent`, to a customer that lacked it, a denial is the answer to it.
    """
    found = live.find(step.qualification)
    if found is None or found.held:
        return found
    denial = step.resubmit_denial_of
    if denial is None:
        return found if sent else None
    later = found.vetting_created is not None and found.vetting_created > denial
    return found if later else None


def _unwanted(step: Step, grounds: Grounds) -> str | None:
    if grounds.customer is None:
        return "the manifests no longer declare this customer; plan again"
    if not _declares(grounds.customer, step):
        return f"the manifests no longer declare this {step.qualification} as planned; plan again"
    if not grounds.policy.permits(step.qualification):
        return f"policy.permit no longer holds {step.qualification}"
    return None


def _declares(customer: DesiredCustomer, step: Step) -> bool:
    return any(
        entry.qualification is step.qualification
        and entry.education_segment == step.education_segment
        and entry.website == step.website
        and entry.validation_code_from == step.validation_code_from
        and step.resubmit_denial_of in (None, entry.resubmit_denial_of)
        for entry in customer.qualifications
    )


def _outdated(step: Step, grounds: Grounds, live: LiveCustomer) -> str | None:
    for done in grounds.done:
        if find_held(done, live, sent=True) is None:
            return (
                f"what the service tells lags behind: it lacks {done.qualification}, which an "
                "earlier run created; run again later"
            )
    drift = find_drift(grounds.basis, grounds.steps, live)
    if drift is not None:
        return f"the customer moved since the plan: {describe_drift(drift)}; plan again"
    if not _still_decided(step, grounds, live):
        return "the manifest and what is live no longer give this step; plan again"
    return None


def _still_decided(step: Step, grounds: Grounds, live: LiveCustomer) -> bool:
    """Decide the customer anew: a plan that was edited can't smuggle a step past the table.

    Where the manifest has come to want GCC, which the plan lacks, nothing goes before it: SOE
    first could bar GCC for good.
    """
    if grounds.customer is None:
        return False
    fresh = decide(grounds.customer, live, grounds.policy).steps
    wanted = {each.qualification for each in fresh}
    if Qualification.GCC in wanted - {each.qualification for each in grounds.steps}:
        return False
    return any(replace(each, source=step.source) == step for each in fresh)


Fields = dict[str, dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class Drift:
    """The two sides of what moved, keyed by qualification, for a person to compare."""

    before: Fields
    after: Fields


def find_drift(
    basis: Sequence[BasisEntry], steps: Sequence[Step], live: LiveCustomer
) -> Drift | None:
    """Compare with what the plan was decided on; the plan's own steps coming true is no move."""
    own = {step.qualification.casefold() for step in steps}
    before, after = _keyed(basis, own), _keyed(basis_of(live), own)
    for step in steps:
        if not _as_planned(step, live):
            before |= _planned_on(step)
            after |= _found(step, live)
    after = _respelled(after, before)
    return None if before == after else Drift(before, after)


def describe_drift(drift: Drift) -> str:
    """Say field by field what moved, in one line."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - slow to import and wanted only here

    # Without the threshold, two sides with nothing in common would be told as one whole change.
    tree = DeepDiff(drift.before, drift.after, view="tree", threshold_to_diff_deeper=0)
    described = [
        _describe_change(
            [str(part) for part in change.path(output_format="list")], change.t1, change.t2
        )
        for changes in tree.values()
        for change in changes
    ]
    return "; ".join(sorted(described))


def _describe_change(path: Sequence[str], before: object, after: object) -> str:
    name = path[0]
    if len(path) == 1:
        return f"{name} has appeared" if isinstance(after, dict) else f"{name} is gone"
    return f"{name}: {path[1]} was {before or 'absent'}, is {after or 'absent'}"


def _keyed(basis: Sequence[BasisEntry], without: set[str]) -> Fields:
    return {
        entry.qualification: {"vettingStatus": entry.vetting_status}
        for entry in basis
        if entry.qualification.casefold() not in without
    }


def _respelled(after: Fields, before: Fields) -> Fields:
    """Spell names and statuses as before where only their case differs."""
    names = {name.casefold(): name for name in before}
    spelled = {names.get(name.casefold(), name): vetting for name, vetting in after.items()}
    return {
        name: {field: _same(before.get(name, {}).get(field), text) for field, text in each.items()}
        for name, each in spelled.items()
    }


def _same(before: str | None, after: str | None) -> str | None:
    if before is None or after is None or before.casefold() != after.casefold():
        return after
    return before


def _as_planned(step: Step, live: LiveCustomer) -> bool:
    found = live.find(step.qualification)
    if find_held(step, live) is not None:
        return True
    if step.resubmit_denial_of is None:
        return found is None
    return found is not None and found.denied and found.vetting_created == step.resubmit_denial_of


def _planned_on(step: Step) -> Fields:
    denial = step.resubmit_denial_of
    if denial is None:
        return {}
    status = VettingStatus.DENIED.value
    vetting: dict[str, str | None] = {
        "vettingStatus": status,
        "vettingCreatedDate": format_instant(denial),
    }
    return {step.qualification.value: vetting}


def _found(step: Step, live: LiveCustomer) -> Fields:
    found = live.find(step.qualification)
    if found is None:
        return {}
    created = found.vetting_created
    vetting = {
        "vettingStatus": found.vetting_status,
        "vettingCreatedDate": None if created is None else format_instant(created),
    }
    return {step.qualification.value: vetting}
