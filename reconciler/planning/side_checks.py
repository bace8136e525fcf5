"""What side checks make of a customer's steps: pure, and only ever withholds or advises.

Which account statuses block purchases is `model.account_status`'s to know; the agreement is that of
"Get confirmation of customer acceptance of Microsoft Customer Agreement".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.model.account_status import may_purchase
from reconciler.model.findings import Category, Finding
from reconciler.model.policy import SideCheck
from reconciler.model.remedies import (
    COMPARE_ACCOUNT,
    WITHOUT_ACCOUNT_STATUS,
    WITHOUT_AGREEMENT,
    WITHOUT_DOMAIN,
)
from reconciler.model.state import (
    CustomerAccount,
    CustomerAgreement,
    CustomerDomain,
    DesiredCustomer,
    NotChecked,
    SideChecks,
)
from reconciler.planning.findings import make_finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.plan import Step
    from reconciler.model.policy import Policy
    from reconciler.planning.decision import Decision


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
    blocking = [problem for problem in problems if problem.category is Category.BLOCKED]
    advising = [problem for problem in problems if problem.category is Category.ADVISORY]
    advice = tuple(_at_step(customer, decision.steps[0], problem) for problem in advising)
    if not blocking and not _blocked_by_sign_in(checks, policy):
        return replace(decision, findings=decision.findings + advice)
    blocked = tuple(
        _at_step(customer, step, problem) for problem in blocking for step in decision.steps
    )
    return _withhold(decision, blocked + advice)


def sign_in_findings(checks_made: Iterable[SideChecks], policy: Policy) -> list[Finding]:
    """Tell once for each check, not for each customer, that an app-only sign-in can't make it."""
    refused: dict[str, tuple[_RequestedCheck, NotChecked]] = {}
    for checks in checks_made:
        for request in _requested(checks, policy):
            if isinstance(request.answer, NotChecked) and request.answer.app_only:
                refused[request.name] = (request, request.answer)
    return [_for_everyone(*refused[name]) for name in sorted(refused)]


def _for_everyone(request: _RequestedCheck, answer: NotChecked) -> Finding:
    message = f"{request.name} could not be checked for any customer: {answer.reason}"
    remedy = request.way_out(answer.remedy)
    return make_finding("not-checked", None, message, category=request.category, remedy=remedy)


@dataclass(frozen=True, slots=True)
class _CheckProblem:
    """What stands against a customer's steps; without a remedy, the rule's own is told."""

    rule: str
    category: Category
    message: str
    remedy: str | None = None


CheckResult = CustomerDomain | CustomerAccount | CustomerAgreement | NotChecked | None


@dataclass(frozen=True, slots=True)
class _RequestedCheck:
    """A check that was asked for, and how to do without it."""

    name: str
    answer: CheckResult
    mode: SideCheck
    without: str

    @property
    def category(self) -> Category:
        return Category.BLOCKED if self.mode is SideCheck.BLOCK else Category.ADVISORY

    def way_out(self, remedy: str) -> str:
        """The remedy of the cause, where it has one, and how to do without the check."""
        sentence = f"{remedy}; or {self.without}" if remedy else self.without
        return f"{sentence[0].upper()}{sentence[1:]}."


def _requested(checks: SideChecks, policy: Policy) -> tuple[_RequestedCheck, ...]:
    agreement, mode = checks.customer_agreement, policy.customer_agreement
    requests = (
        _RequestedCheck("the domain", checks.domain, SideCheck.WARN, WITHOUT_DOMAIN),
        _RequestedCheck(
            "the account status",
            checks.account_status,
            policy.account_status,
            WITHOUT_ACCOUNT_STATUS,
        ),
        _RequestedCheck("the customer agreement", agreement, mode, WITHOUT_AGREEMENT),
    )
    return tuple(each for each in requests if each.mode is not SideCheck.SKIP)


def _blocked_by_sign_in(checks: SideChecks, policy: Policy) -> bool:
    return any(
        isinstance(each.answer, NotChecked) and each.answer.app_only
        for each in _requested(checks, policy)
        if each.mode is SideCheck.BLOCK
    )


def _problems(checks: SideChecks, policy: Policy) -> Iterable[_CheckProblem]:
    for request in _requested(checks, policy):
        problem = _problem(request)
        if problem is not None:
            yield problem


def _problem(request: _RequestedCheck) -> _CheckProblem | None:
    match request.answer:
        case NotChecked(app_only=True) | None:
            return None
        case NotChecked() as answer:
            return _not_checked(request, answer)
        case CustomerAccount(status=status):
            return _account_problem(status, request.category)
        case CustomerAgreement(confirmed=confirmed):
            return None if confirmed else _no_agreement(request.category)
        case CustomerDomain(domain=domain):
            return None if domain is not None else _not_checked(request, _UNTOLD)
        case _:
            assert_never(request.answer)


_UNTOLD: Final = NotChecked("the service tells none", remedy=COMPARE_ACCOUNT)


def _not_checked(request: _RequestedCheck, answer: NotChecked) -> _CheckProblem:
    message = f"{request.name} could not be checked: {answer.reason}"
    remedy = request.way_out(answer.remedy)
    return _CheckProblem("not-checked", request.category, message, remedy)


def _no_agreement(category: Category) -> _CheckProblem:
    message = "the customer has no Microsoft Customer Agreement, so it can't buy"
    return _CheckProblem("customer-agreement-missing", category, message)


def _account_problem(status: str | None, category: Category) -> _CheckProblem | None:
    may = may_purchase(status)
    if may:
        return None
    if may is False:
        message = f"the customer's account status is {status}, so it can't buy"
        return _CheckProblem("account-status-blocks-purchases", category, message)
    message = f'the customer\'s account status is "{status}"; whether it can buy is not known'
    return _CheckProblem("account-status-not-ready", Category.ADVISORY, message)


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


def _at_step(customer: DesiredCustomer, step: Step, problem: _CheckProblem) -> Finding:
    return make_finding(
        problem.rule,
        customer,
        problem.message,
        source=step.source or customer.source,
        qualification=step.qualification.value,
        category=problem.category,
        remedy=problem.remedy,
    )


def _withhold(decision: Decision, findings: tuple[Finding, ...]) -> Decision:
    return replace(decision, steps=(), advisories=(), findings=decision.findings + findings)
