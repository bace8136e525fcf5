"""The JSON documents as text, for programs: nothing is cut, reworded or left out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from reconciler.documents.plan_model import plan_to_document
from reconciler.documents.report_model import report_to_document
from reconciler.documents.status_model import status_to_document
from reconciler.documents.validation_model import validation_to_document

if TYPE_CHECKING:
    from reconciler.documents.shape import JsonObject
    from reconciler.model.findings import Validation
    from reconciler.model.plan import ApplyReport, PlanDocument
    from reconciler.model.status import StatusReport
    from reconciler.render.context import RenderContext

_ESCAPED: Final = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
    r"|#(?=#(?:[vV][sS][oO])?\[)"
)
"""What JSON permits raw, but UTF-8 (halves of pairs), a terminal or a log does not bear."""


def render_plan(document: PlanDocument, _: RenderContext) -> str:
    return _text(plan_to_document(document))


def render_report(report: ApplyReport, _: RenderContext) -> str:
    return _text(report_to_document(report))


def render_validation(validation: Validation, _: RenderContext) -> str:
    return _text(validation_to_document(validation))


def render_status(report: StatusReport, _: RenderContext) -> str:
    return _text(status_to_document(report))


def _text(document: JsonObject) -> str:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"
