"""Compares desired with live state and makes the plan: pure, and nobody second-guesses it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.model.findings import finding_order
from reconciler.model.plan import BasisEntry, Plan, Summary
from reconciler.model.state import (
    CustomerId,
    DesiredCustomer,
    LiveCustomer,
    Qualification,
    SideChecks,
    UnreadableCustomer,
    known_qualification,
    known_status,
)
from reconciler.planning.acceptance import with_acceptances
from reconciler.planning.decision import Decision, decide
from reconciler.planning.findings import make_finding
from reconciler.planning.service_limits import limited
from reconciler.planning.side_checks import checked, sign_in_findings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from reconciler.model.findings import Finding
    from reconciler.model.plan import PlanOptions, Step
    from reconciler.model.policy import Policy
    from reconciler.model.state import DesiredState, LiveState


@dataclass(frozen=True, slots=True)
class _Decided:
    customer: DesiredCustomer
    decision: Decision
    basis: tuple[BasisEntry, ...] = ()
    checks: SideChecks | None = None
    unreadable: bool = False


Decisions = Mapping[CustomerId, Decision]
"""Of each customer that could be read, before its side checks."""


def decide_customers(desired: DesiredState, live: LiveState, policy: Policy) -> Decisions:
    return {
        customer.customer_id: decide(customer, state, policy)
        for customer in desired.customers
        if isinstance(state := live.customers[customer.customer_id], LiveCustomer)
    }


def customers_to_check(desired: DesiredState, decisions: Decisions) -> tuple[DesiredCustomer, ...]:
    """Find the customers with steps: side checks are made for them and for nobody else."""
    with_steps = {each for each, decision in decisions.items() if decision.steps}
    return tuple(each for each in desired.customers if each.customer_id in with_steps)


def planned_steps(
    customers: Iterable[DesiredCustomer], live: LiveState, policy: Policy
) -> tuple[Step, ...]:
    """Find the steps before any check, of customers that could be read, in the plan's order."""
    return tuple(
        step
        for customer in sorted(customers, key=_order)
        if isinstance(state := live.customers[customer.customer_id], LiveCustomer)
        for step in decide(customer, state, policy).steps
    )


def _order(customer: DesiredCustomer) -> tuple[str, str]:
    return customer.name, customer.customer_id


def make_plan(
    desired: DesiredState,
    live: LiveState,
    options: PlanOptions,
    decisions: Decisions | None = None,
) -> Plan:
    """Decide every customer. `live` holds each of them, and side checks where there are steps.

    `decisions` are those made already of the same states under the same policy.
    """
    policy, scope = options.policy, options.scope
    if decisions is None:
        decisions = decide_customers(desired, live, policy)
    decided = [
        _checked_customer(customer, live, policy, decisions)
        for customer in sorted(desired.customers, key=_order)
    ]
    steps = tuple(step for each in decided for step in each.decision.steps)
    findings = [finding for each in decided for finding in _findings(each, options.today)]
    checks_made = [each.checks for each in decided if each.checks is not None]
    findings += [*sign_in_findings(checks_made, policy), *scope.findings]
    findings.sort(key=finding_order)
    return Plan(
        target=options.target,
        steps=steps,
        findings=tuple(findings),
        basis={each.customer.customer_id: each.basis for each in decided if each.decision.steps},
        summary=_summarise(decided, findings),
        complete=not any(each.unreadable for each in decided),
        selection=scope.selection,
    )


def basis_of(live: LiveCustomer) -> tuple[BasisEntry, ...]:
    """Keep of the live state what a plan is decided on: stable in order and in spelling."""
    entries = [
        BasisEntry(_spelled(entry.qualification), _spelled_status(entry.vetting_status))
        for entry in live.distinct
        if known_qualification(entry.qualification) is not Qualification.NONE
    ]
    return tuple(sorted(entries, key=lambda e: e.qualification))


def _spelled(name: str) -> str:
    known = known_qualification(name)
    return name if known is None else known.value


def _spelled_status(status: str | None) -> str | None:
    known = None if status is None else known_status(status)
    return status if known is None else known.value


def _checked_customer(
    customer: DesiredCustomer, live: LiveState, policy: Policy, decisions: Decisions
) -> _Decided:
    state = live.customers[customer.customer_id]
    if isinstance(state, UnreadableCustomer):
        return _Decided(customer, _unreadable(customer, state), unreadable=True)
    decision = limited(customer, decisions[customer.customer_id], live)
    decision = _with_codes(customer, decision, live)
    if not decision.steps:
        return _Decided(customer, decision)
    checks = live.checks.get(customer.customer_id, SideChecks())
    decision = checked(customer, decision, checks, policy)
    return _Decided(customer, decision, basis_of(state), checks)


def _unreadable(customer: DesiredCustomer, state: UnreadableCustomer) -> Decision:
    finding = make_finding(
        "customer-not-found" if state.not_found else "customer-unreadable",
        customer,
        state.message,
        source=customer.source,
        remedy=state.remedy,
    )
    return Decision(findings=(finding,))


def _with_codes(customer: DesiredCustomer, decision: Decision, live: LiveState) -> Decision:
    unread = [
        make_finding(
            "validation-code-not-checked",
            customer,
            f"the validation code ({step.validation_code_from}) can't be read here",
            source=step.source or customer.source,
            qualification=step.qualification.value,
        )
        for step in decision.steps
        if step.validation_code_from is not None
        and (customer.customer_id, step.validation_code_from) in live.unreadable_codes
    ]
    return replace(decision, advisories=(*decision.advisories, *unread)) if unread else decision


def _findings(decided: _Decided, today: date) -> Iterable[Finding]:
    found = (*decided.decision.findings, *decided.decision.advisories)
    return with_acceptances(decided.customer, found, today)


def _summarise(decided: list[_Decided], findings: list[Finding]) -> Summary:
    return Summary.of(
        findings,
        customers=len(decided),
        steps=sum(len(each.decision.steps) for each in decided),
        in_sync=sum(each.decision.in_sync for each in decided),
    )
