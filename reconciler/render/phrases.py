"""The few sentences that several formats share: counts, headlines and how a plan was narrowed.

Nothing here is escaped, and nothing but `selection_words` holds foreign text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Category, Severity
from reconciler.render.entries import OUTCOMES_WORST_FIRST, WORST_FIRST
from reconciler.render.foreign_text import label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, Plan, PlanDocument, Selection, Summary

CATEGORY_WORDS: Final = {
    Category.IMPOSSIBLE: "no create can make it so",
    Category.BLOCKED: "withheld until something is mended",
    Category.DENIED: "Microsoft said no",
    Category.UNREADABLE: "nothing could be planned here",
    Category.ADVISORY: "worth knowing",
    Category.PENDING: "not decided yet",
}


def digest_text(report: ApplyReport) -> str:
    return label(report.plan_digest or "none, as the run was stopped before there was a plan")


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def plan_headline(plan: Plan) -> str:
    """Say in one line what apply would do and what stands in the way."""
    findings = ", ".join(
        f"{number:,} {category}"
        for category in WORST_FIRST
        if (number := _number(plan.summary, category))
    )
    parts = (_creates(plan), findings, _unconcerned(plan))
    return f"Plan: {'; '.join(part for part in parts if part)}"


def _creates(plan: Plan) -> str:
    if not plan.steps:
        return "nothing to create"
    customers = {step.customer_id for step in plan.steps}
    return f"{len(plan.steps):,} to create in {count(len(customers), 'customer')}"


def _unconcerned(plan: Plan) -> str:
    """Count the customers that have no step, nor a finding that is more than advice."""
    if not plan.summary.customers:
        return "no customer looked at"
    concerned: set[str | None] = {step.customer_id for step in plan.steps}
    concerned |= {each.customer_id for each in plan.findings if each.category != Category.ADVISORY}
    number = plan.summary.customers - len(concerned - {None})
    if number <= 0:
        return ""
    # A step has told already that customers are counted.
    counted = f"{number:,}" if plan.steps else count(number, "customer")
    return f"{counted} {'needs' if number == 1 else 'need'} nothing"


def _number(summary: Summary, category: Category) -> int:
    numbers = {
        Category.IMPOSSIBLE: summary.impossible,
        Category.BLOCKED: summary.blocked,
        Category.DENIED: summary.denied,
        Category.UNREADABLE: summary.unreadable,
        Category.ADVISORY: summary.advisory,
        Category.PENDING: summary.pending,
    }
    return numbers[category]


def applying_words(plan: Plan) -> str:
    """Say how a plan is applied, and by whom."""
    if plan.selection.against is not None:
        return "It was made against a snapshot, so it can't be applied: plan against the service."
    if not plan.steps:
        return "There is nothing to apply."
    return (
        "Nothing has been sent. After the merge, an admin applies it, or whoever may approve "
        "the pipeline's protected environment. Apply sends these creates or fewer, "
        "never another one, and none of them can be undone:"
    )


def apply_command(document: PlanDocument) -> str:
    """What an admin types; empty where there is nothing to apply."""
    if not document.plan.steps or document.plan.selection.against is not None:
        return ""
    return f"reconciler apply PLAN --expect-digest {document.digest}"


def incomplete_words(plan: Plan) -> str:
    """Say that the plan is incomplete; empty where it is complete."""
    if plan.complete:
        return ""
    return "The plan is incomplete: for a customer that could not be read, nothing is planned."


def selection_words(selection: Selection) -> str:
    """Say how the plan was narrowed; empty where it was not."""
    customers = selection.customers
    parts = (
        None if customers is None else f"customers {', '.join(customers)}",
        selection.selector and f"selector {selection.selector}",
        selection.changed_from and f"changed from {selection.changed_from}",
        selection.shard and f"shard {selection.shard}",
    )
    narrowed = "; ".join(part for part in parts if part)
    return f"Narrowed to: {label(narrowed)}" if narrowed else ""


def report_headline(report: ApplyReport) -> str:
    """Say in one line how the steps ended, what needs a look first."""
    outcomes = [result.outcome for result in report.results]
    words = [
        f"{number:,} {outcome.value.replace('-', ' ')}"
        for outcome in OUTCOMES_WORST_FIRST
        if (number := outcomes.count(outcome))
    ]
    return f"Apply: {', '.join(words) or 'nothing to do'}"


def validation_headline(validation: Validation) -> str:
    """Say in one line what was read and what is wrong with it."""
    severities = [diagnostic.severity for diagnostic in validation.diagnostics]
    return (
        f"{count(validation.documents, 'manifest')} read: "
        f"{count(severities.count(Severity.ERROR), 'error')}, "
        f"{count(severities.count(Severity.WARNING), 'warning')}"
    )


def joined_lines(lines: Iterable[str]) -> str:
    """Join lines into a text that ends with a line's end."""
    return "".join(f"{line}\n" for line in lines)
