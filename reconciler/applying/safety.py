"""Safety checks before a write: how many creates a run counts as, and which plans are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.errors import PlanRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.applying.history import History
    from reconciler.model.plan import Plan, StepKey, Target
    from reconciler.model.policy import Policy
    from reconciler.model.state import CustomerId

NAMED: Final = 50
"""How many customers a refusal names."""


def counted_creates(plan: Plan, digest: str, history: History) -> frozenset[StepKey]:
    """Count the plan's distinct steps, and the creates that were sent for the very same plan."""
    return frozenset({step.key for step in plan.steps} | history.sent.get(digest, frozenset()))


def refuse_too_many(
    creates: frozenset[StepKey],
    names: Mapping[CustomerId, str],
    policy: Policy,
    allowed: int | None,
) -> None:
    """Raise PlanRefused unless the number is the one allowed, or within policy where none is.

    Where there is nothing to count, a run that had ended is run again: no number is wrong then.
    """
    count = len(creates)
    if not creates or count == allowed or (allowed is None and count <= policy.max_creates):
        return
    names_in_order = sorted({names.get(key.customer_id, key.customer_id) for key in creates})
    more = f" and {len(names_in_order) - NAMED} more" if len(names_in_order) > NAMED else ""
    customers = ", ".join(names_in_order[:NAMED]) + more
    why = (
        f"policy.maxCreates allows {policy.max_creates}"
        if allowed is None
        else f"--allow-creates says {allowed}"
    )
    raise PlanRefused(
        f"the plan counts {count} creates, but {why}; customers: {customers or 'none'}",
        f"if all of them are meant, run again with --allow-creates {count}; nothing was sent",
    )


def refuse_other_target(planned: Target, target: Target) -> None:
    """Raise PlanRefused for a plan that was made for another service or tenant."""
    if planned != target:
        raise PlanRefused(
            f"the plan was made for {_describe(planned)}, but this configuration is for "
            f"{_describe(target)}",
            "plan again with this configuration",
        )


def refuse_snapshot(plan: Plan) -> None:
    """Raise PlanRefused for a plan that was made against a snapshot: it asked nobody."""
    if plan.selection.against is not None:
        raise PlanRefused(
            f"the plan was made against the snapshot {plan.selection.against.file} alone",
            "plan against the service, and have that plan reviewed",
        )


def refuse_other_digest(digest: str, expected: str | None) -> None:
    """Raise PlanRefused where the plan is not the one that was reviewed."""
    if expected is not None and digest != expected:
        raise PlanRefused(
            f"the plan has the digest {digest}, but --expect-digest says {expected}",
            "the live state or the manifests changed since the review: have the new plan reviewed",
        )


def _describe(target: Target) -> str:
    return target.address if target.tenant_id is None else f"{target.address}, {target.tenant_id}"
