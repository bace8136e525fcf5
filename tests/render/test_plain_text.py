from __future__ import annotations

import unicodedata
from typing import Final

import pytest

from reconciler.model.plan import Plan, Target
from reconciler.render import RenderContext, render_plan, render_report, render_validation
from tests.render import hostile, samples

CONTEXT: Final = RenderContext()
LINE_STARTS: Final = (
    "To create at ",
    "  + ",
    "  x ",
    "  ! ",
    "  ? ",
    "  = ",
    "  ~ ",
    "      [",
    "      -> ",
    "      vetting ",
    "      MS-CorrelationId ",
    "    -> ",
    "impossible (",
    "blocked (",
    "denied (",
    "unreadable (",
    "pending (",
    "advisory (",
    "Narrowed to: ",
    "The plan is incomplete",
    "`reconciler explain RULE`",
    "Plan: ",
    "Apply: ",
    "Digest",
    "error: ",
    "warning: ",
    "1 manifest read",
)


def outputs(payload: str) -> list[str]:
    return [
        render_plan("text", hostile.plan_document(payload), CONTEXT),
        render_report("text", hostile.report(payload), CONTEXT),
        render_validation("text", hostile.validation(payload), CONTEXT),
    ]


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_no_foreign_text_begins_a_line(payload: str) -> None:
    """Every line begins with our own words, so none can pass for another or for a command."""
    for text in outputs(payload):
        lines = [line for line in text.split("\n") if line]
        assert [line for line in lines if not line.startswith(LINE_STARTS)] == []


@pytest.mark.parametrize("payload", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_steers_no_terminal_and_no_agent(payload: str) -> None:
    """Controls, reordering marks and commands of pipelines do not reach the output."""
    for text in outputs(payload):
        unsafe = [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n"]
        assert unsafe == []
        assert "##vso[" not in text.lower()
        assert "##[" not in text


def test_hostile_plan_has_as_many_lines_as_any_other() -> None:
    """New lines in foreign text add no line."""
    hostile_plan = render_plan("text", hostile.plan_document(hostile.PAYLOADS["lines"]), CONTEXT)
    plain = render_plan("text", hostile.plan_document("plain"), CONTEXT)
    assert hostile_plan.count("\n") == plain.count("\n")


def test_columns_are_aligned() -> None:
    """Places of all steps begin in the same column where no cell is overlong."""
    text = render_plan("text", samples.document(Plan(Target("x"), samples.STEPS[:3])), CONTEXT)
    columns = {line.index("customers/") for line in text.splitlines() if "customers/" in line}
    assert len(columns) == 1
