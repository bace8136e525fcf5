"""A status as a markdown table, for a comment or an issue.

Foreign text stands in code spans only: no markup, mention, reference or link works there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.render.markdown import code
from reconciler.render.phrases import joined_lines
from reconciler.render.status_rows import HEADINGS, headline, status_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.status import StatusReport
    from reconciler.render.context import RenderContext
    from reconciler.render.status_rows import StatusRow

MARKER: Final = "<!-- reconciler:status -->"
"""The first line: a pipeline finds the comment by it and updates it in place."""


def render_status(report: StatusReport, _: RenderContext) -> str:
    rows = status_rows(report)
    return joined_lines(
        [
            MARKER,
            f"### {headline(report)}",
            "",
            _line(HEADINGS),
            _line(["---"] * len(HEADINGS)),
            *(_line(_cells(row)) for row in rows),
            *[""][: len(rows)],
            *(f"- {code(row.name)}: {code(line)}" for row in rows for line in row.advice),
        ]
    )


def _cells(row: StatusRow) -> list[str]:
    held = "<br>".join(code(each) for each in row.qualifications) or "none"
    return [code(row.name), held, row.may_buy, row.agreement]


def _line(cells: Sequence[str]) -> str:
    # A bar ends a cell, also in a code span; escaped so, it does not.
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
