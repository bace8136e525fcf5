"""Text for a terminal: coloured tables by rich, and plain lines for what is beyond a table.

A row of a table costs a quarter of a millisecond, so a table is kept to ROWS of them.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE
from rich.console import Console
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
from reconciler.render.phrases import validation_headline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument

ROWS: Final = 200

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

Cells = tuple[Text, ...]


def render_plan(document: PlanDocument, width: int) -> str:
    console = _console(width)
    entries = plan_entries(document.plan)
    steps = of_kind(entries, CREATE)
    _print(console, f"{'To create' if steps else 'Nothing to create'} at ", "bold")
    _print(console, f"{label(document.plan.target.address)}\n", "bold cyan")
    _table(console, steps, _step_cells, plain_text.step_lines)
    for category in WORST_FIRST:
        _findings(console, category, of_kind(entries, category.value))
    *closing, headline, digest = plain_text.plan_closing(document, entries)
    _closing(console, closing, headline, digest)
    return _rendered(console)


def _findings(console: Console, category: Category, findings: Sequence[Entry]) -> None:
    if not findings:
        return
    style = SEVERITY_STYLES[findings[0].severity]
    _print(console, f"{plain_text.group_heading(category, findings)}\n", style)
    _table(console, findings, _finding_cells, plain_text.finding_lines)


def render_report(report: ApplyReport, width: int) -> str:
    console = _console(width)
    _table(console, report_entries(report), _result_cells, plain_text.result_lines)
    headline, digest = plain_text.report_closing(report)
    _closing(console, [], headline, digest)
    return _rendered(console)


def render_validation(validation: Validation, width: int) -> str:
    console = _console(width)
    diagnostics = validation_entries(validation)
    _table(console, diagnostics, _diagnostic_cells, plain_text.diagnostic_lines)
    _print(console, f"{validation_headline(validation)}\n", "bold")
    return _rendered(console)


def _step_cells(step: Entry) -> Cells:
    return (
        Text("+", "bold green"),
        Text(step.name, "bold"),
        Text(plain_text.what(step)),
        Text(step.place, "dim"),
    )


def _finding_cells(finding: Entry) -> Cells:
    symbol = plain_text.SEVERITY_SYMBOLS[finding.severity]
    about = Text.assemble((finding.subject or "all customers", "bold"), "\n", (finding.rule, "dim"))
    return (Text(symbol, SEVERITY_STYLES[finding.severity]), about, _describe(finding))


def _describe(entry: Entry) -> Text:
    remedy = f"\n→ {entry.remedy}" if entry.remedy else ""
    place = f"\n{entry.place}" if entry.place else ""
    return Text.assemble(entry.message, (remedy, "green"), (place, "dim"))


def _result_cells(result: Entry) -> Cells:
    outcome = Outcome(result.kind)
    style = OUTCOME_STYLES[outcome]
    about = Text.assemble((result.name, "bold"), "\n", result.qualification)
    words = (outcome.value.replace("-", " "), style)
    if result.severity is Severity.ERROR:
        ids = f"\n{result.details}" if result.details else ""
        told = Text.assemble(words, ": ", _describe(result), (ids, "dim"))
    else:
        told = Text.assemble(words, f", {result.details}" if result.details else "")
    return (Text(plain_text.SYMBOLS[outcome], style), about, told)


def _diagnostic_cells(diagnostic: Entry) -> Cells:
    style = SEVERITY_STYLES[diagnostic.severity]
    about = Text.assemble((diagnostic.kind, style), "\n", (diagnostic.rule, "dim"))
    return (about, _describe(diagnostic))


def _table(
    console: Console,
    entries: Sequence[Entry],
    cells: Callable[[Entry], Cells],
    lines: Callable[[Sequence[Entry]], list[str]],
) -> None:
    """Print a table of the first ROWS entries, and the others as plain lines."""
    if entries:
        table = Table(box=SIMPLE, show_header=False, pad_edge=False)
        rows = [cells(entry) for entry in entries[:ROWS]]
        for _ in rows[0]:
            table.add_column(overflow="fold")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    rest = "\n".join(lines(entries[ROWS:]))
    if rest:
        console.file.write(f"{rest}\n")


def _closing(console: Console, closing: Sequence[str], headline: str, digest: str) -> None:
    for line in closing:
        _print(console, f"{line}\n", "yellow")
    _print(console, f"{headline}\n", "bold")
    _print(console, f"{digest}\n", "dim")


def _console(width: int) -> Console:
    """Make a console that writes into a string and asks the environment nothing."""
    return Console(
        file=StringIO(),
        force_terminal=True,
        color_system="standard",
        width=width,
        legacy_windows=False,
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
        force_jupyter=False,
        _environ={},
    )


def _print(console: Console, text: str, style: str) -> None:
    console.print(Text(text, style), end="", soft_wrap=True)


def _rendered(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()
