"""The verb plan: reads live state, compares, and says how that ends. It writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reconciler.applying.validation_codes import unreadable_codes
from reconciler.documents.digest import plan_digest
from reconciler.live_state import checks_wanted, read_side_checks
from reconciler.model.plan import (
    PlanDocument,
    PlanOptions,
    Scope,
)
from reconciler.model.state import LiveState
from reconciler.operations.service_limits import read_limits
from reconciler.planning.planner import customers_to_check, decide_customers, make_plan
from reconciler.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.configuration.config import Configuration
    from reconciler.model.findings import Category
    from reconciler.model.plan import Plan
    from reconciler.model.state import (
        CustomerId,
        DesiredState,
        LiveCustomer,
        UnreadableCustomer,
    )
    from reconciler.operations.run import Run


DONE_PLAN: Final = 0
FAILED: Final = 1
STEPS_WAIT: Final = 2
FINDINGS_STAND: Final = 3


async def plan(desired: DesiredState, scope: Scope, run: Run) -> PlanDocument:
    """Read live state and compare. Raises SignInRefused or SignInFailed; writes nothing."""
    ids = [customer.customer_id for customer in desired.customers]
    run.hold_codes(desired)
    customers = await run.read_customers(ids)
    return await plan_of(customers, desired, scope, run)


async def plan_of(
    customers: Mapping[CustomerId, LiveCustomer | UnreadableCustomer],
    desired: DesiredState,
    scope: Scope,
    run: Run,
) -> PlanDocument:
    """Plan on what was read of the customers; only side checks are still asked for."""
    settings = run.configuration
    live = LiveState(customers, {}, unreadable_codes(desired, run.codes))
    wanted = checks_wanted(settings.policy, cloud_has_agreements=run.cloud_has_agreements)
    decisions = decide_customers(desired, live, settings.policy)
    to_check = customers_to_check(desired, decisions)
    checks = await read_side_checks(run.service, to_check, wanted, run.concurrency, run.progress)
    live = await read_limits(to_check, replace(live, checks=checks), run)
    now = run.now()
    made = make_plan(desired, live, plan_options(settings, scope, now), decisions)
    return make_document(made, now)


def plan_options(configuration: Configuration, scope: Scope, now: datetime) -> PlanOptions:
    return PlanOptions(configuration.policy, configuration.target, now.date(), scope)


def make_document(made: Plan, now: datetime) -> PlanDocument:
    return PlanDocument(made, plan_digest(made), now, VERSION)


def plan_exit_code(plan: Plan, fail_on: frozenset[Category], *, detailed: bool = False) -> int:
    """1 beats 3 beats 2: what could not be done counts most, and what waits least."""
    if not plan.complete:
        return FAILED
    if any(finding.category in fail_on for finding in plan.findings):
        return FINDINGS_STAND
    return STEPS_WAIT if detailed and plan.steps else DONE_PLAN
