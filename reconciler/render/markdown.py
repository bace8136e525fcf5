"""A pull-request comment: steps first, then findings worst first, never longer than is allowed.

Foreign text stands in code spans only: no markup, mention, reference or link works there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Severity
from reconciler.model.rules import RULES
from reconciler.render.entries import (
    CREATE,
    OUTCOMES_WORST_FIRST,
    WORST_FIRST,
    Entry,
    of_kind,
    plan_entries,
    report_entries,
)
from reconciler.render.foreign_text import label
from reconciler.render.groups import RuleGroup, by_rule
from reconciler.render.phrases import (
    CATEGORY_WORDS,
    apply_command,
    applying_words,
    count,
    digest_text,
    incomplete_words,
    plan_headline,
    report_headline,
    selection_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.findings import Category
    from reconciler.model.plan import ApplyReport, Outcome, Plan, PlanDocument
    from reconciler.render.context import RenderContext

PLAN_MARKER: Final = "<!-- reconciler:plan -->"
REPORT_MARKER: Final = "<!-- reconciler:apply -->"
"""The first line: a pipeline finds the comment by it and updates it in place."""

LIMIT: Final = 65_000
"""UTF-16 units, which is how comments are measured. GitHub refuses more than 65,536."""

NOTICE_ROOM: Final = 300
"""UTF-16 units kept for the notice of what was cut."""

_BACKTICKS: Final = re.compile("`+")


@dataclass(frozen=True, slots=True)
class _Section:
    """Entries that belong together; `noun` counts those that are cut."""

    opening: str
    entries: tuple[str, ...]
    closing: str
    noun: str


def render_plan(document: PlanDocument, context: RenderContext) -> str:
    plan = document.plan
    entries = plan_entries(plan)
    groups = [(category, of_kind(entries, category.value)) for category in WORST_FIRST]
    sections = [
        _steps(of_kind(entries, CREATE), context),
        *(_findings(category, found, context) for category, found in groups if found),
    ]
    head = [PLAN_MARKER, f"### {plan_headline(plan)}", "", *_circumstances(plan)]
    foot = [
        f"Digest: {code(label(document.digest))}",
        f"**How it is applied.** {applying_words(plan)}",
    ]
    if command := apply_command(document):
        foot.append(code(label(command)))
    return _fitted("\n".join(head), sections, "\n\n".join(foot) + "\n")


def _circumstances(plan: Plan) -> Iterable[str]:
    yield f"At {code(label(plan.target.address))}."
    if narrowed := selection_words(plan.selection):
        yield f"\n{code(narrowed)}"
    if incomplete := incomplete_words(plan):
        yield f"\n**{incomplete}**"
    yield "\n"


def _steps(steps: tuple[Entry, ...], context: RenderContext) -> _Section:
    if not steps:
        return _Section("Nothing to create.\n", (), "\n", "step")
    heading = "| | Customer | Qualification | Particulars | Place |\n|---|---|---|---|---|\n"
    return _Section(heading, tuple(_step_row(step, context) for step in steps), "\n", "step")


def _step_row(step: Entry, context: RenderContext) -> str:
    place = _linked(_cell(step.place), step, context)
    cells = ("+", _cell(step.name), step.qualification, _cell(step.details), place)
    return f"| {' | '.join(cells)} |\n"


def _linked(place: str, entry: Entry, context: RenderContext) -> str:
    """Link a place's code span to its line; the address is percent-encoded, so it ends nothing."""
    address = context.web_address(entry.source)
    return f"[{place}]({address})" if address and place else place


def _cell(text: str) -> str:
    """Write a code span for a table, where not even a code span protects a pipe."""
    return code(text.replace("|", "[U+007C]"))


def _findings(category: Category, findings: tuple[Entry, ...], context: RenderContext) -> _Section:
    opened = " open" if findings[0].severity is Severity.ERROR else ""
    words = f"{count(len(findings), 'finding')}, {CATEGORY_WORDS[category]}"
    opening = f"<details{opened}>\n<summary><strong>{category}</strong>: {words}</summary>\n\n"
    return _Section(opening, _items(findings, context), "\n</details>\n\n", "finding")


def _items(entries: Iterable[Entry], context: RenderContext) -> tuple[str, ...]:
    groups = by_rule(entries, singly=context.verbose)
    return tuple(item for group in groups for item in _group_items(group, context))


def _group_items(group: RuleGroup, context: RenderContext) -> Iterable[str]:
    """Write one item for each customer; the first has what is said once before it."""
    number = f" ({count(group.customers, 'customer')})" if group.customers > 1 else ""
    head = f"{code(group.headline)} · {code(group.rule)}{number}"
    lines = [line for line in (head, _remedy(group)) if line]
    before = "- " + "<br>\n  ".join(lines) + "\n"
    for entry in group.entries:
        yield before + _customer(group, entry, context)
        before = ""


def _customer(group: RuleGroup, entry: Entry, context: RenderContext) -> str:
    name = code(entry.name or entry.customer_id)
    place = _linked(code(entry.place), entry, context)
    cells = (f"**{name}**" if name else "all customers", code(group.row_words(entry)), place)
    return f"  - {' · '.join(filter(None, cells))}\n"


def _remedy(group: RuleGroup) -> str:
    """Keep the markup of the catalogue's own sentences; any other text is foreign."""
    known = RULES.get(group.rule)
    ours = known is not None and known.remedy == group.remedy
    return group.remedy if ours else code(group.remedy)


def render_report(report: ApplyReport, context: RenderContext) -> str:
    entries = report_entries(report)
    groups = [(outcome, of_kind(entries, outcome.value)) for outcome in OUTCOMES_WORST_FIRST]
    sections = [_results(outcome, found, context) for outcome, found in groups if found]
    head = f"{REPORT_MARKER}\n### {report_headline(report)}\n\n"
    return _fitted(head, sections, f"Digest of the plan: {code(digest_text(report))}\n")


def _results(outcome: Outcome, results: tuple[Entry, ...], context: RenderContext) -> _Section:
    words = outcome.value.replace("-", " ")
    opening = f"<details open>\n<summary><strong>{words}</strong>: {len(results):,}</summary>\n\n"
    return _Section(opening, _items(results, context), "\n</details>\n\n", "result")


def code(text: str) -> str:
    """Write a code span that `text` can't end; nothing for nothing."""
    if not text:
        return ""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _fitted(head: str, sections: Iterable[_Section], foot: str) -> str:
    """Join as many whole entries as fit, in order; once one is cut, so are all after it."""
    text = [head]
    cut: dict[str, int] = {}
    left = LIMIT - NOTICE_ROOM - _size(head) - _size(foot)
    for section in sections:
        kept = [] if cut else _fitting(section, left)
        if missing := len(section.entries) - len(kept):
            cut[section.noun] = cut.get(section.noun, 0) + missing
        if kept or not section.entries:
            part = "".join((section.opening, *kept, section.closing))
            left -= _size(part)
            text.append(part)
    return "".join((*text, _notice(cut), foot))


def _fitting(section: _Section, room: int) -> list[str]:
    left = room - _size(section.opening) - _size(section.closing)
    kept = []
    for entry in section.entries:
        left -= _size(entry)
        if left < 0:
            break
        kept.append(entry)
    return kept


def _notice(cut: dict[str, int]) -> str:
    if not cut:
        return ""
    words = " and ".join(count(number, noun) for noun, number in cut.items())
    return f"**Cut: {words} more than fit into a comment.** `reconciler show FILE` prints all.\n\n"


def _size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
