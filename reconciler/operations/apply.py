"""The verb apply: plans or loads, shows, asks, and has what was agreed to sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.applying.engine import DONE
from reconciler.applying.lock import hold_lock
from reconciler.applying.safety import (
    counted_creates,
    refuse_other_digest,
    refuse_other_target,
    refuse_snapshot,
    refuse_too_many,
)
from reconciler.documents.plan_file import load_plan
from reconciler.model.errors import (
    NotApproved,
    SignInFailed,
    SignInRefused,
)
from reconciler.model.plan import (
    PlanDocument,
    Scope,
)
from reconciler.model.remedies import ANSWER_YES
from reconciler.operations.execution import Execution
from reconciler.operations.plan import FAILED, plan, plan_exit_code
from reconciler.operations.settle import Settling, settle_before, settle_unplanned

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.applying.history import History
    from reconciler.applying.stop import StopSignal
    from reconciler.model.plan import Plan
    from reconciler.model.state import DesiredState
    from reconciler.operations.dialogue import Dialogue
    from reconciler.operations.run import Run


Selected = tuple["DesiredState", Scope]
"""Customers, and how they were narrowed."""


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """What apply is asked to do. `saved` is the reviewed plan; without it, one is made."""

    desired: DesiredState
    scope: Scope
    saved: Path | None = None
    expect_digest: str | None = None
    allow_creates: int | None = None
    reselect: Callable[[Plan], Selected] | None = None
    """Finds the customers that a saved plan was made for; without it, all."""


async def apply(request: ApplyRequest, run: Run, stop: StopSignal, dialogue: Dialogue) -> int:
    """Plan or load, show, ask, send. Returns the exit code; raises ReconcilerError on a refusal."""
    state = run.configuration.state_dir
    with hold_lock(state, run.now(), within=run.configuration.folder) as held:
        settling = Settling(run, stop, held)
        absent = await settle_before(settling)
        document = await _plan_to_apply(request, run, stop)
        await settle_unplanned(absent, document.plan, request.desired, settling)
        history = settling.history()
        refuse_other_digest(document.digest, request.expect_digest)
        dialogue.show(document)
        _refuse_too_many(request, run, document, history)
        _report_oddities(history, run)
        return await _send_if_approved(
            Execution(
                document, request.desired.by_id, history, held, run, stop, dialogue, run.now()
            )
        )


async def _plan_to_apply(request: ApplyRequest, run: Run, stop: StopSignal) -> PlanDocument:
    if request.saved is None:
        return await plan(request.desired, request.scope, run)
    document = load_plan(request.saved)
    refuse_snapshot(document.plan)
    run.hold_codes(request.desired)
    refuse_other_target(document.plan.target, run.configuration.target)
    try:
        return await _decide_anew(document, request, run)
    except (SignInRefused, SignInFailed) as error:
        stop.request(error.message, error)
        return document


async def _decide_anew(document: PlanDocument, request: ApplyRequest, run: Run) -> PlanDocument:
    """Find anew what the digest doesn't cover: in the file, anybody may have edited it."""
    saved = document.plan
    everybody = request.desired, Scope(saved.selection)
    desired, scope = request.reselect(saved) if request.reselect else everybody
    fresh = (await plan(desired, scope, run)).plan
    decided = replace(
        saved,
        findings=fresh.findings,
        summary=replace(fresh.summary, steps=len(saved.steps)),
        complete=fresh.complete,
    )
    return replace(document, plan=decided)


def _refuse_too_many(
    request: ApplyRequest, run: Run, document: PlanDocument, history: History
) -> None:
    creates = counted_creates(document.plan, document.digest, history)
    names = {customer.customer_id: customer.name for customer in request.desired.customers}
    names |= {step.customer_id: step.name for step in document.plan.steps}
    refuse_too_many(creates, names, run.configuration.policy, request.allow_creates)


def _report_oddities(history: History, run: Run) -> None:
    if history.is_ahead_of(run.now()):
        run.tell(
            "the journal has lines dated in the future, so a clock is or was wrong: look at this "
            "machine's; such lines count as old"
        )
    if history.elsewhere:
        run.tell(
            f"the journal has {history.elsewhere} unsettled creates that are not of "
            f"{run.configuration.target.address}: left alone"
        )


async def _send_if_approved(execution: Execution) -> int:
    plan_, run, stop = execution.document.plan, execution.run, execution.stop
    if stop:
        execution.deliver_unsent(str(stop.reason), stop.remedy)
        return FAILED
    try:
        agreed = not plan_.steps or execution.dialogue.approve(execution.document)
    except NotApproved as refusal:
        execution.deliver_unsent(refusal.message, refusal.remedy)
        raise
    if not agreed:
        execution.deliver_unsent("it was not approved", ANSWER_YES)
        raise NotApproved("not approved, so nothing was sent", ANSWER_YES)
    results = await execution.send()
    if stop.error is not None or any(result.outcome not in DONE for result in results):
        return FAILED
    return plan_exit_code(plan_, run.configuration.policy.fail_on)
