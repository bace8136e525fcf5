"""Says what became of one step, as the report tells it; it decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.plan import Outcome, StepResult

if TYPE_CHECKING:
    from reconciler.applying.creates import CreateOutcome, PreparedCreate
    from reconciler.applying.stop import StopSignal
    from reconciler.model.errors import ServiceError
    from reconciler.model.plan import Step


def unsent(step: Step, stop: StopSignal) -> StepResult:
    """Of a step that had not been begun when the run was stopped, or left."""
    message = stop.reason or "the run was cut short"
    return result(step, Outcome.NOT_ATTEMPTED, message, remedy=stop.remedy or None)


def after(step: Step, failed: Step) -> StepResult:
    message = f"{failed.qualification}, which comes before it, was not created"
    return result(step, Outcome.NOT_ATTEMPTED, message)


def in_flight(prepared: PreparedCreate) -> StepResult:
    message = "left while it was in flight: it may have been created; run apply again"
    return result(prepared.step, Outcome.UNKNOWN, message, request_id=prepared.request_id)


def in_doubt(prepared: PreparedCreate, last: ServiceError | None) -> str:
    """What is known of a create that may have happened, and what to do."""
    why = f" ({last.message})" if last else ""
    message = f"it may have been created{why}; look at the customer in Partner Center, then "
    never = prepared.why_once
    if never is None:
        return message + (
            "run apply again: the journal keeps the request id, and what is there is not sent again"
        )
    return message + (
        f"run apply again if it is there. It is never sent again, as {never}: if it stays absent, "
        "set it there by hand, or free the step with "
        f"`reconciler journal settle {prepared.request_id} absent --reason ...`"
    )


def ended(step: Step, outcome: CreateOutcome, request_id: str | None) -> StepResult:
    return result(
        step,
        outcome.outcome,
        outcome.message,
        vetting_status=outcome.vetting_status,
        request_id=request_id,
        correlation_id=outcome.correlation_id,
        remedy=outcome.remedy,
    )


def result(  # noqa: PLR0913 - a result has this many parts, all named
    step: Step,
    outcome: Outcome,
    message: str | None,
    *,
    vetting_status: str | None = None,
    request_id: str | None = None,
    correlation_id: str | None = None,
    remedy: str | None = None,
) -> StepResult:
    return StepResult(
        customer_id=step.customer_id,
        name=step.name,
        qualification=step.qualification,
        outcome=outcome,
        vetting_status=vetting_status,
        request_id=request_id,
        correlation_id=correlation_id,
        message=message,
        remedy=remedy,
    )
