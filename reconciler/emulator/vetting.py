"""Puts a vetting decision, as the service's vetting team would: pure, and it sets nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.emulator.create_request import Settable
from reconciler.emulator.creates import reviewed_anew, with_element
from reconciler.emulator.world import UNQUALIFIED, qualifications_of
from reconciler.model.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reconciler.emulator.world import (
        Changes,
        Customer,
        CustomerQualifications,
        Element,
        World,
    )

DEFAULT_REASON: Final = "Not an Education Customer"


class VettingDecision(StrEnum):
    APPROVE = "approve"
    DENY = "deny"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class VettingRequest:
    """A decision about one qualification. `customer` is an id, a name or a domain, in any case."""

    customer: str
    qualification: str
    decision: VettingDecision
    reason: str | None = None


def vet(world: World, changes: Changes, request: VettingRequest, now: datetime) -> Changes:
    """Raise ConfigurationError where there is no such customer or qualification."""
    if request.reason is not None and request.decision is not VettingDecision.DENY:
        raise ConfigurationError("only a denial has a reason", "leave the reason out, or deny")
    customer = _find_customer(world, request.customer)
    held = qualifications_of(world, changes, customer.customer_id)
    element = _find_element(customer, held, request.qualification)
    decided = with_element(held, _decide(element, request, now))
    return changes.with_qualifications(customer.customer_id, decided)


def _decide(element: Element, request: VettingRequest, now: datetime) -> Element:
    match request.decision:
        case VettingDecision.APPROVE:
            return replace(element, vetting_status="Approved", vetting_reason=None)
        case VettingDecision.DENY:
            reason = request.reason if request.reason is not None else DEFAULT_REASON
            return replace(element, vetting_status="Denied", vetting_reason=reason)
        case VettingDecision.REVIEW:
            return reviewed_anew(element, now)
        case _:
            assert_never(request.decision)


def _find_customer(world: World, named: str) -> Customer:
    by_id = world.customers.get(named.lower())
    found = [by_id] if by_id is not None else list(_customers_named(world, named.casefold()))
    if not found:
        raise ConfigurationError(
            f"the emulator has no customer {named}",
            f"name one of its {len(world.customers)} customers by id, name or domain",
        )
    if len(found) > 1:
        ids = ", ".join(customer.customer_id for customer in found)
        raise ConfigurationError(f"{len(found)} customers are called {named}", f"name one: {ids}")
    return found[0]


def _customers_named(world: World, folded: str) -> Iterator[Customer]:
    for customer in world.customers.values():
        if folded in {customer.name.casefold(), (customer.domain or "").casefold()}:
            yield customer


def _find_element(customer: Customer, held: CustomerQualifications, qualification: str) -> Element:
    """Find what can be vetted: StateOwnedEntity has no vetting, and `None` is nothing."""
    vetted = [
        element
        for element in held.elements
        if not element.names(Settable.SOE) and not element.names(UNQUALIFIED)
    ]
    for element in vetted:
        if element.names(qualification):
            return element
    there = ", ".join(element.qualification for element in vetted) or "nothing"
    raise ConfigurationError(
        f"{customer.name} has no {qualification} to vet",
        f"it has {there} that can be vetted: create the qualification first",
    )
