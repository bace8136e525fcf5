"""What the engine is given: what is to be applied, and what it needs of the world. Data only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.applying.audit_log import NoAuditLog
from reconciler.applying.creates import NobodyFollows
from reconciler.applying.waits import RetryLimits
from reconciler.live_state import show_nothing
from reconciler.planning.decision import ORDER
from reconciler.planning.staleness import Grounds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from reconciler.applying.audit_log import RecordsPosts
    from reconciler.applying.create_log import Records
    from reconciler.applying.creates import CreatesQualifications, FollowsCreates
    from reconciler.applying.history import History
    from reconciler.live_state import Progress
    from reconciler.model.plan import Plan, Step, StepKey
    from reconciler.model.policy import Policy
    from reconciler.model.secret import Secret
    from reconciler.model.state import CustomerId, DesiredCustomer


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the engine needs of the world, handed in so that a test can hand in another."""

    service: CreatesQualifications
    journal: Records
    now: Callable[[], datetime]
    new_request_id: Callable[[], str]
    concurrency: int
    retry_limits: RetryLimits = field(default_factory=RetryLimits)
    cloud_has_agreements: bool = True
    progress: Progress = show_nothing
    follows: FollowsCreates = field(default_factory=NobodyFollows)
    audit_log: RecordsPosts = field(default_factory=NoAuditLog)


@dataclass(frozen=True, slots=True)
class ApplyInput:
    """What is to be applied, to whom, and what earlier runs left."""

    plan: Plan
    customers: Mapping[CustomerId, DesiredCustomer]
    policy: Policy
    history: History
    read_code: Callable[[Step], Secret | None]
    barred: Mapping[StepKey, str] = field(default_factory=dict)
    """Why a step must not be sent that the plan was reviewed with: the service's own limits."""

    def by_customer(self, now: datetime) -> Mapping[CustomerId, Grounds]:
        """Group the steps, in the order to send them, whatever order an edited plan has."""
        steps: dict[CustomerId, list[Step]] = defaultdict(list)
        for step in self.plan.steps:
            steps[step.customer_id].append(step)
        done: dict[CustomerId, list[Step]] = defaultdict(list)
        for record in self.history.freshly_done(now).values():
            done[record.customer_id].append(record.step)
        return {
            customer_id: Grounds(
                steps=tuple(sorted(own, key=lambda step: ORDER.index(step.qualification))),
                basis=tuple(self.plan.basis.get(customer_id, ())),
                customer=self.customers.get(customer_id),
                policy=self.policy,
                done=tuple(done[customer_id]),
            )
            for customer_id, own in steps.items()
        }
