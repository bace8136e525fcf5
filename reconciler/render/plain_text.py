"""Plain lines of text: the same bytes for the same plan, for logs, pipes and people.

No line begins with foreign text, so that none can begin with a command of a pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Category, Severity
from reconciler.model.plan import Outcome
from reconciler.render.entries import (
    CREATE,
    WORST_FIRST,
    Entry,
    of_kind,
    plan_entries,
    report_entries,
    validation_entries,
)
from reconciler.render.foreign_text import label
from reconciler.render.groups import RuleGroup, by_rule
from reconciler.render.phrases import (
    CATEGORY_WORDS,
    count,
    digest_text,
    incomplete_words,
    joined_lines,
    plan_headline,
    report_headline,
    selection_words,
    validation_headline,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, Plan, PlanDocument

SYMBOLS: Final = {
    Outcome.CREATED: "+",
    Outcome.ALREADY_PRESENT: "=",
    Outcome.REJECTED: "x",
    Outcome.UNKNOWN: "?",
    Outcome.NOT_ATTEMPTED: "!",
}

SEVERITY_SYMBOLS: Final = {Severity.ERROR: "x", Severity.WARNING: "!", Severity.NOTE: "~"}

WIDEST: Final = 60
"""Columns that one overlong cell may push the next ones out."""


def render_plan(document: PlanDocument, *, verbose: bool = False) -> str:
    entries = plan_entries(document.plan)
    steps = of_kind(entries, CREATE)
    lines = [_step_heading(document.plan, steps), "", *step_lines(steps)]
    if steps:
        lines.append("")
    for category in WORST_FIRST:
        if findings := of_kind(entries, category.value):
            groups = by_rule(findings, singly=verbose)
            lines += [category_heading(category, findings), *group_lines(groups), ""]
    return joined_lines([*lines, *plan_closing(document, entries)])


def _step_heading(plan: Plan, steps: Sequence[Entry]) -> str:
    address = label(plan.target.address)
    if not steps:
        return f"Nothing to create at {address}."
    return f"To create at {address}:"


def category_heading(category: Category, entries: Sequence[Entry]) -> str:
    return f"{category} ({len(entries):,}), {CATEGORY_WORDS[category]}:"


def step_lines(steps: Sequence[Entry]) -> list[str]:
    return aligned([(f"  + {step.name}", what(step), step.place) for step in steps])


def what(entry: Entry) -> str:
    """Name the qualification, with its particulars in brackets."""
    details = f" ({entry.details})" if entry.details else ""
    return f"{entry.qualification}{details}"


def group_lines(groups: Iterable[RuleGroup]) -> list[str]:
    return [line for group in groups for line in _group_lines(group)]


def _group_lines(group: RuleGroup) -> list[str]:
    heading = f"  {SEVERITY_SYMBOLS[group.severity]} {group_heading(group)}"
    lines = [heading, *(f"      {line}" for line in customer_lines(group))]
    return [*lines, f"      -> {group.remedy}"] if group.remedy else lines


def group_heading(group: RuleGroup) -> str:
    number = f" ({count(group.customers, 'customer')})" if group.customers > 1 else ""
    return f"{group.headline} [{group.rule}]{number}"


def customer_lines(group: RuleGroup) -> list[str]:
    """Name what a group is about, each with its place and what only it says."""
    rows = [(f"- {_own(group, entry)}", entry.place) for entry in group.entries]
    return aligned(rows)


def _own(group: RuleGroup, entry: Entry) -> str:
    words = group.own_words(entry)
    return f"{group.subject(entry)}: {words}" if words else group.subject(entry)


def plan_closing(document: PlanDocument, entries: Sequence[Entry]) -> list[str]:
    """Close with what the whole plan comes to."""
    plan = document.plan
    more = "`reconciler explain RULE` tells more about a rule."
    closing = (
        selection_words(plan.selection),
        incomplete_words(plan),
        more if any(entry.kind != CREATE for entry in entries) else "",
        plan_headline(plan),
        f"Digest: {label(document.digest)}",
    )
    return [line for line in closing if line]


def render_report(report: ApplyReport) -> str:
    entries = report_entries(report)
    lines = result_lines(entries)
    return joined_lines([*lines, *([""] if lines else []), *report_closing(report)])


def result_lines(results: Sequence[Entry]) -> list[str]:
    rows = aligned([_result_cells(result) for result in results])
    pairs = zip(results, rows, strict=True)
    return [line for result, row in pairs for line in (row, *_result_advice(result))]


def _result_cells(result: Entry) -> tuple[str, ...]:
    outcome = Outcome(result.kind)
    words = outcome.value.replace("-", " ")
    text = f"{words}, {result.details}" if result.details else words
    if result.severity is Severity.ERROR:
        text = f"{words}: {result.message}"
    return (f"  {SYMBOLS[outcome]} {result.name}", result.qualification, text)


def _result_advice(result: Entry) -> list[str]:
    """Say what to do about a failure, and what support will ask for."""
    if result.severity is not Severity.ERROR:
        return []
    ids = [f"      {result.details}"] if result.details else []
    return [*ids, f"      -> {result.remedy}"]


def report_closing(report: ApplyReport) -> list[str]:
    """Close with what the whole run came to."""
    return [report_headline(report), f"Digest of the plan: {digest_text(report)}"]


def render_validation(validation: Validation) -> str:
    lines = diagnostic_lines(validation_entries(validation))
    return joined_lines([*lines, *([""] if lines else []), validation_headline(validation)])


def diagnostic_lines(diagnostics: Iterable[Entry]) -> list[str]:
    return [line for diagnostic in diagnostics for line in _diagnostic_lines(diagnostic)]


def _diagnostic_lines(diagnostic: Entry) -> list[str]:
    place = f"{diagnostic.place}: " if diagnostic.place else ""
    line = f"{diagnostic.kind}: {place}{diagnostic.message} [{diagnostic.rule}]"
    return [line, f"    -> {diagnostic.remedy}"] if diagnostic.remedy else [line]


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Join cells so that the columns of all rows begin at the same place."""
    widths = [min(WIDEST, max(map(len, column))) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
