"""Narrows the desired state to some of its customers; what it leaves out is never read or planned.

It says aloud where it could not narrow as asked, and refuses names that nobody has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from reconciler.configuration.config import CONFIGURATION_FILE
from reconciler.model.errors import PlanRefused, UsageError
from reconciler.model.plan import Scope, Selection
from reconciler.model.shards import Shard, read_shard
from reconciler.model.state import DesiredState
from reconciler.planning.findings import make_finding
from reconciler.selection.changes import ManifestChanges, ManifestPlaces, find_changes
from reconciler.validation.suggestions import nearest
from reconciler.yaml_text.scalars import show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reconciler.configuration.config import Configuration
    from reconciler.model.findings import Finding
    from reconciler.model.plan import Plan
    from reconciler.model.state import DesiredCustomer

    Chosen = Callable[[DesiredCustomer], bool]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How the customers are narrowed, as the command line says it."""

    customers: tuple[str, ...] = ()
    selector: str | None = None
    changed_from: str | None = None
    shard: str | None = None

    @property
    def selection(self) -> Selection:
        return Selection(self.shard, self.selector, self.customers or None, self.changed_from)


@dataclass(frozen=True, slots=True)
class Selected:
    """What is left, what the plan is to say of it, and what is to be said aloud.

    `share` is this run's part of the configured pace, where shards run at once: its customers' of
    all shards' customers, so that all of them come to their end together. Who has none is not to
    wait minutes for what is asked besides.
    """

    desired: DesiredState
    scope: Scope
    notes: tuple[str, ...] = ()
    share: Fraction = Fraction(1)


def manifest_places(
    configuration: Configuration, paths: Sequence[Path], cwd: Path
) -> ManifestPlaces:
    """Tell where the desired state of `load_desired`, given the same, came from."""
    return ManifestPlaces(
        configuration=configuration.path or configuration.folder / CONFIGURATION_FILE,
        folder=configuration.folder,
        paths=tuple(cwd / path for path in paths) or tuple(configuration.manifests),
        secrets_folder=configuration.secrets_folder,
        skip=configuration.not_manifests,
    )


def select(desired: DesiredState, narrowing: Narrowing, places: ManifestPlaces) -> Selected:
    """Keep the customers that every narrowing keeps. Raises UsageError where one makes no sense."""
    label = _choose_labelled(narrowing.selector)
    shard = _read_shard(narrowing.shard)
    changes = _find_changes(desired, narrowing, places)
    named = _choose_named(narrowing.customers, (*desired.customers, *changes.dropped))

    def chosen(customer: DesiredCustomer) -> bool:
        return named(customer) and label(customer)

    def held(customer: DesiredCustomer) -> bool:
        return shard.holds(customer.customer_id)

    changed = changes.changed
    of_all_shards = [
        customer
        for customer in desired.customers
        if (changed is None or customer.customer_id in changed) and chosen(customer)
    ]
    kept = tuple(filter(held, of_all_shards))
    dropped = tuple(
        _describe_dropped(customer)
        for customer in changes.dropped
        if chosen(customer) and held(customer)
    )
    note = changes.note or ("" if kept else "no customer is selected")
    return Selected(
        DesiredState(kept),
        Scope(narrowing.selection, (*changes.findings, *dropped)),
        (note,) if note else (),
        Fraction(len(kept), len(of_all_shards)) if kept else Fraction(1, shard.count),
    )


def reselect(desired: DesiredState, plan: Plan, places: ManifestPlaces) -> Selected:
    """Find the customers that a saved plan was made for, by the manifests of today.

    A ref that it was narrowed by may have moved on, as by the merge of what was planned: whoever
    the plan names is looked at besides. Where the ref is gone, everybody is. Raises PlanRefused.
    """
    earlier = plan.selection
    declared = {each.name for each in desired.customers}
    declared |= {str(each.customer_id) for each in desired.customers}
    named = tuple(name for name in earlier.customers or () if {name, name.lower()} & declared)
    if earlier.customers and not named:
        return Selected(DesiredState(()), Scope(earlier))
    try:
        chosen = select(desired, Narrowing(named, earlier.selector, None, earlier.shard), places)
    except UsageError as error:
        raise PlanRefused(
            f"the plan tells a selection that makes no sense: {error.message}", "plan again"
        ) from error
    if earlier.changed_from is None:
        return replace(chosen, scope=Scope(earlier), notes=())
    return _reselect_changed(chosen, plan, earlier.changed_from, places)


def _reselect_changed(
    chosen: Selected, plan: Plan, changed_from: str, places: ManifestPlaces
) -> Selected:
    try:
        changed = select(chosen.desired, Narrowing(changed_from=changed_from), places)
    except UsageError as error:
        note = f"every customer of the plan's selection is looked at: {error.message}"
        return replace(chosen, scope=Scope(plan.selection), notes=(note,))
    ids: set[str] = {customer.customer_id for customer in changed.desired.customers}
    ids |= {step.customer_id for step in plan.steps}
    ids |= {finding.customer_id for finding in plan.findings if finding.customer_id}
    kept = tuple(each for each in chosen.desired.customers if each.customer_id in ids)
    return Selected(DesiredState(kept), Scope(plan.selection, changed.scope.findings))


def _find_changes(
    desired: DesiredState, narrowing: Narrowing, places: ManifestPlaces
) -> ManifestChanges:
    if narrowing.changed_from is None:
        return ManifestChanges(None)
    return find_changes(desired, narrowing.changed_from, places)


def _describe_dropped(customer: DesiredCustomer) -> Finding:
    message = "this customer's manifest was taken out; what it holds, it keeps"
    return make_finding("customer-dropped", customer, message)


def _everybody(_customer: DesiredCustomer) -> bool:
    return True


def _choose_named(wanted_names: tuple[str, ...], customers: Sequence[DesiredCustomer]) -> Chosen:
    if not wanted_names:
        return _everybody
    names = {customer.name for customer in customers}
    ids = {str(customer.customer_id) for customer in customers}
    for name in wanted_names:
        if name not in names and name.lower() not in ids:
            raise UsageError(f"no manifest declares a customer {show(name)}", _suggest(name, names))
    wanted = {*wanted_names, *(name.lower() for name in wanted_names if name.lower() in ids)}
    return lambda customer: not wanted.isdisjoint((customer.name, customer.customer_id))


def _suggest(name: str, names: set[str]) -> str:
    meant = nearest(name, names)
    return f"did you mean {meant}?" if meant else "give the name of a manifest, or a customer's id"


def _choose_labelled(selector: str | None) -> Chosen:
    if selector is None:
        return _everybody
    key, equals, value = selector.partition("=")
    if not key or not equals:
        raise UsageError(
            f"--selector takes key=value, not {show(selector)}", "as --selector region=us-west"
        )
    return lambda customer: customer.labels.get(key) == value


def _read_shard(shard: str | None) -> Shard:
    read = Shard(1, 1) if shard is None else read_shard(shard)
    if read is None:
        raise UsageError(
            f"--shard takes INDEX/COUNT, not {show(str(shard))}", "as 2/4, the second of four parts"
        )
    return read
