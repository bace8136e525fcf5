"""Withholds the steps that the service's own limits leave no room for: pure, and never adds any.

Verification of Education "can be requested at most three times per customer", and a code of GCC has
a limited number of creates. What can't be counted is said, and never guessed below what is known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reconciler.model.audit import HISTORY_DAYS
from reconciler.model.state import Qualification
from reconciler.planning.findings import make_finding

if TYPE_CHECKING:
    from reconciler.model.findings import Finding
    from reconciler.model.plan import Step
    from reconciler.model.state import DesiredCustomer, LiveState
    from reconciler.planning.decision import Decision

MOST_VERIFICATIONS: Final = 3
"""Of Education, for each customer, the first one included."""

LIMIT_RULES: Final = frozenset({"resubmission-limit", "validation-code-exhausted"})


def limited(customer: DesiredCustomer, decision: Decision, live: LiveState) -> Decision:
    """Withhold what is over a limit, and say of the rest how near it is."""
    if not decision.steps:
        return decision
    found = [(step, _find(customer, step, live)) for step in decision.steps]
    findings = [finding for _, finding in found if finding is not None]
    kept = [step for step, finding in found if finding is None or finding.rule not in LIMIT_RULES]
    if _lost_gcc(decision, kept):
        late = [step for step in kept if step.qualification is Qualification.SOE]
        findings += [_waits(customer, step) for step in late]
        kept = [step for step in kept if step not in late]
        decision = replace(decision, advisories=())  # they are all about the create of GCC
    return replace(decision, steps=tuple(kept), findings=(*decision.findings, *findings))


def _find(customer: DesiredCustomer, step: Step, live: LiveState) -> Finding | None:
    if step.resubmit_denial_of is not None:
        return _find_attempt(customer, step, live)
    if step.qualification is Qualification.GCC:
        return _find_code_use(customer, step, live)
    return None


def _find_attempt(customer: DesiredCustomer, step: Step, live: LiveState) -> Finding | None:
    made = live.verifications.get(customer.customer_id)
    if made is None:
        return None
    # The denial that is to be resubmitted is the answer to one, whoever asked for it.
    known = max(1, made.known)
    if known >= MOST_VERIFICATIONS:
        message = (
            f"Education was asked to be verified {known} times, and it can be at most "
            f"{MOST_VERIFICATIONS} times per customer"
        )
        return _at(customer, step, "resubmission-limit", message)
    message = (
        f"this is at least attempt {known + 1} of {MOST_VERIFICATIONS}, counted by the journal "
        f"and the audit records of the last {HISTORY_DAYS} days"
    )
    explained = f"{message}; {made.uncounted}" if made.uncounted else message
    return _at(customer, step, "resubmission-attempt", explained)


def _find_code_use(customer: DesiredCustomer, step: Step, live: LiveState) -> Finding | None:
    reference = step.validation_code_from
    if reference is None or (customer.customer_id, reference) in live.unreadable_codes:
        return None
    if (customer.customer_id, reference) in live.exhausted_codes:
        message = f"the validation code ({reference}) has no creates left for this one"
        return _at(customer, step, "validation-code-exhausted", message)
    unchecked = live.code_uses
    if unchecked is None:
        return None
    message = f"the creates left of the validation code could not be checked: {unchecked.reason}"
    return _at(customer, step, "not-checked", message, unchecked.remedy)


def _lost_gcc(decision: Decision, kept: list[Step]) -> bool:
    had, has = (
        any(step.qualification is Qualification.GCC for step in steps)
        for steps in (decision.steps, kept)
    )
    return had and not has


def _waits(customer: DesiredCustomer, step: Step) -> Finding:
    message = (
        f"{step.qualification} waits for GovernmentCommunityCloud, which is declared and not live"
    )
    return _at(customer, step, "waits-for-gcc", message)


def _at(
    customer: DesiredCustomer, step: Step, rule_id: str, message: str, remedy: str | None = None
) -> Finding:
    return make_finding(
        rule_id,
        customer,
        message,
        source=step.source or customer.source,
        qualification=step.qualification.value,
        remedy=remedy,
    )
