"""Preflight checks: what has to be known before the first write. They bar steps; none is sent here.

Validation codes are read, and the side checks that policy blocks on are made, whatever the plan
knew of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.live_state import ChecksWanted, read_side_checks
from reconciler.model.errors import SignInFailed
from reconciler.model.policy import SideCheck
from reconciler.model.state import Qualification
from reconciler.planning.decision import Decision
from reconciler.planning.side_checks import checked, sign_in_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.applying.apply_input import ApplyInput, Dependencies
    from reconciler.applying.stop import StopSignal
    from reconciler.model.plan import Step, StepKey
    from reconciler.model.policy import Policy
    from reconciler.model.secret import Secret
    from reconciler.model.state import DesiredCustomer, SideChecks
    from reconciler.planning.staleness import Grounds


@dataclass(frozen=True, slots=True)
class Preflight:
    """The codes that creates are sent with, and why the barred ones must not be sent."""

    codes: Mapping[StepKey, Secret] = field(default_factory=dict)
    barred: Mapping[StepKey, str] = field(default_factory=dict)


async def preflight(
    given: ApplyInput,
    dependencies: Dependencies,
    customers: Sequence[Grounds],
    steps: Iterable[Step],
    stop: StopSignal,
) -> Preflight:
    """Check `steps` and their `customers`; where the sign-in fails, the stop is requested."""
    codes, without_code = _read_codes(steps, given.read_code)
    barred = {**given.barred, **without_code}
    try:
        barred |= await _barred_by_side_checks(given.policy, dependencies, customers)
    except SignInFailed as error:
        stop.request(error.message, error)
    return Preflight(codes, barred)


def _read_codes(
    steps: Iterable[Step], read_code: Callable[[Step], Secret | None]
) -> tuple[dict[StepKey, Secret], dict[StepKey, str]]:
    codes: dict[StepKey, Secret] = {}
    barred: dict[StepKey, str] = {}
    for step in steps:
        if step.qualification is not Qualification.GCC:
            continue
        code = read_code(step)
        if code:
            codes[step.key] = code
        else:
            where = step.validation_code_from
            barred[step.key] = f"the validation code ({where}) can't be read here, or is empty"
    return codes, barred


async def _barred_by_side_checks(
    policy: Policy, dependencies: Dependencies, customers: Sequence[Grounds]
) -> dict[StepKey, str]:
    declared = [(each.customer, each.steps) for each in customers if each.customer is not None]
    wanted = ChecksWanted(
        policy.account_status is SideCheck.BLOCK,
        policy.customer_agreement is SideCheck.BLOCK,
        dependencies.cloud_has_agreements,
    )
    checks = await read_side_checks(
        dependencies.service,
        [customer for customer, _steps in declared],
        wanted,
        dependencies.concurrency,
        dependencies.progress,
    )
    barred: dict[StepKey, str] = {}
    for customer, steps in declared:
        reason = _withheld(customer, steps, checks[customer.customer_id], policy)
        if reason is not None:
            barred |= dict.fromkeys((step.key for step in steps), reason)
    return barred


def _withheld(
    customer: DesiredCustomer, steps: tuple[Step, ...], checks: SideChecks, policy: Policy
) -> str | None:
    """Say why the checks that were made withhold a customer's steps, if they do."""
    decision = checked(customer, Decision(steps=steps), checks, policy)
    if decision.steps:
        return None
    findings = [*decision.findings, *sign_in_findings([checks], policy)]
    return "; ".join(dict.fromkeys(finding.message for finding in findings))
