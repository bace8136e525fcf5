"""What side checks make of a customer's steps: pure, and only ever withholds or advises.

The statuses that block purchases are those of "Get a customer's validation status"; the customer
agreement is that of "Get confirmation of customer acceptance of Microsoft Customer Agreement".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.model.findings import Category, Finding
from reconciler.model.policy import SideCheck
from reconciler.model.rules import rule
from reconciler.model.state import (
    AccountStatus,
    CustomerAgreement,
    CustomerDomain,
    DesiredCustomer,
    NotChecked,
    SideChecks,
)
from reconciler.planning.decision import SEVERITIES, Decision, make_finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.plan import Step
    from reconciler.model.policy import Policy

BLOCKING_STATUSES: Final = frozenset({"underreview", "notallowed", "unknown"})
ALLOWED: Final = "allowed"


def checked(
    customer: DesiredCustomer, decision: Decision, checks: SideChecks, policy: Policy
) -> Decision:
    """Withhold the steps that the checks block, and tell what they found. Wrong customer first."""
    if not decision.steps:
        return decision
    mismatch = _mismatch(customer, decision, checks.domain)
    if mismatch is not None:
        return _withhold(decision, (mismatch,))
    problems = tuple(_problems(checks, policy))
    blocking = [problem for problem in problems if problem[1] is Category.BLOCKED]
    advising = [problem for problem in problems if problem[1] is Category.ADVISORY]
    advice = tuple(_at_step(customer, decision.steps[0], problem) for problem in advising)
    if not blocking and not _blocked_by_sign_in(checks, policy):
        return replace(decision, findings=decision.findings + advice)
    blocked = tuple(
        _at_step(customer, step, problem) for problem in blocking for step in decision.steps
    )
    return _withhold(decision, blocked + advice)


def sign_in_findings(asked: Iterable[SideChecks], policy: Policy) -> list[Finding]:
    """Tell once for each check, not for each customer, that an app-only sign-in can't make it."""
    refused: dict[str, tuple[Category, str]] = {}
    for checks in asked:
        for name, answer, mode in _requested(checks, policy):
            if isinstance(answer, NotChecked) and answer.app_only:
                refused[name] = (_by_policy(mode), answer.reason)
    return [
        Finding(
            rule="not-checked",
            category=category,
            severity=SEVERITIES[category],
            message=f"{name} could not be checked for any customer: {reason}",
            remedy=rule("not-checked").remedy,
        )
        for name, (category, reason) in sorted(refused.items())
    ]


Problem = tuple[str, Category, str]
"""Rule, category and message."""

CheckResult = CustomerDomain | AccountStatus | CustomerAgreement | NotChecked | None


def _requested(
    checks: SideChecks, policy: Policy
) -> tuple[tuple[str, CheckResult, SideCheck], ...]:
    answers: tuple[tuple[str, CheckResult, SideCheck], ...] = (
        ("the domain", checks.domain, SideCheck.WARN),
        ("the account status", checks.account_status, policy.account_status),
        ("the customer agreement", checks.customer_agreement, policy.customer_agreement),
    )
    return tuple(each for each in answers if each[2] is not SideCheck.SKIP)


def _by_policy(mode: SideCheck) -> Category:
    return Category.BLOCKED if mode is SideCheck.BLOCK else Category.ADVISORY


def _blocked_by_sign_in(checks: SideChecks, policy: Policy) -> bool:
    return any(
        isinstance(answer, NotChecked) and answer.app_only and mode is SideCheck.BLOCK
        for _, answer, mode in _requested(checks, policy)
    )


def _problems(checks: SideChecks, policy: Policy) -> Iterable[Problem]:
    for name, answer, mode in _requested(checks, policy):
        problem = _problem(name, answer, _by_policy(mode))
        if problem is not None:
            yield problem


def _problem(name: str, answer: CheckResult, category: Category) -> Problem | None:
    match answer:
        case NotChecked(app_only=True) | None:
            return None
        case NotChecked(reason=reason):
            return "not-checked", category, f"{name} could not be checked: {reason}"
        case AccountStatus(status=status):
            return _account_problem(status, category)
        case CustomerAgreement(confirmed=confirmed):
            return None if confirmed else _no_agreement(category)
        case CustomerDomain(domain=domain):
            return None if domain is not None else _unknown_domain(name, category)
        case _:
            assert_never(answer)


def _unknown_domain(name: str, category: Category) -> Problem:
    return "not-checked", category, f"{name} could not be checked: the service tells none"


def _no_agreement(category: Category) -> Problem:
    message = "the customer has no Microsoft Customer Agreement, so it can't buy"
    return "customer-agreement-missing", category, message


def _account_problem(status: str | None, category: Category) -> Problem | None:
    if status is None or status.casefold() == ALLOWED:
        return None
    if status.casefold() in BLOCKING_STATUSES:
        message = f"the customer's account status is {status}, so it can't buy"
        return "account-status-blocks-purchases", category, message
    message = f'the customer\'s account status is "{status}"; whether it can buy is not known'
    return "account-status-not-ready", Category.ADVISORY, message


def _mismatch(
    customer: DesiredCustomer, decision: Decision, answer: CustomerDomain | NotChecked | None
) -> Finding | None:
    if customer.domain is None or not isinstance(answer, CustomerDomain):
        return None
    if answer.domain is None or answer.domain.casefold() == customer.domain.casefold():
        return None
    withheld = ", ".join(step.qualification.value for step in decision.steps)
    message = (
        f"the manifest says {customer.domain}, but Partner Center tells {answer.domain} for "
        f"customer {customer.customer_id}; withheld: {withheld}"
    )
    return make_finding("customer-mismatch", customer, message, source=customer.source)


def _at_step(customer: DesiredCustomer, step: Step, problem: Problem) -> Finding:
    rule_id, category, message = problem
    return make_finding(
        rule_id,
        customer,
        message,
        source=step.source or customer.source,
        qualification=step.qualification.value,
        category=category,
    )


def _withhold(decision: Decision, findings: tuple[Finding, ...]) -> Decision:
    return replace(decision, steps=(), advisories=(), findings=decision.findings + findings)
