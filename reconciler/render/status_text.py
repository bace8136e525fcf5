"""A status as a table for people: coloured on a terminal, plain lines elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.render.phrases import joined_lines
from reconciler.render.plain_text import aligned
from reconciler.render.status_rows import HEADINGS, headline, status_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.status import StatusReport
    from reconciler.render.context import RenderContext
    from reconciler.render.status_rows import StatusRow


def render_status(report: StatusReport, context: RenderContext) -> str:
    rows = status_rows(report)
    if context.terminal:
        from reconciler.render import status_terminal  # noqa: PLC0415 - rich is slow to import

        return status_terminal.render(rows, headline(report), context)
    table = [HEADINGS, *(row.cells for row in rows)] if rows else []
    advice = [line for row in rows for line in advice_lines(row)]
    lines = [f"  {line}" for line in aligned(table)]
    closing = ["", headline(report)] if rows else [headline(report)]
    return joined_lines([*lines, *_spaced(advice), *closing])


def advice_lines(row: StatusRow) -> list[str]:
    return [f"  {row.name}: {line}" for line in row.advice]


def _spaced(lines: Sequence[str]) -> list[str]:
    return ["", *lines] if lines else []
