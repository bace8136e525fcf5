"""Puts a vetting decision, as the service's vetting team would: pure, and it sets nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.emulator.creates import Settable, reviewed_anew, with_entry
from reconciler.emulator.world import UNQUALIFIED, qualifications_of
from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reconciler.emulator.world import Changes, Customer, CustomerQualifications, Entry, World

DEFAULT_REASON: Final = "Not an Education Customer"


class Decision(StrEnum):
    APPROVE = "approve"
    DENY = "deny"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision about one qualification. `customer` is an id, a name or a domain, in any case."""

    customer: str
    qualification: str
    decision: Decision
    reason: str | None = None


def vet(world: World, changes: Changes, verdict: Verdict, now: datetime) -> Changes:
    """Raise ConfigurationError where there is no such customer or qualification."""
    if verdict.reason is not None and verdict.decision is not Decision.DENY:
        raise ConfigurationError("only a denial has a reason", "leave the reason out, or deny")
    customer = _find_customer(world, verdict.customer)
    standing = qualifications_of(world, changes, customer.customer_id)
    entry = _find_entry(customer, standing, verdict.qualification)
    decided = with_entry(standing, _decided(entry, verdict, now))
    return changes.with_standing(customer.customer_id, decided)


def _decided(entry: Entry, verdict: Verdict, now: datetime) -> Entry:
    match verdict.decision:
        case Decision.APPROVE:
            return replace(entry, vetting_status="Approved", vetting_reason=None)
        case Decision.DENY:
            reason = verdict.reason if verdict.reason is not None else DEFAULT_REASON
            return replace(entry, vetting_status="Denied", vetting_reason=reason)
        case Decision.REVIEW:
            return reviewed_anew(entry, now)
        case _:
            assert_never(verdict.decision)


def _find_customer(world: World, named: str) -> Customer:
    by_id = world.customers.get(named.lower())
    found = [by_id] if by_id is not None else list(_namesakes(world, named.casefold()))
    if not found:
        raise ConfigurationError(
            f"the emulator has no customer {named}",
            f"name one of its {len(world.customers)} customers by id, name or domain",
        )
    if len(found) > 1:
        ids = ", ".join(customer.customer_id for customer in found)
        raise ConfigurationError(f"{len(found)} customers are called {named}", f"name one: {ids}")
    return found[0]


def _namesakes(world: World, folded: str) -> Iterator[Customer]:
    for customer in world.customers.values():
        if folded in {customer.name.casefold(), (customer.domain or "").casefold()}:
            yield customer


def _find_entry(customer: Customer, standing: CustomerQualifications, qualification: str) -> Entry:
    """Find what can be vetted: StateOwnedEntity has no vetting, and `None` is nothing."""
    vetted = [
        entry
        for entry in standing.entries
        if not entry.names(Settable.SOE) and not entry.names(UNQUALIFIED)
    ]
    for entry in vetted:
        if entry.names(qualification):
            return entry
    there = ", ".join(entry.qualification for entry in vetted) or "nothing"
    raise ConfigurationError(
        f"{customer.name} has no {qualification} to vet",
        f"it has {there} that can be vetted: create the qualification first",
    )
