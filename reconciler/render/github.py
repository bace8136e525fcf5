"""Annotations for a GitHub workflow: at most LIMIT of each kind, as GitHub shows no more.

What they mean and how they are escaped: "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Severity
from reconciler.render.entries import Entry, plan_entries, report_entries, validation_entries
from reconciler.render.foreign_text import neutral
from reconciler.render.phrases import (
    count,
    joined_lines,
    plan_headline,
    report_headline,
    validation_headline,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.render.context import RenderContext

LIMIT: Final = 10
"""Annotations of one kind that GitHub shows for one step of a job."""

COMMANDS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}


def render_plan(document: PlanDocument, context: RenderContext) -> str:
    return _rendered(plan_entries(document.plan), plan_headline(document.plan), context.root)


def render_report(report: ApplyReport, context: RenderContext) -> str:
    return _rendered(report_entries(report), report_headline(report), context.root)


def render_validation(validation: Validation, context: RenderContext) -> str:
    return _rendered(validation_entries(validation), validation_headline(validation), context.root)


def _rendered(entries: Sequence[Entry], headline: str, root: str) -> str:
    lines, more = [], []
    for severity, command in COMMANDS.items():
        graded = [entry for entry in entries if entry.severity is severity]
        lines += [_annotation(command, entry, root) for entry in graded[:LIMIT]]
        if len(graded) > LIMIT:
            more.append(count(len(graded) - LIMIT, f"more {command}"))
    if more:
        lines.append(f"Not annotated: {', '.join(more)}; --format text tells them all.")
    return joined_lines([*lines, headline])


def _annotation(command: str, entry: Entry, root: str) -> str:
    about = f": {entry.subject}" if entry.subject else ""
    properties = {**_place(entry, root), "title": f"{entry.rule}{about}"}
    joined = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {joined}::{_data(_describe(entry))}"


def _place(entry: Entry, root: str) -> dict[str, str]:
    source = entry.source
    if source is None:
        return {}
    path = posixpath.normpath(posixpath.join(root, source.file))
    return {"file": neutral(path), "line": str(source.line), "col": str(source.column)}


def _describe(entry: Entry) -> str:
    return "\n".join(part for part in (entry.message, entry.particulars, entry.remedy) if part)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
