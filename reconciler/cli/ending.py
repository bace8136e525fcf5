"""Says what a plan came to, for commands that end with one; it decides no exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.output import show_ending
from reconciler.operations.plan import FAILED, FINDINGS_STAND, STEPS_WAIT
from reconciler.render.entries import WORST_FIRST
from reconciler.render.foreign_text import label
from reconciler.render.phrases import plan_headline

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from reconciler.model.findings import Category
    from reconciler.model.plan import Plan


def show_plan_ending(  # noqa: PLR0917 - the last one is for one command only
    plan: Plan,
    code: int,
    format_: str,
    out: Path | None,
    fail_on: Collection[Category],
    why: str | None = None,
) -> None:
    """Say what a plan came to, where it is, and why its command doesn't end in 0."""
    is_saved = out is not None and (code != FAILED or why is not None)
    saved = f"; saved to {label(str(out))}" if is_saved else ""
    read_as_printed = format_ if out is None else ""
    reason = why or _why(plan, code, fail_on)
    show_ending(read_as_printed, f"{plan_headline(plan)}{saved}", reason, code)


def _why(plan: Plan, code: int, fail_on: Collection[Category]) -> str:
    match code:
        case 0:
            return ""
        case _ if code == STEPS_WAIT:
            return "there are steps, and --detailed-exitcode was given"
        case _ if code == FINDINGS_STAND:
            found = {finding.category for finding in plan.findings} & set(fail_on)
            categories = ", ".join(category for category in WORST_FIRST if category in found)
            return f"findings stand that policy.failOn names: {categories}"
        case _ if not plan.complete:
            return "a customer could not be read, so the plan is incomplete"
        case _:
            return "the plan could not be saved"
