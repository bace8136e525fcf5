"""Tells, from a fresh read, whether a step is held already and whether its customer moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.state import LiveCustomer, VettingStatus, format_instant
from reconciler.planning.planner import basis_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.plan import BasisEntry, Step
    from reconciler.model.state import LiveCustomer, LiveQualification

Fields = dict[str, dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class Drift:
    """The two sides of what moved, keyed by qualification, for a person to compare."""

    before: Fields
    after: Fields


def held_by(step: Step, live: LiveCustomer) -> LiveQualification | None:
    """Find the live qualification that makes `step` superfluous, if there is one.

    For a resubmission, held means a vetting later than the denial named; a vetting without a date
    counts as later only where it is no denial.
    """
    found = live.find(step.qualification)
    if found is None:
        return None
    denial = step.resubmit_denial_of
    if denial is None:
        return found if found.held else None
    if found.vetting_created is None:
        return found if found.held else None
    return found if found.vetting_created > denial else None


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


def explain_drift(move: Drift) -> str:
    """Say field by field what moved, in one line."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - slow to import and wanted only here

    # Without the threshold, two sides with nothing in common would be told as one whole change.
    tree = DeepDiff(move.before, move.after, view="tree", threshold_to_diff_deeper=0)
    told = [
        _tell([str(part) for part in change.path(output_format="list")], change.t1, change.t2)
        for changes in tree.values()
        for change in changes
    ]
    return "; ".join(sorted(told))


def _tell(path: Sequence[str], before: object, after: object) -> str:
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
    if held_by(step, live) is not None:
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


def evidence(step: Step, live: LiveCustomer) -> LiveQualification | None:
    """Find what shows that a create of `step` has happened, where it was absent before.

    For a first create any vetting of it shows that, a denial too.
    """
    if step.resubmit_denial_of is None:
        return live.find(step.qualification)
    return held_by(step, live)
