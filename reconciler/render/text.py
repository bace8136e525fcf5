"""Text for people: tables on a terminal, plain lines elsewhere. It only chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.render import plain_text

if TYPE_CHECKING:
    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.render.context import RenderContext


def render_plan(document: PlanDocument, context: RenderContext) -> str:
    if context.terminal:
        from reconciler.render import terminal  # noqa: PLC0415 - rich is slow to import

        return terminal.render_plan(document, context)
    return plain_text.render_plan(document, verbose=context.verbose)


def render_report(report: ApplyReport, context: RenderContext) -> str:
    if context.terminal:
        from reconciler.render import terminal  # noqa: PLC0415 - rich is slow to import

        return terminal.render_report(report, context)
    return plain_text.render_report(report)


def render_validation(validation: Validation, context: RenderContext) -> str:
    if context.terminal:
        from reconciler.render import terminal  # noqa: PLC0415 - rich is slow to import

        return terminal.render_validation(validation, context)
    return plain_text.render_validation(validation)
