from __future__ import annotations

import json
from typing import Final

import pytest

from reconciler.documents.plan_model import plan_to_document
from reconciler.documents.report_model import report_to_document
from reconciler.documents.validation_model import validation_to_document
from reconciler.render.formats import RenderContext, render_plan, render_report, render_validation
from tests.render import hostile

CONTEXT: Final = RenderContext()
# A megabyte in every place is tens of megabytes of JSON, which is cut nowhere: enough of it here.
PAYLOADS: Final = {name: payload[:10_000] for name, payload in hostile.PAYLOADS.items()}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_text_comes_back_unchanged(payload: str) -> None:
    """JSON is for programs: what is read back is exactly what was written."""
    document = hostile.plan_document(payload)
    assert json.loads(render_plan("json", document, CONTEXT)) == plan_to_document(document)
    report = hostile.report(payload)
    assert json.loads(render_report("json", report, CONTEXT)) == report_to_document(report)
    validation = hostile.validation(payload)
    text = render_validation("json", validation, CONTEXT)
    assert json.loads(text) == validation_to_document(validation)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_steers_no_terminal_and_no_agent(payload: str) -> None:
    """Even in JSON nothing reaches a terminal or a pipeline's log that could steer it."""
    text = render_plan("json", hostile.plan_document(payload), CONTEXT)
    assert not set(text) & set("\x1b\x9b\x7f\u202e\u2028\ud800")
    assert "##vso[" not in text.lower()
    assert "##[" not in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


def test_text_stays_readable() -> None:
    """Text in other scripts is written as it is."""
    assert "東京 ü" in render_plan("json", hostile.plan_document("東京 ü"), CONTEXT)
