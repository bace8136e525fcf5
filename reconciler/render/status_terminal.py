"""A status as a coloured table by rich; rows beyond what a table bears are plain lines."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from reconciler.render.status_rows import HEADINGS
from reconciler.render.terminal import open_console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.render.context import RenderContext
    from reconciler.render.status_rows import StatusRow

ROWS: Final = 200
"""A row costs a quarter of a millisecond."""

STYLES: Final = {
    "Approved": "green",
    "InReview": "cyan",
    "Denied": "bold red",
    "not read": "bold red",
    "yes": "green",
    "no": "bold red",
    "not known": "yellow",
    "none": "dim",
}


def render(rows: Sequence[StatusRow], headline: str, context: RenderContext) -> str:
    file = StringIO()
    console = open_console(context, file)
    if rows:
        console.print(_table(rows[:ROWS]))
    for row in rows[ROWS:]:
        console.print(Text("  ".join(row.cells)), soft_wrap=True)
    for row in rows:
        for line in row.advice:
            console.print(Text.assemble((row.name, "bold"), f": {line}"))
    console.print(Text(headline, "bold"))
    return file.getvalue()


def _table(rows: Sequence[StatusRow]) -> Table:
    table = Table(box=SIMPLE, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in rows:
        held = row.qualifications or ("none",)
        table.add_row(
            Text(row.name, "bold"),
            Text("\n").join(_coloured(each) for each in held),
            _coloured(row.may_buy),
            _coloured(row.agreement),
        )
    return table


def _coloured(text: str) -> Text:
    style = next((style for word, style in STYLES.items() if _says(text, word)), "")
    return Text(text, style)


def _says(text: str, word: str) -> bool:
    return text == word or f" {word}" in text
