"""Text for a terminal: coloured tables by rich, and plain lines for what is beyond a table.

A row of a table costs a quarter of a millisecond, so a table is kept to ROWS of them. What is no
table is wrapped between words.
"""

from __future__ import annotations

import re
import textwrap
from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from reconciler.model.findings import Category, Severity
from reconciler.model.plan import Outcome
from reconciler.render import plain_text
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
from reconciler.render.phrases import validation_headline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.render.context import RenderContext

ROWS: Final = 200

TABLE_FRAME: Final = 4
"""Columns that a table of steps takes beyond plain lines of them."""

SEVERITY_STYLES: Final = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "cyan",
}

OUTCOME_STYLES: Final = {
    Outcome.CREATED: "green",
    Outcome.ALREADY_PRESENT: "cyan",
    Outcome.REJECTED: "bold red",
    Outcome.UNKNOWN: "bold magenta",
    Outcome.NOT_ATTEMPTED: "yellow",
}

_LINK_ID: Final = re.compile(r"(?<=\x1b\]8;)id=[^;]*")
"""Rich draws it by lot; the same plan is to give the same bytes."""

Cells = tuple[Text | Table, ...]


def render_plan(document: PlanDocument, context: RenderContext) -> str:
    entries = plan_entries(document.plan)
    steps = of_kind(entries, CREATE)
    widest = max(map(len, plain_text.step_lines(steps)), default=0)
    page = _Page(context, wide=widest + TABLE_FRAME <= context.width)
    heading = f"{'To create' if steps else 'Nothing to create'} at "
    page.print(Text.assemble((heading, "bold"), (label(document.plan.target.address), "bold cyan")))
    page.table(steps, page.step_cells, plain_text.step_lines)
    for category in WORST_FIRST:
        if findings := of_kind(entries, category.value):
            _findings(page, category, findings)
    *closing, headline, digest = plain_text.plan_closing(document, entries)
    return page.closed(closing, headline, digest)


def _findings(page: _Page, category: Category, findings: Sequence[Entry]) -> None:
    style = SEVERITY_STYLES[findings[0].severity]
    page.print(Text(plain_text.category_heading(category, findings), style))
    for group in by_rule(findings, singly=page.context.verbose):
        page.group(group)
    page.print(Text())


def render_report(report: ApplyReport, context: RenderContext) -> str:
    page = _Page(context)
    page.table(report_entries(report), page.result_cells, plain_text.result_lines)
    headline, digest = plain_text.report_closing(report)
    return page.closed([], headline, digest)


def render_validation(validation: Validation, context: RenderContext) -> str:
    page = _Page(context)
    diagnostics = validation_entries(validation)
    page.table(diagnostics, page.diagnostic_cells, plain_text.diagnostic_lines)
    page.print(Text(validation_headline(validation), "bold"))
    return page.text()


def open_console(context: RenderContext, file: StringIO) -> Console:
    """Make a console that asks the environment nothing; without colour it writes no escapes."""
    return Console(
        file=file,
        force_terminal=True,
        color_system="standard" if context.colour else None,
        width=context.width,
        legacy_windows=False,
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
        force_jupyter=False,
        _environ={},
    )


class _Page:
    """Collects what is printed; it asks the environment nothing."""

    def __init__(self, context: RenderContext, *, wide: bool = False) -> None:
        self.context = context
        self._wide = wide
        self._file = StringIO()
        self._console = open_console(context, self._file)

    def text(self) -> str:
        return _LINK_ID.sub("", self._file.getvalue())

    def closed(self, closing: Iterable[str], headline: str, digest: str) -> str:
        for line in closing:
            self.print(Text(line, "yellow"))
        self.print(Text(headline, "bold"))
        # In one piece on any terminal: it is there to be copied.
        self._console.print(Text(digest, "dim"), soft_wrap=True)
        return self.text()

    def print(self, text: Text) -> None:
        self._console.print(text)

    def table(
        self,
        entries: Sequence[Entry],
        cells: Callable[[Entry], Cells],
        lines: Callable[[Sequence[Entry]], list[str]],
    ) -> None:
        """Print a table of the first ROWS entries, and the others as plain lines."""
        if entries:
            table = Table(box=SIMPLE, show_header=False, pad_edge=False)
            self._rows(table, [cells(entry) for entry in entries[:ROWS]])
        self._lines(lines(entries[ROWS:]))

    def group(self, group: RuleGroup) -> None:
        """Print what a rule says, and below it the customers, their columns aligned."""
        symbol = Text(f"  {plain_text.SEVERITY_SYMBOLS[group.severity]}")
        symbol.stylize(SEVERITY_STYLES[group.severity])
        lines = plain_text.customer_lines(group)
        first = zip(group.entries[:ROWS], lines, strict=False)
        below = [self._customer(entry, line) for entry, line in first]
        if group.remedy and len(lines) <= ROWS:
            below.append((Text("→", "green"), Text(group.remedy, "green")))
        grid = Table.grid(padding=(0, 1, 0, 0))
        heading = Text(plain_text.group_heading(group))
        self._rows(
            grid, [(symbol, heading), (Text(), _filled(Table.grid(padding=(0, 1, 0, 0)), below))]
        )
        if len(lines) > ROWS:
            self._lines([*(f"    {line}" for line in lines[ROWS:]), f"    → {group.remedy}"])

    def _customer(self, entry: Entry, line: str) -> Cells:
        words = line.removeprefix("- ").removesuffix(entry.place)
        return Text("-"), Text.assemble(words, (entry.place, self._place_style(entry)))

    def _place_style(self, entry: Entry) -> Style:
        return Style(dim=True, link=self.context.file_address(entry.source) or None)

    def _rows(self, table: Table, rows: Sequence[Cells]) -> None:
        self._console.print(_filled(table, rows))

    def _lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._file.write(f"{_wrapped(line, self.context.width)}\n")

    def step_cells(self, step: Entry) -> Cells:
        """Put the place in a column of its own only where nothing needs to be broken for it."""
        symbol, name = Text("+", "bold green"), Text(step.name, "bold")
        place = (step.place, self._place_style(step))
        if self._wide:
            return symbol, name, Text(plain_text.what(step)), Text.assemble(place)
        return symbol, name, Text.assemble(plain_text.what(step), "\n", place)

    def _describe(self, entry: Entry) -> Text:
        remedy = f"\n→ {entry.remedy}" if entry.remedy else ""
        place = f"\n{entry.place}" if entry.place else ""
        return Text.assemble(entry.message, (remedy, "green"), (place, self._place_style(entry)))

    def result_cells(self, result: Entry) -> Cells:
        outcome = Outcome(result.kind)
        style = OUTCOME_STYLES[outcome]
        about = Text.assemble((result.name, "bold"), "\n", result.qualification)
        words = (outcome.value.replace("-", " "), style)
        if result.severity is Severity.ERROR:
            ids = f"\n{result.details}" if result.details else ""
            line = Text.assemble(words, ": ", self._describe(result), (ids, "dim"))
        else:
            line = Text.assemble(words, f", {result.details}" if result.details else "")
        return (Text(plain_text.SYMBOLS[outcome], style), about, line)

    def diagnostic_cells(self, diagnostic: Entry) -> Cells:
        style = SEVERITY_STYLES[diagnostic.severity]
        about = Text.assemble((diagnostic.kind, style), "\n", (diagnostic.rule, "dim"))
        return (about, self._describe(diagnostic))


def _filled(table: Table, rows: Sequence[Cells]) -> Table:
    for _ in rows[0]:
        table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _wrapped(line: str, width: int) -> str:
    """Break between words, the rest further in than the beginning."""
    if len(line) <= width:
        return line
    indent = len(line) - len(line.lstrip()) + 2
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
