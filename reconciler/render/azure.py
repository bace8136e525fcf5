"""Issues for an Azure pipeline's log; steps and notes are plain lines, as Azure has no notices.

What the commands mean and how they are escaped: "Logging commands" of Azure Pipelines. That no
foreign text holds a command is seen to where entries are made.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from reconciler.model.findings import Severity
from reconciler.render.entries import (
    CREATE,
    Entry,
    plan_entries,
    report_entries,
    validation_entries,
)
from reconciler.render.foreign_text import neutral
from reconciler.render.phrases import (
    joined_lines,
    plan_headline,
    report_headline,
    validation_headline,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.render.context import RenderContext

_DATA_ESCAPES: Final = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_PROPERTY_ESCAPES: Final = {**_DATA_ESCAPES, ";": "%3B", "]": "%5D"}


def render_plan(document: PlanDocument, context: RenderContext) -> str:
    return _rendered(plan_entries(document.plan), plan_headline(document.plan), context.root)


def render_report(report: ApplyReport, context: RenderContext) -> str:
    return _rendered(report_entries(report), report_headline(report), context.root)


def render_validation(validation: Validation, context: RenderContext) -> str:
    return _rendered(validation_entries(validation), validation_headline(validation), context.root)


def _rendered(entries: Iterable[Entry], headline: str, root: str) -> str:
    return joined_lines([*(_line(entry, root) for entry in entries), headline])


def _line(entry: Entry, root: str) -> str:
    if entry.severity is Severity.NOTE:
        return _plain(entry, root)
    properties = {"type": entry.severity.value, **_place(entry, root), "code": entry.rule}
    joined = "".join(
        f"{name}={_escaped(value, _PROPERTY_ESCAPES)};" for name, value in properties.items()
    )
    return f"##vso[task.logissue {joined}]{_escaped(_describe(entry), _DATA_ESCAPES)}"


def _plain(entry: Entry, root: str) -> str:
    symbol = "+" if entry.kind == CREATE else "note:"
    place = f" ({':'.join(_place(entry, root).values())})" if entry.source else ""
    return f"{symbol} {_describe(entry)}{place}"


def _place(entry: Entry, root: str) -> dict[str, str]:
    source = entry.source
    if source is None:
        return {}
    path = posixpath.normpath(posixpath.join(root, source.file))
    return {
        "sourcepath": neutral(path),
        "linenumber": str(source.line),
        "columnnumber": str(source.column),
    }


def _describe(entry: Entry) -> str:
    about = f"{entry.subject}: " if entry.subject else ""
    particulars = f" ({entry.particulars})" if entry.particulars else ""
    remedy = f" -> {entry.remedy}" if entry.remedy else ""
    return f"{about}{entry.message}{particulars}{remedy}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
